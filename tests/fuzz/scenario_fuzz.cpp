// Any text as a scenario: it has either faults or runs, and every fault can be printed on a line.

#include "harness/scenario/plan.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const auto result = icelab::plan_scenario_text({data, data + size}, "x.json", {});
  if (result.runs.empty() == result.faults.empty()) std::abort();
  for (const auto& fault : result.faults) {
    const auto line = fault.to_string();
    if (line.find_first_of("\n\r\x1b") != std::string::npos) std::abort();
  }
  return 0;
}
