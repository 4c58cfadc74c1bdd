// Firewalls and links of any behaviour and any series of packets: what must hold of all of them
// holds of each.

#include "tests/support/box_judge.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

template <typename Judge>
void judge_all(Judge judge, const icelab::Choose& choose, const std::size_t& read,
               std::size_t size) {
  while (read < size) judge.step(choose);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  std::size_t read = 0;
  const icelab::Choose choose = [&](std::uint32_t end) {
    return read < size ? data[read++] % end : std::uint32_t{0};
  };
  try {
    if (choose(2) == 0) {
      judge_all(icelab::FirewallJudge(icelab::choose_firewall(choose)), choose, read, size);
    } else {
      judge_all(icelab::LinkJudge(icelab::choose_link(choose), 1), choose, read, size);
    }
  } catch (const std::logic_error& error) {
    fprintf(stderr, "%s\n", error.what());
    std::abort();
  }
  return 0;
}
