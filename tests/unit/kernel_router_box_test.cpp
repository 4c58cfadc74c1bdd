// What a kernel router's place among networks makes of what comes out of it, and of what does not.
// The router itself is a script here.

#include "netns/fabric/kernel_router_box.h"

#include "netns/fabric/fabric.h"
#include "src/net/answers.h"
#include "tests/support/packets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Port = RouterPorts::Port;

const IpAddress inner = "10.0.1.1"_address, outer = "203.0.113.21"_address;
const Endpoint alice = "10.0.1.2:5000"_endpoint, external = "203.0.113.21:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint, bob = "203.0.113.22:6000"_endpoint;
const Instant start{};

/// Lets out what a test says.
class ScriptedRouter final : public RouterPorts {
 public:
  using Rule = std::function<std::vector<Emerged>(Port, const Packet&)>;
  explicit ScriptedRouter(Rule& rule) : rule_(rule) {}
  std::vector<Emerged> exchange(Port in, const Packet& packet) override {
    return rule_(in, packet);
  }
  void forget() override {}

 private:
  Rule& rule_;
};

std::vector<RouterPorts::Emerged> nothing(Port, const Packet&) {
  return {};
}

class KernelRouterBoxTest : public testing::Test {
 protected:
  Verdict pass(Packet packet, Direction direction, Instant now = start) {
    return box_.pass(packet, direction, now);
  }
  /// Something goes out, and the router gives it this source.
  void map(const Endpoint& from, const Endpoint& to, const Endpoint& as, Instant now = start) {
    rule_ = [&](Port, const Packet& packet) {
      Packet translated = packet;
      translated.set_source(as);
      return std::vector<RouterPorts::Emerged>{{Port::outer, translated}};
    };
    EXPECT_TRUE(
        std::holds_alternative<Forward>(pass(udp_packet(from, to), Direction::outbound, now)));
    rule_ = nothing;
  }
  /// "filtered: ..." of what has not come out.
  static std::string told(const Verdict& verdict) {
    const auto* drop = std::get_if<Drop>(&verdict);
    return drop ? fmt::format("{}: {}", to_string(drop->reason), drop->detail) : "no drop";
  }
  std::string told_of(const Packet& packet, Instant now = start) {
    return told(pass(packet, Direction::inbound, now));
  }
  std::string told_of(const Endpoint& from, const Endpoint& to, Instant now = start) {
    return told_of(udp_packet(from, to), now);
  }

  ScriptedRouter::Rule rule_ = nothing;
  KernelRouterBox box_{std::make_unique<ScriptedRouter>(rule_), {inner, outer}, {}};
};

TEST_F(KernelRouterBoxTest, SendsOnWhatComesOutOnTheOtherSide) {
  map(alice, server, external);
}

TEST_F(KernelRouterBoxTest, SendsOnEveryPieceOfWhatWasPutTogether) {
  rule_ = [](Port, const Packet& packet) {
    return std::vector<RouterPorts::Emerged>{{Port::outer, packet}, {Port::outer, packet}};
  };
  const Verdict verdict = pass(udp_packet(alice, server), Direction::outbound);
  ASSERT_TRUE(std::holds_alternative<Queue>(verdict));
  EXPECT_EQ(std::get<Queue>(verdict).entries.size(), 2U);
}

TEST_F(KernelRouterBoxTest, TurnsBackWhatIsHairpinned) {
  rule_ = [](Port, const Packet& packet) {
    Packet back = packet;
    back.set_source(external);
    back.set_destination("10.0.1.3:7"_endpoint);
    return std::vector<RouterPorts::Emerged>{{Port::inner, back}};
  };
  EXPECT_TRUE(std::holds_alternative<Reflect>(
      pass(udp_packet(alice, {outer, 7000}, "to my neighbour"), Direction::outbound)));
}

TEST_F(KernelRouterBoxTest, SaysThatThereIsNoHairpinningAndHandsTheRefusalBack) {
  rule_ = [](Port, const Packet& packet) {
    return std::vector<RouterPorts::Emerged>{
        {Port::inner, unreachable(packet, inner, Unreachable::port)}};
  };
  const Verdict verdict =
      pass(udp_packet(alice, {outer, 7000}, "to my neighbour"), Direction::outbound);
  EXPECT_THAT(told(verdict), StartsWith("hairpin-unsupported: 10.0.1.2:5000 aimed at"));
  ASSERT_TRUE(std::get<Drop>(verdict).answer);
  EXPECT_EQ(std::get<Drop>(verdict).answer->destination().address, alice.address);
}

TEST_F(KernelRouterBoxTest, WaitsForTheOtherFragments) {
  const Bytes udp(64);
  constexpr std::uint16_t more_follow = 0x2000;
  const Packet first =
      *Packet::parse(ip_bytes(17, alice.address, server.address, udp, more_follow));
  EXPECT_TRUE(std::holds_alternative<Hold>(pass(first, Direction::outbound)));
}

TEST_F(KernelRouterBoxTest, SaysThatATimeToLiveRanOutWhenTheRouterSaysSo) {
  rule_ = [](Port, const Packet& packet) {
    return std::vector<RouterPorts::Emerged>{
        {Port::inner, icmp_packet(icmp_time_exceeded, inner, alice.address, packet.bytes())}};
  };
  EXPECT_EQ(told(pass(udp_packet(alice, server), Direction::outbound)),
            "unroutable: its time to live ran out here");
}

TEST_F(KernelRouterBoxTest, SaysThatNobodyHasAPort) {
  EXPECT_EQ(told_of(bob, external),
            "no-mapping: 203.0.113.21:5000 is not mapped, so 203.0.113.22:6000 reaches nobody");
}

TEST_F(KernelRouterBoxTest, SaysThatSomebodyWasNotSentTo) {
  map(alice, server, external);
  EXPECT_EQ(told_of(bob, external),
            "filtered: address-and-port-dependent filtering: 203.0.113.22:6000 may enter "
            "203.0.113.21:5000 only after 10.0.1.2:5000 sent to 203.0.113.22:6000; it has sent to "
            "203.0.113.10:3478");
}

TEST_F(KernelRouterBoxTest, SaysThatAnEarlyPacketHasTakenThePort) {
  map(alice, server, external);
  told_of(bob, external);
  map(alice, bob, {outer, 44444});
  EXPECT_THAT(told_of(bob, external),
              EndsWith("10.0.1.2:5000 sends to 203.0.113.22:6000 from 203.0.113.21:44444; "
                       "203.0.113.22:6000 aimed at 203.0.113.21:5000, which is for "
                       "203.0.113.10:3478: address-and-port-dependent filtering, because "
                       "203.0.113.22:6000 had come before anybody sent to it: connection "
                       "tracking took that for a conversation with the router itself"));
}

TEST_F(KernelRouterBoxTest, BlamesNoEarlyPacketWhereThereWasNone) {
  map(alice, server, external);
  map(alice, bob, {outer, 44444});
  EXPECT_THAT(told_of(bob, external), AllOf(StartsWith("mapping-mismatch"),
                                            EndsWith("address-and-port-dependent filtering")));
}

TEST_F(KernelRouterBoxTest, SaysForHowLongAMappingHasNotBeenUsed) {
  map(alice, server, external, start);
  EXPECT_EQ(told_of(server, external, start + 31s),
            "mapping-expired: 203.0.113.21:5000 was mapped to 10.0.1.2:5000 towards "
            "203.0.113.10:3478; the router has forgotten it since it was last used, 31.0 s ago");
  EXPECT_THAT(told_of(bob, external, start + 119s), StartsWith("filtered"));
  EXPECT_THAT(told_of(bob, external, start + 121s), StartsWith("mapping-expired"));
}

TEST_F(KernelRouterBoxTest, KnowsThatWhatItWasToldToExpireHasExpired) {
  map(alice, server, external);
  box_.expire(start);
  EXPECT_THAT(told_of(bob, external), StartsWith("mapping-expired"));
  map(alice, server, external);
  EXPECT_THAT(told_of(bob, external), StartsWith("filtered"));
}

TEST_F(KernelRouterBoxTest, TellsTcpSegmentsOfNoConnectionFromRequestsForOne) {
  EXPECT_THAT(told_of(tcp_packet(bob, external, {.syn = true})), StartsWith("no-mapping: 203"));
  EXPECT_THAT(told_of(tcp_packet(bob, external, {.ack = true})),
              StartsWith("no-mapping: a TCP segment"));
}

TEST_F(KernelRouterBoxTest, DoesNotTakeTheRoutersOwnBusinessForALossOfAnybodys) {
  EXPECT_THAT(told_of(echo_packet(Echo::request, bob.address, outer, 1)),
              StartsWith("blocked: an echo request"));
  EXPECT_THAT(told_of(bob, {"203.0.113.23"_address, 1}), StartsWith("unroutable"));
  EXPECT_THAT(told(pass(udp_packet(alice, {inner, 53}), Direction::outbound)),
              HasSubstr("was for the router itself"));
}

TEST_F(KernelRouterBoxTest, BlamesALinkForWhatCameCorrupt) {
  map(alice, server, external);
  Packet packet = udp_packet(server, external, "something");
  packet.invert_bit(3);
  EXPECT_THAT(told_of(packet), StartsWith("lost: what came from 203.0.113.10:3478"));
}

TEST_F(KernelRouterBoxTest, HasIpv4Only) {
  EXPECT_THAT(told_of("[2001:db8::1]:1"_endpoint, "[2001:db8::2]:2"_endpoint),
              StartsWith("blocked: IPv6"));
}

/// A router that is handed its packets goes into the record like any box.
TEST(KernelRouterInAFabric, KeepsTheIdentityOfThePacketsThatItTranslates) {
  ScriptedRouter::Rule rule = [](Port, const Packet& packet) {
    Packet translated = packet;
    translated.set_source(external);
    return std::vector<RouterPorts::Emerged>{{Port::outer, translated}};
  };
  Fabric fabric(1 << 20);
  const NetworkId home =
      fabric.add_network(Fabric::internet(), "alice.nat",
                         std::make_unique<KernelRouterBox>(std::make_unique<ScriptedRouter>(rule),
                                                           KernelRouterBox::Addresses{inner, outer},
                                                           KernelRouterBehavior()));
  const HostId host = fabric.add_host(home, "alice.eth0", {alice.address});
  fabric.add_host(Fabric::internet(), "server.eth0", {server.address});
  std::vector<Delivery> arrived;
  fabric.send(host, udp_packet(alice, server, "hello"), start, arrived);
  ASSERT_EQ(arrived.size(), 1U);
  EXPECT_EQ(arrived[0].packet.source(), external);
  std::vector<std::string> way;
  const Recording seen = fabric.take_recording();
  for (const auto& each : seen.observations) {
    EXPECT_EQ(each.packet, PacketId{0});
    way.push_back(seen.hop(each));
  }
  EXPECT_THAT(way, ElementsAre("alice.eth0", "alice.nat", "internet", "server.eth0"));
}

}  // namespace
}  // namespace icelab
