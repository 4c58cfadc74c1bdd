// A Linux kernel as a router between two wires: what comes of packets that are put in.

#include "netns/linux/kernel_router.h"

#include "tests/lab/contained.h"
#include "tests/support/packets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace icelab {
namespace {

using Port = RouterPorts::Port;
using testing::ElementsAre;
using testing::IsEmpty;

const KernelRouter::Addresses addresses{{"10.0.1.1"_address, 24}, {"203.0.113.21"_address, 24}};
const Endpoint alice = "10.0.1.2:5000"_endpoint, bob = "10.0.1.3:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint, stranger = "203.0.113.99:9"_endpoint;
const Endpoint external = "203.0.113.21:5000"_endpoint;

class KernelRouterTest : public ContainedTest {
 protected:
  void SetUp() override {
    ContainedTest::SetUp();
    REQUIRE_KERNEL_ROUTERS();
  }
  void stand(const KernelRouterBehavior& behavior) { router_.emplace(behavior, addresses); }
  /// "outer 203.0.113.21:5000 > 203.0.113.10:3478" of all that emerges.
  std::vector<std::string> put_in(Port port, const Packet& packet) {
    std::vector<std::string> lines;
    for (const auto& [at, out] : router_->exchange(port, packet)) {
      lines.push_back(fmt::format("{} {} > {}", at == Port::inner ? "inner" : "outer",
                                  out.source().to_string(), out.destination().to_string()));
      EXPECT_EQ(checksum_faults(out.bytes()), "");
    }
    return lines;
  }
  std::vector<std::string> send_out(const Endpoint& from, const Endpoint& to) {
    return put_in(Port::inner, udp_packet(from, to, "out"));
  }
  std::vector<std::string> send_in(const Endpoint& from, const Endpoint& to) {
    return put_in(Port::outer, udp_packet(from, to, "in"));
  }
  KernelRouter& router() { return *router_; }

 private:
  std::optional<KernelRouter> router_;
};

TEST_F(KernelRouterTest, TranslatesOutAndBackIn) {
  stand({});
  EXPECT_THAT(send_out(alice, server), ElementsAre("outer 203.0.113.21:5000 > 203.0.113.10:3478"));
  EXPECT_THAT(send_in(server, external), ElementsAre("inner 203.0.113.10:3478 > 10.0.1.2:5000"));
}

TEST_F(KernelRouterTest, TakesOneFromTheTimeToLiveAndTellsWhereItEnds) {
  stand({});
  Packet packet = udp_packet(alice, server);
  const auto passed = router().exchange(Port::inner, packet);
  ASSERT_EQ(passed.size(), 1U);
  EXPECT_EQ(passed[0].packet.bytes()[8], packet.bytes()[8] - 1);
  while (packet.bytes()[8] > 1) ASSERT_TRUE(packet.decrement_ttl());
  EXPECT_THAT(put_in(Port::inner, packet), ElementsAre("inner 10.0.1.1:0 > 10.0.1.2:0"));
}

TEST_F(KernelRouterTest, AnswersWhatComesToItselfOrDropsItOrRejectsIt) {
  const Packet syn = tcp_packet(stranger, external, {.syn = true});
  const auto answer = ElementsAre("outer 203.0.113.21:0 > 203.0.113.99:0");
  const auto reset = ElementsAre("outer 203.0.113.21:5000 > 203.0.113.99:9");
  stand({.input = RouterInput::accept});
  EXPECT_THAT(send_in(stranger, external), answer);
  EXPECT_THAT(put_in(Port::outer, syn), reset);
  stand({.input = RouterInput::reject});
  EXPECT_THAT(send_in(stranger, external), answer);
  EXPECT_THAT(put_in(Port::outer, syn), reset);
  stand({.input = RouterInput::drop});
  EXPECT_THAT(send_in(stranger, external), IsEmpty());
  EXPECT_THAT(put_in(Port::outer, syn), IsEmpty());
}

TEST_F(KernelRouterTest, LosesAPortToAnEarlyPacketThatItAcceptsAndNotToOneThatItDoesNot) {
  const auto mapped = [&](RouterInput input) {
    stand({.input = input});
    send_out(alice, server);  // the port is alice's by now
    send_in(stranger, external);
    return send_out(alice, stranger);
  };
  const auto same_port = ElementsAre("outer 203.0.113.21:5000 > 203.0.113.99:9");
  EXPECT_THAT(mapped(RouterInput::accept), testing::Not(same_port));
  EXPECT_THAT(mapped(RouterInput::drop), same_port);
  EXPECT_THAT(mapped(RouterInput::reject), same_port);
}

TEST_F(KernelRouterTest, LetsEverybodyInAsAFullConeForEachHostWithAPortOfItsOwn) {
  stand({.nat = KernelNat::full_cone});
  send_out(alice, server);
  EXPECT_THAT(send_in(stranger, external), ElementsAre("inner 203.0.113.99:9 > 10.0.1.2:5000"));
}

/// The known weakness of full cones made of nftables' maps.
TEST_F(KernelRouterTest, LetsInToTheFirstOnlyOfTwoHostsThatShareAPortOfAFullCone) {
  stand({.nat = KernelNat::full_cone});
  send_out(alice, server);
  EXPECT_THAT(send_out(bob, stranger), ElementsAre("outer 203.0.113.21:5000 > 203.0.113.99:9"));
  EXPECT_THAT(send_in("203.0.113.98:9"_endpoint, external),
              ElementsAre("inner 203.0.113.98:9 > 10.0.1.2:5000"));
}

TEST_F(KernelRouterTest, ForgetsWhatItIsToldToForget) {
  for (const auto nat : {KernelNat::masquerade, KernelNat::full_cone}) {
    stand({.nat = nat, .input = RouterInput::drop});
    send_out(alice, server);
    router().forget();
    EXPECT_THAT(send_in(server, external), IsEmpty());
  }
}

/// On which all that is said of dropped packets rests.
TEST_F(KernelRouterTest, HasSentAPacketOnWhenItIsAskedForWhateverElseTheMachineDoes) {
  stand({});
  std::atomic<bool> stop = false;
  std::vector<std::thread> busy;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
    busy.emplace_back([&stop] {
      while (!stop) {
      }
    });
  }
  int emerged = 0;
  constexpr int packets = 20000;
  for (int i = 0; i < packets; ++i) {
    const Endpoint from{alice.address, static_cast<std::uint16_t>(1024 + i % 60000)};
    emerged += static_cast<int>(router().exchange(Port::inner, udp_packet(from, server)).size());
  }
  stop = true;
  for (auto& thread : busy) thread.join();
  EXPECT_EQ(emerged, packets);
}

}  // namespace
}  // namespace icelab
