// What a run's capture shows, read back block by block.

#include "harness/observe/capture.h"

#include "netns/fabric/fabric.h"
#include "netns/fabric/firewall.h"
#include "netns/fabric/nat_box.h"
#include "tests/support/packets.h"
#include "tests/support/pcapng_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const Endpoint alice = "10.0.1.2:5000"_endpoint, bob = "203.0.113.22:6000"_endpoint;
const IpAddress external = "203.0.113.21"_address;
const Endpoint mapped{external, 5000};

/// alice behind a NAT that hairpins and resets unsolicited SYNs, and a firewall that lets UDP out;
/// bob on the internet.
class CaptureTest : public testing::Test {
 protected:
  CaptureTest() {
    const NatBehavior nat{.filtering = Dependence::address_and_port_dependent,
                          .hairpinning = Hairpinning::external_source,
                          .unsolicited_syn = UnsolicitedSyn::reset};
    const FirewallBehavior firewall{.tcp = {.all = false}, .refusal = Refusal::rejected};
    const NetworkId outer = fabric_.add_network(
        Fabric::internet(), "alice.nat", std::make_unique<NatBox>(nat, std::vector{external}, 1));
    const NetworkId inner = fabric_.add_network(
        outer, "alice.firewall",
        std::make_unique<Firewall>(firewall, RouterAddresses{"198.51.100.1"_address, {}}));
    alice_ = fabric_.add_host(inner, "alice.eth0", {alice.address});
    neighbor_ = fabric_.add_host(outer, "carol.eth0", {"10.0.1.3"_address});
    bob_ = fabric_.add_host(Fabric::internet(), "bob.eth0", {bob.address});
    lo_ = fabric_.add_loopback("bob.lo");
  }

  void send(HostId from, const Packet& packet) {
    std::vector<Delivery> arrived;
    fabric_.send(from, packet, now_ += 1ms, arrived);
  }

  CapturedFile captured() {
    RunRecord record;
    record.plan.topology.peers = {
        {.name = "alice",
         .agent = {},
         .uplinks = {{.way = {{{.name = "alice.firewall", .behavior = FirewallBehavior()},
                               {.name = "alice.nat", .behavior = NatBehavior()}},
                              ""}}}}};
    record.recording = fabric_.take_recording();
    return read_pcapng(capture(record, Pcapng::WallTime(100s)));
  }

  /// "wire source > destination: comment" of each packet.
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const auto& seen : captured().packets) {
      lines.push_back(fmt::format("{} {} > {}{}", seen.interface, seen.packet.source().to_string(),
                                  seen.packet.destination().to_string(),
                                  seen.comment.empty() ? "" : ": " + seen.comment));
    }
    return lines;
  }

  Fabric fabric_{1 << 20};
  HostId alice_{}, neighbor_{}, bob_{};
  HopId lo_{};
  Instant now_{};
};

TEST_F(CaptureTest, ShowsAPacketOnEveryWireOfItsWayAsItWasThere) {
  send(alice_, udp_packet(alice, bob));
  send(bob_, udp_packet(bob, mapped));
  EXPECT_THAT(
      lines(),
      ElementsAre("alice.eth0 10.0.1.2:5000 > 203.0.113.22:6000",
                  "alice.firewall.wan 10.0.1.2:5000 > 203.0.113.22:6000",
                  "alice.nat.wan 203.0.113.21:5000 > 203.0.113.22:6000: alice.nat: source "
                  "10.0.1.2:5000 became 203.0.113.21:5000",
                  "bob.eth0 203.0.113.21:5000 > 203.0.113.22:6000",
                  "bob.eth0 203.0.113.22:6000 > 203.0.113.21:5000",
                  "alice.nat.wan 203.0.113.22:6000 > 203.0.113.21:5000: alice.nat: destination "
                  "203.0.113.21:5000 became 10.0.1.2:5000",
                  "alice.firewall.wan 203.0.113.22:6000 > 10.0.1.2:5000",
                  "alice.eth0 203.0.113.22:6000 > 10.0.1.2:5000"));
}

TEST_F(CaptureTest, SaysOnTheLastWireWhereAPacketWasDroppedAndWhy) {
  send(alice_, udp_packet(alice, "192.168.7.7:1"_endpoint));
  send(bob_, udp_packet(bob, {external, 7000}));
  EXPECT_THAT(
      lines(),
      ElementsAre("alice.eth0 10.0.1.2:5000 > 192.168.7.7:1",
                  "alice.firewall.wan 10.0.1.2:5000 > 192.168.7.7:1",
                  "alice.nat.wan 203.0.113.21:5000 > 192.168.7.7:1: alice.nat: source "
                  "10.0.1.2:5000 became 203.0.113.21:5000\ndropped at internet: unroutable: "
                  "192.168.7.7 is a private address, which the internet does not route",
                  "bob.eth0 203.0.113.22:6000 > 203.0.113.21:7000",
                  "alice.nat.wan 203.0.113.22:6000 > 203.0.113.21:7000: dropped at alice.nat: "
                  "no-mapping: 203.0.113.21:7000 is not mapped, so 203.0.113.22:6000 reaches "
                  "nobody"));
}

TEST_F(CaptureTest, ShowsWhatABoxItselfSaysToEitherSide) {
  send(bob_, tcp_packet(bob, mapped, {.syn = true}));
  send(alice_, tcp_packet(alice, bob, {.syn = true}));
  EXPECT_THAT(lines(),
              ElementsAre("bob.eth0 203.0.113.22:6000 > 203.0.113.21:5000",
                          HasSubstr("alice.nat.wan 203.0.113.22:6000 > 203.0.113.21:5000: dropped"),
                          "alice.nat.wan 203.0.113.21:5000 > 203.0.113.22:6000: sent by alice.nat",
                          "bob.eth0 203.0.113.21:5000 > 203.0.113.22:6000",
                          HasSubstr("alice.eth0 10.0.1.2:5000 > 203.0.113.22:6000: dropped at "
                                    "alice.firewall: blocked"),
                          "alice.eth0 203.0.113.22:6000 > 10.0.1.2:5000: sent by alice.firewall"));
}

TEST_F(CaptureTest, SaysWhatWasSentBackInside) {
  send(alice_, udp_packet(alice, bob));
  send(neighbor_, udp_packet("10.0.1.3:7000"_endpoint, bob));
  send(alice_, udp_packet(alice, {external, 7000}));
  send(neighbor_, udp_packet("10.0.1.3:7000"_endpoint, mapped));
  EXPECT_THAT(lines(), testing::Contains("carol.eth0 10.0.1.3:7000 > 203.0.113.21:5000: alice.nat "
                                         "sends it back inside\nalice.nat: source 10.0.1.3:7000 "
                                         "became 203.0.113.21:7000, destination 203.0.113.21:5000 "
                                         "became 10.0.1.2:5000"));
}

TEST_F(CaptureTest, ShowsWhatWasOverheardOnAServer) {
  const Packet packet = udp_packet(bob, bob);
  fabric_.overhear(lo_, packet.bytes(), now_);
  EXPECT_THAT(lines(), ElementsAre("bob.lo 203.0.113.22:6000 > 203.0.113.22:6000"));
}

TEST_F(CaptureTest, KnowsTheNamesOfThoseWhoSentAndTheTimes) {
  send(alice_, udp_packet(alice, bob));
  send(bob_, udp_packet(bob, mapped));
  const auto file = captured();
  EXPECT_THAT(file.names, ElementsAre(Pair("10.0.1.2", "alice"), Pair("203.0.113.21", "alice.nat"),
                                      Pair("203.0.113.22", "bob")));
  ASSERT_FALSE(file.packets.empty());
  EXPECT_EQ(file.packets.front().time, Pcapng::WallTime(100s + 1ms));
  EXPECT_EQ(file.packets.back().time, Pcapng::WallTime(100s + 2ms));
}

TEST_F(CaptureTest, OfNothingHasAllInterfaces) {
  const auto file = captured();
  EXPECT_THAT(file.packets, IsEmpty());
  EXPECT_THAT(file.interfaces, ElementsAre("alice.nat.wan", "alice.firewall.wan", "alice.eth0",
                                           "carol.eth0", "bob.eth0", "bob.lo"));
}

}  // namespace
}  // namespace icelab
