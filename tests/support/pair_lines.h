#pragma once

#include "reports/report.h"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <vector>

namespace icelab {

// Pairs as text, a line or two each, for golden files and for tests that read as a story.

inline std::string pair_line(const PairReport& pair) {
  const auto end = [](const CandidateReport& candidate) {
    return fmt::format("{} {} {}", candidate.type, candidate.transport, candidate.address);
  };
  std::string line = fmt::format("{}: {} -> {}: {}", pair.agent, end(pair.local), end(pair.remote),
                                 to_string(pair.outcome));
  if (pair.nominated) line += ", nominated";
  if (pair.selected) line += ", selected";
  if (pair.checks > 0) line += fmt::format(", checks {}", pair.checks);
  if (pair.rtt_ms) line += fmt::format(", rtt {:.3f} ms", *pair.rtt_ms);
  line += fmt::format("; agent: {}", pair.agent_view.empty() ? "-" : pair.agent_view);
  if (!pair.agrees) line += " (disagrees)";
  if (pair.cause) {
    line += fmt::format("\n    {} at {}: {}", pair.cause->code,
                        pair.cause->at.empty() ? "-" : pair.cause->at, pair.cause->detail);
  }
  return line;
}

/// How GoogleTest shows them.
inline void PrintTo(const PairReport& pair,  // NOLINT(readability-identifier-naming)
                    std::ostream* out) {
  *out << pair_line(pair);
}

inline std::string pair_lines(const std::vector<PairReport>& pairs) {
  std::string lines;
  for (const auto& pair : pairs) lines += pair_line(pair) + "\n";
  return lines;
}

}  // namespace icelab
