// What holds of every firewall and every link, whatever their behaviour and whatever comes.

#include "tests/support/box_judge.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

const Choose any = [](std::uint32_t end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(0, end));
};
constexpr int behaviors = 20;

RC_GTEST_PROP(FirewallProperty, HoldsWhateverTheBehaviour, ()) {
  for (int behavior = 0; behavior < behaviors; ++behavior) {
    FirewallJudge judge(choose_firewall(any));
    const int steps = *rc::gen::inRange(1, 100);
    for (int step = 0; step < steps; ++step) judge.step(any);
  }
}

RC_GTEST_PROP(LinkProperty, HoldsWhateverTheBehaviour, ()) {
  for (int behavior = 0; behavior < behaviors; ++behavior) {
    LinkJudge judge(choose_link(any), *rc::gen::arbitrary<std::uint64_t>());
    const int steps = *rc::gen::inRange(1, 100);
    for (int step = 0; step < steps; ++step) judge.step(any);
  }
}

}  // namespace
}  // namespace icelab
