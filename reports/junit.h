#pragma once

#include "reports/report.h"

#include <string>

namespace icelab {

/// The report as JUnit XML, the form that CI servers read: a suite a scenario, a case a run. A run
/// that is not as expected carries its reasons as message and its failed pairs as text; one that
/// could not be judged is an error.
std::string render_junit(const Report& report);

}  // namespace icelab
