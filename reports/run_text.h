#pragma once

#include "reports/painter.h"
#include "reports/report.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace icelab {

/// "full-cone/symmetric", or "full-cone/symmetric #2" for the second of several repeats.
std::string run_label(const RunReport& run, bool is_repeated);
/// Whether any of these is a repeat of another.
bool is_repeated(std::span<const RunReport> runs);

/// "0.22" and the unit; empty if it is not known.
std::string format_seconds(const std::optional<double>& seconds, std::string_view unit);

/// The sign of a run that is not as expected; empty if it is.
Span verdict_mark(RunVerdict verdict, const TextStyle& style);

/// Every candidate pair of a run, agent by agent: as a table where the width allows, else as a
/// list.
std::string render_pairs(const RunReport& run, const TextStyle& style);

/// What there is to say of a run that is not as expected: reasons, notes, artifacts, pairs.
std::string render_run(const RunReport& run, bool is_repeated, const TextStyle& style);

}  // namespace icelab
