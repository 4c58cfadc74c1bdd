#include "netns/fabric/fabric.h"

#include "netns/fabric/firewall.h"
#include "netns/fabric/held_back.h"
#include "netns/fabric/link.h"
#include "netns/fabric/nat_box.h"
#include "netns/fabric/nptv6.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>

#include <array>
#include <functional>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

const Endpoint alice = "203.0.113.21:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint;
const RouterAddresses router{"192.0.2.1"_address, "2001:db8:ffff::1"_address};
const Instant start{};

/// Does with each packet what a test says.
class ScriptedBox final : public Box {
 public:
  using Rule = std::function<Verdict(Packet&, Direction)>;
  explicit ScriptedBox(Rule rule) : rule_(std::move(rule)) {}
  Verdict pass(Packet& packet, Direction direction, Instant) override {
    return rule_(packet, direction);
  }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }

 private:
  Rule rule_;
};

/// alice behind one box, and a server on the internet.
class FabricTest : public testing::Test {
 protected:
  void stand(std::unique_ptr<Box> box) {
    const NetworkId inner = fabric_.add_network(Fabric::internet(), "alice.box", std::move(box));
    alice_ = fabric_.add_host(inner, "alice.eth0", {alice.address});
    server_ = fabric_.add_host(Fabric::internet(), "server.eth0", {server.address});
  }
  std::vector<Delivery> send(HostId from, const Packet& packet, Instant now = start) {
    std::vector<Delivery> arrived;
    fabric_.send(from, packet, now, arrived);
    return arrived;
  }
  std::vector<Delivery> advance(Instant now) {
    std::vector<Delivery> arrived;
    fabric_.advance(now, arrived);
    return arrived;
  }
  /// "alice.eth0 sent", by packet.
  std::vector<std::string> record() {
    static const std::map<Event, std::string> words{
        {Event::sent, "sent"},           {Event::forwarded, "forwarded"},
        {Event::held, "held"},           {Event::dropped, "dropped"},
        {Event::delivered, "delivered"}, {Event::overheard, "overheard"}};
    std::vector<std::string> lines;
    const Recording recording = fabric_.take_recording();
    for (const auto& observation : recording.observations) {
      lines.push_back(std::to_string(static_cast<int>(observation.packet)) + " " +
                      recording.hop(observation) + " " + words.at(observation.event));
    }
    return lines;
  }
  Fabric fabric_{1 << 20};
  HostId alice_{}, server_{};
};

std::vector<std::string> payloads(const std::vector<Delivery>& arrived) {
  std::vector<std::string> result;
  for (const auto& delivery : arrived) {
    const auto payload = delivery.packet.payload();
    result.emplace_back(payload.begin(), payload.end());
  }
  return result;
}

class Keeper final : public Box {
 public:
  explicit Keeper(const IpAddress& address) : addresses_{address} {}
  Verdict pass(Packet& packet, Direction direction, Instant) override {
    if (direction == Direction::inbound) packet.set_destination(alice);
    return Forward{};
  }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override {
    return addresses_;
  }

 private:
  std::array<IpAddress, 1> addresses_;
};

TEST_F(FabricTest, ReachesABoxThatTakesTheOthersPlaceByItsOwnAddressOnly) {
  const Endpoint before = "203.0.113.31:5000"_endpoint, after = "203.0.113.32:5000"_endpoint;
  const NetworkId inner = fabric_.add_network(Fabric::internet(), "alice.nat",
                                              std::make_unique<Keeper>(before.address));
  alice_ = fabric_.add_host(inner, "alice.eth0", {alice.address});
  server_ = fabric_.add_host(Fabric::internet(), "server.eth0", {server.address});
  EXPECT_THAT(send(server_, udp_packet(server, before, "one")), SizeIs(1));
  fabric_.replace_gateway(inner, std::make_unique<Keeper>(after.address));
  EXPECT_THAT(send(server_, udp_packet(server, before, "two")), IsEmpty());
  EXPECT_THAT(payloads(send(server_, udp_packet(server, after, "three"))), ElementsAre("three"));
}

TEST_F(FabricTest, LosesWhatGoesByAnInterfaceThatIsDisconnected) {
  stand(std::make_unique<ScriptedBox>([](Packet&, Direction) { return Forward{}; }));
  fabric_.set_connected(alice_, false);
  EXPECT_THAT(send(alice_, udp_packet(alice, server, "out")), IsEmpty());
  EXPECT_THAT(send(server_, udp_packet(server, alice, "in")), IsEmpty());
  fabric_.set_connected(alice_, true);
  EXPECT_THAT(send(alice_, udp_packet(alice, server, "again")), SizeIs(1));
  EXPECT_THAT(record(), Contains("0 alice.eth0 dropped"));
}

TEST_F(FabricTest, LosesWhatGoesThroughABoxThatIsDisconnectedOutside) {
  const auto forward = [](Packet&, Direction) { return Forward{}; };
  stand(std::make_unique<ScriptedBox>(forward));
  const NetworkId inner{1};
  fabric_.set_connected(inner, false);
  EXPECT_THAT(send(alice_, udp_packet(alice, server, "out")), IsEmpty());
  EXPECT_THAT(send(server_, udp_packet(server, alice, "in")), IsEmpty());
  fabric_.set_connected(inner, true);
  EXPECT_THAT(send(server_, udp_packet(server, alice, "again")), SizeIs(1));
  EXPECT_THAT(record(), IsSupersetOf({"0 alice.box dropped", "1 alice.box dropped"}));
}

/// A link that takes a while, and more packets than it can hold.
class LongLinkTest : public FabricTest {
 protected:
  void stand_with_evidence(size_t evidence) {
    fabric_ = Fabric(evidence);
    const LinkBehavior slow{.delay = milliseconds(100)};
    stand(std::make_unique<Link>(slow, slow, router, 1));
  }
  void flood(const Packet& packet, size_t count) {
    std::vector<Delivery> arrived;
    for (size_t i = 0; i < count; ++i) fabric_.send(alice_, packet, start, arrived);
    EXPECT_THAT(arrived, IsEmpty());
  }
  /// An eighth more than the link can hold.
  void flood() { flood(large, most_held_back / 8 * 9 / large.bytes().size()); }
  static size_t bytes_of(const std::vector<Delivery>& arrived) {
    size_t sum = 0;
    for (const auto& each : arrived) sum += each.packet.bytes().size();
    return sum;
  }
  const Packet large = udp_packet(alice, server, std::string(60'000, 'x'));
};

TEST_F(LongLinkTest, HoldsSoManyBytesAndNoMore) {
  stand_with_evidence(0);
  flood();
  const size_t held = bytes_of(advance(start + milliseconds(100)));
  EXPECT_LE(held, most_held_back);
  EXPECT_GT(held, most_held_back * 9 / 10);
}

TEST_F(LongLinkTest, CountsWhatItTakesToHoldSmallPackets) {
  stand_with_evidence(0);
  const Packet small = udp_packet(alice, server, "x");
  const size_t many = most_held_back / 64;
  flood(small, many);
  EXPECT_LT(bytes_of(advance(start + milliseconds(100))), many * small.bytes().size());
}

TEST_F(LongLinkTest, SaysWhyItLostWhatIsOver) {
  stand_with_evidence(4 * most_held_back);
  flood();
  const Recording recording = fabric_.take_recording();
  EXPECT_EQ(recording.left_out, 0U);
  const auto dropped =
      std::ranges::find(recording.observations, Event::dropped, &Observation::event);
  ASSERT_NE(dropped, recording.observations.end());
  EXPECT_EQ(recording.hop(*dropped), "alice.box");
  EXPECT_EQ(dropped->drop->reason, DropReason::lost);
  EXPECT_EQ(dropped->drop->detail,
            "64 MiB of packets are on their way here, and icelab holds no more");
  EXPECT_TRUE(std::ranges::equal(recording.bytes(*dropped), large.bytes()));
}

TEST_F(LongLinkTest, HasRoomAgainOnceSomethingHasArrivedAndAlwaysForTheOtherDirection) {
  stand_with_evidence(0);
  flood();
  EXPECT_THAT(send(server_, udp_packet(server, alice, "back")), IsEmpty());
  EXPECT_THAT(payloads(advance(start + milliseconds(100))), Contains("back"));
  send(alice_, udp_packet(alice, server, "again"), start + milliseconds(100));
  EXPECT_THAT(payloads(advance(start + milliseconds(200))), ElementsAre("again"));
}

TEST_F(FabricTest, LosesWhatGoesByALinkThatIsDisconnected) {
  stand(std::make_unique<Link>(LinkBehavior{}, LinkBehavior{}, router, 1));
  const NetworkId inner{1};
  fabric_.set_connected(inner, false);
  send(alice_, udp_packet(alice, server, "out"));
  send(server_, udp_packet(server, alice, "in"));
  EXPECT_THAT(advance(start + milliseconds(1)), IsEmpty());
  EXPECT_THAT(record(), IsSupersetOf({"0 alice.box dropped", "1 alice.box dropped"}));
}

TEST_F(FabricTest, BringsWhatALinkDelaysWhenItsTimeHasCome) {
  stand(std::make_unique<Link>(LinkBehavior{.delay = milliseconds(40)}, LinkBehavior{}, router, 1));
  EXPECT_THAT(send(alice_, udp_packet(alice, server, "hello")), IsEmpty());
  EXPECT_EQ(fabric_.next_departure(), start + milliseconds(40));
  EXPECT_THAT(advance(start + milliseconds(39)), IsEmpty());
  EXPECT_THAT(payloads(advance(start + milliseconds(40))), ElementsAre("hello"));
  EXPECT_EQ(fabric_.next_departure(), std::nullopt);
  EXPECT_THAT(record(), ElementsAre("0 alice.eth0 sent", "0 alice.box forwarded",
                                    "0 internet forwarded", "0 server.eth0 delivered"));
}

TEST_F(FabricTest, KeepsTheOrderOfWhatLeavesTogether) {
  stand(std::make_unique<Link>(LinkBehavior{.delay = milliseconds(40)}, LinkBehavior{}, router, 1));
  for (const char* text : {"one", "two", "three", "four", "five"})
    send(alice_, udp_packet(alice, server, text));
  EXPECT_THAT(payloads(advance(start + milliseconds(40))),
              ElementsAre("one", "two", "three", "four", "five"));
}

TEST_F(FabricTest, TakesNothingFromTheTimeToLiveOnALink) {
  stand(std::make_unique<Link>(LinkBehavior{}, LinkBehavior{}, router, 1));
  const Packet packet = udp_packet(alice, server);
  send(alice_, packet);
  const auto arrived = advance(start);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].packet.bytes()[8], packet.bytes()[8]);
}

TEST_F(FabricTest, BringsABoxsAnswerBackToTheSender) {
  stand(std::make_unique<ScriptedBox>([](Packet& packet, Direction) {
    return Drop{DropReason::blocked, "no", udp_packet(packet.destination(), packet.source(), "no")};
  }));
  const auto outbound = send(alice_, udp_packet(alice, server, "may I?"));
  ASSERT_THAT(payloads(outbound), ElementsAre("no"));
  EXPECT_EQ(outbound[0].host, alice_);
  const auto inbound = send(server_, udp_packet(server, alice, "may I?"));
  ASSERT_THAT(payloads(inbound), ElementsAre("no"));
  EXPECT_EQ(inbound[0].host, server_);
  EXPECT_THAT(record(),
              ElementsAre("0 alice.eth0 sent", "0 alice.box dropped", "1 alice.box sent",
                          "1 alice.eth0 delivered", "2 server.eth0 sent", "2 internet forwarded",
                          "2 alice.box dropped", "3 alice.box sent", "3 internet forwarded",
                          "3 server.eth0 delivered"));
}

TEST_F(FabricTest, TurnsAReflectedPacketBackIntoTheNetworkItCameFrom) {
  stand(std::make_unique<ScriptedBox>([](Packet& packet, Direction) {
    packet.set_destination({alice.address, 6000});
    return Reflect{};
  }));
  const auto arrived = send(alice_, udp_packet(alice, server, "me"));
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].host, alice_);
  EXPECT_EQ(arrived[0].packet.destination().port, 6000);
}

TEST_F(FabricTest, LetsABoxKeepAPacket) {
  stand(std::make_unique<ScriptedBox>([](Packet&, Direction) { return Hold{}; }));
  EXPECT_THAT(send(alice_, udp_packet(alice, server)), IsEmpty());
  EXPECT_THAT(record(), ElementsAre("0 alice.eth0 sent", "0 alice.box held"));
}

// IPv6.

const Endpoint alice6 = "[2001:db8:0:1::2]:5000"_endpoint;
const Endpoint alice6_local = "[fe80::2]:5000"_endpoint;
const Endpoint carol6_local = "[fe80::3]:5000"_endpoint;
const Endpoint server6 = "[2001:db8::10]:3478"_endpoint;

/// alice and carol on one network behind a box, a server on the internet, all with both families.
class DualStackFabricTest : public FabricTest {
 protected:
  void stand(std::unique_ptr<Box> box) {
    const NetworkId inner = fabric_.add_network(Fabric::internet(), "alice.box", std::move(box));
    alice_ = fabric_.add_host(inner, "alice.eth0",
                              {"10.0.1.2"_address, alice6.address, alice6_local.address});
    carol_ = fabric_.add_host(inner, "carol.eth0", {carol6_local.address});
    server_ = fabric_.add_host(Fabric::internet(), "server.eth0",
                               {server.address, server6.address, "fe80::10"_address});
  }
  void stand() { stand(std::make_unique<NatBox>(NatBehavior{}, std::vector{alice.address}, 1)); }
  /// Where and why packets were dropped, in order.
  std::vector<std::string> drops() {
    const Recording recording = fabric_.take_recording();
    std::vector<std::string> lines;
    for (const auto& observation : recording.observations) {
      if (observation.event == Event::dropped)
        lines.push_back(recording.hop(observation) + ": " + observation.drop->detail);
    }
    return lines;
  }
  HostId carol_{};
};

TEST_F(DualStackFabricTest, RoutesIpv6ThroughANatOfIpv4) {
  stand();
  const auto out = send(alice_, udp_packet(alice6, server6, "hello"));
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(out[0].host, server_);
  EXPECT_EQ(out[0].packet.source(), alice6);
  EXPECT_THAT(payloads(send(server_, udp_packet(server6, alice6, "hi"))), ElementsAre("hi"));
  const auto v4 = send(alice_, udp_packet("10.0.1.2:5000"_endpoint, server));
  ASSERT_THAT(v4, SizeIs(1));
  EXPECT_EQ(v4[0].packet.source(), alice);
}

TEST_F(DualStackFabricTest, DeliversLinkLocalPacketsWithinTheirNetwork) {
  stand();
  const auto arrived = send(alice_, udp_packet(alice6_local, carol6_local, "neighbour"));
  ASSERT_THAT(payloads(arrived), ElementsAre("neighbour"));
  EXPECT_EQ(arrived[0].host, carol_);
}

TEST_F(DualStackFabricTest, LetsNothingLinkLocalLeaveItsNetwork) {
  stand();
  EXPECT_THAT(send(alice_, udp_packet(alice6_local, "[fe80::10]:3478"_endpoint)), IsEmpty());
  EXPECT_THAT(send(alice_, udp_packet(alice6_local, server6)), IsEmpty());
  EXPECT_THAT(send(server_, udp_packet(server6, "[fe80::10]:1"_endpoint)), IsEmpty());
  const std::string stays = " is a link-local address, which does not leave its network";
  EXPECT_THAT(drops(), ElementsAre("alice.box: fe80::10" + stays, "alice.box: fe80::2" + stays,
                                   "internet: fe80::10" + stays));
}

TEST_F(DualStackFabricTest, RoutesNoMulticast) {
  stand();
  EXPECT_THAT(send(alice_, udp_packet(alice6, "[ff0e::1]:5353"_endpoint)), IsEmpty());
  EXPECT_THAT(drops(),
              ElementsAre("alice.box: ff0e::1 is a multicast address, which is not routed"));
}

TEST_F(DualStackFabricTest, DropsUniqueLocalDestinationsOnTheInternet) {
  stand();
  EXPECT_THAT(send(alice_, udp_packet(alice6, "[fd00::9]:1"_endpoint)), IsEmpty());
  EXPECT_THAT(send(alice_, udp_packet(alice6, "[2001:db8:9::9]:1"_endpoint)), IsEmpty());
  EXPECT_THAT(
      drops(),
      ElementsAre("internet: fd00::9 is a private address, which the internet does not route",
                  "internet: no host on the internet has the address 2001:db8:9::9"));
}

TEST_F(DualStackFabricTest, RoutesAPrefixToTheBoxThatStandsForItThroughTransparentOnes) {
  const NetworkId site = fabric_.add_network(
      Fabric::internet(), "site.firewall",
      std::make_unique<Firewall>(FirewallBehavior{.incoming_udp = Unsolicited::allowed}, router));
  const NetworkId inner =
      fabric_.add_network(site, "alice.nptv6",
                          std::make_unique<Nptv6>(*IpPrefix::parse("fd00:0:0:1::/64"),
                                                  *IpPrefix::parse("2001:db8:0:1::/64")));
  const Endpoint inside = "[fd00:0:0:1::2]:5000"_endpoint;
  alice_ = fabric_.add_host(inner, "alice.eth0", {inside.address});
  server_ = fabric_.add_host(Fabric::internet(), "server.eth0", {server6.address});
  const auto out = send(alice_, udp_packet(inside, server6));
  ASSERT_THAT(out, SizeIs(1));
  const Endpoint outside = out[0].packet.source();
  EXPECT_TRUE(IpPrefix::parse("2001:db8:0:1::/64")->contains(outside.address));
  const auto in = send(server_, udp_packet(server6, outside, "unasked"));
  ASSERT_THAT(payloads(in), ElementsAre("unasked"));
  EXPECT_EQ(in[0].packet.destination(), inside);
}

TEST_F(DualStackFabricTest, TakesACableForAPartOfTheLinkThatItLeadsTo) {
  stand();
  const NetworkId home = fabric_.add_network(
      Fabric::internet(), "home.firewall", std::make_unique<Firewall>(FirewallBehavior(), router));
  const NetworkId wifi = fabric_.add_network(
      home, "dave.link", std::make_unique<Link>(LinkBehavior(), LinkBehavior(), router, 1));
  const Endpoint dave_local = "[fe80::4]:5000"_endpoint, erin_local = "[fe80::5]:5000"_endpoint;
  const HostId dave = fabric_.add_host(wifi, "dave.eth0", {dave_local.address});
  const HostId erin = fabric_.add_host(home, "erin.eth0", {erin_local.address});
  send(dave, udp_packet(dave_local, erin_local, "out of the wifi"));
  send(erin, udp_packet(erin_local, dave_local, "into it"));
  send(erin, udp_packet(erin_local, carol6_local, "elsewhere"));
  const auto arrived = advance(start);
  EXPECT_THAT(payloads(arrived), ElementsAre("out of the wifi", "into it"));
  EXPECT_THAT(drops(), ElementsAre("home.firewall: fe80::3 is a link-local address, which does not "
                                   "leave its network"));
}

/// alice, whose router advertises a prefix.
class AdvertisingFabricTest : public DualStackFabricTest {
 protected:
  void SetUp() override {
    stand();
    fabric_.advertise(alice_, {.prefix = *IpPrefix::parse("2001:db8:0:1::/64"), .mtu = 1400});
  }
  /// As RFC 4861 section 4.1 has it.
  static Packet solicitation(std::uint8_t hop_limit) {
    Bytes message{133, 0, 0, 0, 0, 0, 0, 0};
    const IpAddress all_routers = "ff02::2"_address;
    Bytes bytes = ipv6_bytes(58, alice6_local.address, all_routers, message);
    bytes[7] = hop_limit;
    // Its checksum covers the addresses, the length and the protocol, which the header has as well.
    Bytes covered(bytes.begin() + 8, bytes.end());
    covered.insert(covered.end(), {0, 0, 0, 8, 0, 0, 0, 58});
    const std::uint16_t sum = internet_checksum(covered);
    bytes[42] = static_cast<std::uint8_t>(sum >> 8);
    bytes[43] = static_cast<std::uint8_t>(sum);
    return *Packet::parse(bytes);
  }
};

TEST_F(AdvertisingFabricTest, TellsAHostItsPrefixAtOnceAndFromTimeToTime) {
  EXPECT_LE(*fabric_.next_departure(), start);
  const auto arrived = advance(start);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].host, alice_);
  EXPECT_EQ(arrived[0].packet.destination().address, "ff02::1"_address);
  EXPECT_THAT(advance(start + std::chrono::minutes(9)), IsEmpty());
  EXPECT_EQ(*fabric_.next_departure(), start + std::chrono::minutes(10));
  EXPECT_THAT(advance(start + std::chrono::minutes(10)), SizeIs(1));
}

TEST_F(AdvertisingFabricTest, SaysWhatRfc4861HasARouterSay) {
  const Packet told = advance(start).at(0).packet;
  EXPECT_EQ(checksum_faults(told.bytes()), "");
  EXPECT_EQ(told.source().address, "fe80::1"_address);
  const Bytes message(told.bytes().begin() + 40, told.bytes().end());
  EXPECT_EQ(told.bytes()[7], 255) << "the hop limit";
  const Bytes expected{134,  0,    message[2], message[3], 64, 0,    0x07, 0x08,
                       0,    0,    0,          0,          0,  0,    0,    0,     // 1800 s
                       5,    1,    0,          0,          0,  0,    0x05, 0x78,  // 1400 bytes
                       3,    4,    64,         0xc0,       0,  0x27, 0x8d, 0,
                       0,    0x09, 0x3a,       0x80,       0,  0,    0,    0,  // 30 d, 7 d
                       0x20, 0x01, 0x0d,       0xb8,       0,  0,    0,    1,
                       0,    0,    0,          0,          0,  0,    0,    0};
  EXPECT_EQ(message, expected);
}

TEST_F(AdvertisingFabricTest, AnswersWhoAsks) {
  advance(start);
  const auto arrived = send(alice_, solicitation(255));
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].packet.destination().address, alice6_local.address);
  EXPECT_THAT(send(carol_, solicitation(255)), IsEmpty()) << "nobody advertises to her";
  EXPECT_THAT(drops(),
              ElementsAre("alice.box: ff02::2 is a multicast address, which is not routed"));
}

TEST_F(AdvertisingFabricTest, DoesNotAnswerWhoIsNotOnItsLink) {
  EXPECT_THAT(send(alice_, solicitation(254)), IsEmpty());
}

}  // namespace
}  // namespace icelab
