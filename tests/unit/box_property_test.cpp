// What holds of every firewall, every link and every kernel router, whatever their behaviour and
// whatever comes.

#include "netns/fabric/kernel_router_box.h"
#include "netns/fabric/nat.h"
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

const IpAddress inner = "10.0.1.1"_address, outer = "203.0.113.21"_address;

/// A router that keeps to itself why it dropped something.
class SilentNat final : public RouterPorts {
 public:
  SilentNat(const NatBehavior& behavior, Verdict& verdict)
      : nat_(behavior, {outer}, 1), verdict_(verdict) {}

  std::vector<Emerged> exchange(Port in, const Packet& packet) override {
    const bool outbound = in == Port::inner;
    Packet after = packet;
    verdict_ = nat_.translate(after, outbound ? Direction::outbound : Direction::inbound, now);
    if (!std::holds_alternative<Forward>(verdict_)) return {};
    return {{outbound ? Port::outer : Port::inner, after}};
  }
  void forget() override { nat_.expire(now); }

  Instant now{};

 private:
  Nat nat_;
  Verdict& verdict_;
};

/// Within the time in which nothing has ended yet, or long after all has.
RC_GTEST_PROP(KernelRouterProperty, IsToldTheReasonsThatTheRouterHadWithoutBeingAsked, ()) {
  KernelRouterBehavior behavior{.input = RouterInput::drop};
  pick(any, behavior.nat);
  Verdict decided;
  auto router = std::make_unique<SilentNat>(nat_behavior_of(behavior), decided);
  Instant& now = router->now;
  KernelRouterBox box(std::move(router), {inner, outer}, behavior);

  now = Instant(std::chrono::hours(1));
  std::vector<Endpoint> doors{{outer, 5000}};
  for (int age = 0; age < 3; ++age) {
    const int steps = *rc::gen::inRange(1, 25);
    for (int step = 0; step < steps; ++step) {
      now += std::chrono::seconds(1);
      const Endpoint inside{any(2) == 0 ? "10.0.1.2"_address : "10.0.1.3"_address, 5000};
      const Endpoint outside{"203.0.113.10"_address, static_cast<std::uint16_t>(3478 + any(3))};
      const bool outbound = any(2) == 0;
      Packet packet =
          outbound ? udp_packet(inside, outside)
                   : udp_packet(outside, doors[any(static_cast<std::uint32_t>(doors.size()))]);
      const Verdict told =
          box.pass(packet, outbound ? Direction::outbound : Direction::inbound, now);
      RC_ASSERT(told.index() == decided.index());
      if (const auto* drop = std::get_if<Drop>(&told))
        RC_ASSERT(to_string(drop->reason) == to_string(std::get<Drop>(decided).reason));
      if (outbound) doors.push_back(packet.source());
    }
    now += std::chrono::minutes(10);
  }
}

}  // namespace
}  // namespace icelab
