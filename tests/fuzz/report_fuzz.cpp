// Any text as a report.json: either every fault in it is told on a line of its own, or it is shown
// in every way, and what is written of it reads as the same report again.

#include "reports/compare.h"
#include "reports/json.h"
#include "reports/junit.h"
#include "reports/text.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "tests/fuzz/fuzz_input.h"

#include <optional>

namespace {

using namespace icelab;

std::optional<Report> read(std::string_view text) {
  try {
    return parse_report(text, "report.json");
  } catch (const UsageError& error) {
    const std::string what = error.what();
    hold(!what.empty(), "a refusal has a reason");
    for (const std::string& line : split(what, '\n'))
      hold_printable(line, "each fault can be shown on a line");
    return std::nullopt;
  }
}

void check_text(const std::string& text) {
  for (const std::string& line : split(text, '\n'))
    hold_printable(line, "each line of a report can be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const auto report = read(text_of(data, size));
  if (!report) return 0;
  const std::string json = render_json(*report);
  const auto again = read(json);
  hold(again.has_value(), "what is written of a report is a report");
  hold(render_json(*again) == json, "a report that was written reads the same again");
  const TextStyle style{.explained = true};
  check_text(render_text(*report, style));
  (void)render_junit(*report);
  const auto changes = compare(*again, *again);
  hold(!has_regression(changes), "a report is no worse than itself");
  check_text(render_comparison(compare(*report, *again), *report, *again, style));
  return 0;
}
