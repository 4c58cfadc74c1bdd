// Any behaviour of a NAT and any series of packets: what must hold of every NAT holds of it.

#include "tests/support/nat_judge.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  std::size_t read = 0;
  const icelab::Choose choose = [&](std::uint32_t end) {
    return read < size ? data[read++] % end : std::uint32_t{0};
  };
  icelab::NatJudge judge(icelab::choose_behavior(choose), choose(2) == 1, 1);
  try {
    while (read < size) judge.step(choose);
  } catch (const std::logic_error& error) {
    fprintf(stderr, "%s\n", error.what());
    std::abort();
  }
  return 0;
}
