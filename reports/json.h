#pragma once

#include "reports/report.h"

#include <string>
#include <string_view>

namespace icelab {

/// The report as JSON, schema "icelab-report/1": seconds to the millisecond, null for what is not
/// known. Text that is not UTF-8 is replaced, not refused.
std::string render_json(const Report& report);

/// Reads such JSON back; keys that a later icelab added are ignored. Throws UsageError with a line
/// a fault: `file`, the JSON pointer, and what was expected there.
Report parse_report(std::string_view text, const std::string& file);

}  // namespace icelab
