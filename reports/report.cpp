#include "reports/report.h"

#include <array>

namespace icelab {
namespace {

template <typename Word, size_t count>
std::optional<Word> parse_one_of(const std::array<Word, count>& words, std::string_view text) {
  for (const auto word : words) {
    if (text == to_string(word)) return word;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::as_expected:
      return "as-expected";
    case RunVerdict::skipped:
      return "skipped";
    case RunVerdict::unexpected:
      return "unexpected";
    case RunVerdict::error:
      break;
  }
  return "error";
}

std::string_view to_string(Path path) {
  switch (path) {
    case Path::direct:
      return "direct";
    case Path::relay:
      return "relay";
    case Path::none:
      break;
  }
  return "none";
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::media:
      return "media";
    case Level::data:
      return "data";
    case Level::ice:
      break;
  }
  return "ice";
}

std::string_view to_string(PairOutcome outcome) {
  switch (outcome) {
    case PairOutcome::succeeded:
      return "succeeded";
    case PairOutcome::failed:
      return "failed";
    case PairOutcome::abandoned:
      return "abandoned";
    case PairOutcome::unchecked:
      break;
  }
  return "unchecked";
}

std::optional<RunVerdict> parse_verdict(std::string_view text) {
  return parse_one_of(std::array{RunVerdict::as_expected, RunVerdict::skipped,
                                 RunVerdict::unexpected, RunVerdict::error},
                      text);
}

std::optional<Level> parse_level(std::string_view text) {
  return parse_one_of(std::array{Level::ice, Level::data, Level::media}, text);
}

std::optional<Path> parse_path(std::string_view text) {
  return parse_one_of(std::array{Path::direct, Path::relay, Path::none}, text);
}

std::optional<PairOutcome> parse_outcome(std::string_view text) {
  return parse_one_of(std::array{PairOutcome::succeeded, PairOutcome::failed,
                                 PairOutcome::abandoned, PairOutcome::unchecked},
                      text);
}

Summary Report::summary() const {
  Summary summary;
  summary.runs = static_cast<int>(runs.size());
  for (const auto& run : runs) {
    switch (run.verdict) {
      case RunVerdict::as_expected:
        ++summary.as_expected;
        break;
      case RunVerdict::skipped:
        ++summary.skipped;
        break;
      case RunVerdict::unexpected:
        ++summary.unexpected;
        break;
      case RunVerdict::error:
        ++summary.errors;
        break;
    }
  }
  return summary;
}

}  // namespace icelab
