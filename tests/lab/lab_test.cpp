#include "harness/lab/lab.h"

#include "harness/certify/raw_socket.h"
#include "src/net/transport_header.h"
#include "tests/lab/contained.h"
#include "tests/support/packets.h"
#include "tests/support/profiles.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <cstdlib>
#include <set>

namespace icelab {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::Not;
using testing::SizeIs;

constexpr size_t evidence_limit = 1 << 20;
constexpr std::uint16_t port = 4000;

BoxSpec nat(const std::string& name, const std::string& profile = "port-restricted-cone") {
  return {.name = name, .behavior = nat_behavior(profile)};
}

Topology alice_behind(const std::vector<BoxSpec>& boxes) {
  return {.networks = {},
          .peers = {{.name = "alice", .agent = {}, .uplinks = {{.way = {boxes, ""}}}}},
          .servers = {{.name = "server"}}};
}

/// alice behind what a test asks for, and a server on the internet.
class LabTest : public ContainedTest {
 protected:
  void stand_with_evidence(const Topology& topology, size_t evidence) {
    lab_.emplace(topology, 1, evidence);
  }
  void stand_as(const Topology& topology) { stand_with_evidence(topology, evidence_limit); }
  void stand(const std::vector<BoxSpec>& behind) { stand_as(alice_behind(behind)); }
  Lab& lab() { return *lab_; }
  const Host& alice() { return lab_->host("alice"); }
  const Host& server() { return lab_->host("server"); }
  Endpoint at_server() { return {lab_->place("server").addresses[0], port}; }
  Endpoint at_alice() { return {lab_->place("alice").addresses[0], port}; }

  /// A datagram there and one back: whatever either host has sent before has then been through the
  /// lab.
  ReceivedDatagram exchange() {
    const UdpProbe listener(server().network(), at_server());
    const UdpProbe socket(alice().network(), at_alice());
    socket.send(at_server(), "question");
    ReceivedDatagram question = listener.await("the question");
    listener.send(question.from, "answer");
    const auto answer = socket.await("the answer");
    EXPECT_EQ(answer.data, "answer");
    EXPECT_EQ(answer.from, at_server());
    return question;
  }

 private:
  std::optional<Lab> lab_;
};

/// The hops that a packet with this payload passed, and what became of it there: "alice.nat
/// forwarded".
std::vector<std::string> way_of(const Recording& recording, const std::string& payload) {
  static const std::map<Event, std::string> words{{Event::sent, "sent"},
                                                  {Event::forwarded, "forwarded"},
                                                  {Event::dropped, "dropped"},
                                                  {Event::delivered, "delivered"},
                                                  {Event::overheard, "overheard"}};
  std::vector<std::string> way;
  for (const auto& observation : recording.observations) {
    const auto bytes = recording.bytes(observation);
    if (std::string(bytes.begin(), bytes.end()).ends_with(payload))
      way.push_back(recording.hop(observation) + " " + words.at(observation.event));
  }
  return way;
}

TEST_F(LabTest, CarriesUdpBothWaysWithoutANat) {
  stand({});
  EXPECT_EQ(exchange().from, at_alice());
}

TEST_F(LabTest, CarriesUdpBothWaysThroughANat) {
  stand({nat("alice.nat")});
  const auto question = exchange();
  EXPECT_EQ(question.data, "question");
  EXPECT_EQ(question.from.to_string(), "203.0.113.21:4000");
  EXPECT_EQ(at_alice().to_string(), "10.0.1.2:4000");

  const Recording seen = lab().stop();
  EXPECT_THAT(way_of(seen, "question"), ElementsAre("alice.eth0 sent", "alice.nat forwarded",
                                                    "internet forwarded", "server.eth0 delivered"));
  EXPECT_THAT(way_of(seen, "answer"), ElementsAre("server.eth0 sent", "internet forwarded",
                                                  "alice.nat forwarded", "alice.eth0 delivered"));
}

TEST_F(LabTest, TranslatesTwiceBehindTwoNats) {
  stand({nat("alice.nat1"), nat("alice.nat2", "symmetric")});
  EXPECT_EQ(exchange().from.address.to_string(), "203.0.113.21");
  EXPECT_THAT(way_of(lab().stop(), "question"),
              ElementsAre("alice.eth0 sent", "alice.nat1 forwarded", "alice.nat2 forwarded",
                          "internet forwarded", "server.eth0 delivered"));
}

TEST_F(LabTest, CarriesTcpThroughANat) {
  stand({nat("alice.nat")});
  const auto listener = TcpProbe::listen(server().network(), at_server());
  const auto client = TcpProbe::connect(alice().network(), at_alice(), at_server());
  listener.await("a connection");
  const auto accepted = listener.accept();
  EXPECT_EQ(accepted.remote().address.to_string(), "203.0.113.21");
  client.send("question");
  accepted.await("the question");
  EXPECT_EQ(accepted.received(), "question");
  accepted.send("answer");
  client.await("the answer");
  EXPECT_EQ(client.received(), "answer");
}

TEST_F(LabTest, CarriesPingThroughANat) {
  stand({nat("alice.nat")});
  const RawProbe socket(alice().network(), at_alice().address, Protocol::icmp);
  socket.send(echo(EchoKind::request, port, at_alice().address, at_server().address));
  const Packet reply = socket.await("an echo reply");
  EXPECT_EQ(reply.icmp_type(), transport_header::icmp_echo_reply);
  EXPECT_EQ(reply.source(), at_server());
  EXPECT_EQ(reply.destination(), at_alice());
}

TEST_F(LabTest, DropsWhatIsAddressedToAPrivateAddressOnTheInternet) {
  stand({nat("alice.nat")});
  UdpProbe(alice().network(), at_alice()).send({IpAddress::v4(0xc0a80101), port}, "lost");
  exchange();
  const Recording seen = lab().stop();
  EXPECT_THAT(way_of(seen, "lost"),
              ElementsAre("alice.eth0 sent", "alice.nat forwarded", "internet dropped"));
  const auto dropped = std::ranges::find_if(seen.observations, [](const auto& observation) {
    return observation.event == Event::dropped;
  });
  EXPECT_EQ(dropped->drop->reason, DropReason::unroutable);
  EXPECT_THAT(dropped->drop->detail, HasSubstr("192.168.1.1 is a private address"));
}

TEST_F(LabTest, FiltersAStrangerAndSaysSo) {
  stand({nat("alice.nat")});
  const Endpoint mapped = exchange().from;
  const UdpProbe stranger(server().network(), {lab().place("server").addresses[1], port});
  stranger.send(mapped, "unasked");
  exchange();
  EXPECT_THAT(way_of(lab().stop(), "unasked"),
              ElementsAre("server.eth0 sent", "internet forwarded", "alice.nat dropped"));
}

TEST_F(LabTest, OverhearsOnceWhatAServersProgramsSayToEachOther) {
  stand({});
  const UdpProbe listener(server().network(), at_server());
  const UdpProbe neighbour(server().network(), {lab().place("server").addresses[1], port});
  neighbour.send(at_server(), "psst");
  EXPECT_EQ(listener.await("a datagram").from, neighbour.local());
  EXPECT_THAT(way_of(lab().stop(), "psst"), ElementsAre("server.lo overheard"));
}

/// How many packets with this payload left alice's interface.
size_t count_sent(const Recording& recording, const std::string& payload) {
  return static_cast<size_t>(
      std::ranges::count_if(recording.observations, [&](const Observation& observation) {
        const auto bytes = recording.bytes(observation);
        return observation.event == Event::sent && recording.hop(observation) == "alice.eth0" &&
               std::string(bytes.begin(), bytes.end()).ends_with(payload);
      }));
}

class BurstTest : public LabTest {
 protected:
  void SetUp() override {
    LabTest::SetUp();
    if (IsSkipped()) return;
    stand_with_evidence(alice_behind({nat("alice.nat")}), size_t{32} << 20);
  }
  void send_burst(size_t datagrams) {
    const UdpProbe socket(alice().network(), at_alice());
    for (size_t i = 0; i < datagrams; ++i) socket.send(at_server(), "one of many");
  }
};

TEST_F(BurstTest, LosesNothingOfTwoThousandDatagrams) {
  send_burst(2000);
  const Recording seen = lab().stop();
  EXPECT_EQ(count_sent(seen, "one of many"), 2000U);
  EXPECT_THAT(seen.host_drops, IsEmpty());
}

TEST_F(BurstTest, AccountsForEveryDatagramOfAHostThatSendsFasterThanItsInterface) {
  run_inside(alice().network(), [] {
    Netlink netlink;
    netlink.set_queue_length(netlink.find("eth0"), 1);
  });
  send_burst(2000);
  const Recording seen = lab().stop();
  const size_t dropped = seen.host_drops.at("alice.eth0").sent;
  EXPECT_THAT(dropped, Gt(0U));
  EXPECT_EQ(count_sent(seen, "one of many") + dropped, 2000U);
}

TEST_F(BurstTest, AccountsForEveryDatagramThatAHostsInterfaceDidNotTake) {
  const UdpProbe listener(server().network(), at_server());
  run_inside(server().network(), [] { ASSERT_EQ(std::system("ip link set eth0 down"), 0); });
  send_burst(5);
  EXPECT_EQ(lab().stop().host_drops.at("server.eth0"), (DropCounts{.received = 5}));
}

TEST_F(LabTest, RecordsAllThatWasSentBeforeItStops) {
  stand({});
  const UdpProbe socket(alice().network(), at_alice());
  for (int i = 0; i < 20; ++i) socket.send(at_server(), "last words");
  EXPECT_THAT(way_of(lab().stop(), "last words"), Contains("server.eth0 delivered").Times(20));
}

BoxSpec kernel_router(const std::string& name, RouterInput input = RouterInput::accept) {
  return {.name = name, .behavior = KernelRouterBehavior{.input = input}};
}

class KernelRouterLab : public LabTest {
 protected:
  void SetUp() override {
    LabTest::SetUp();
    REQUIRE_KERNEL_ROUTERS();
  }
};

TEST_F(KernelRouterLab, CarriesEverythingThroughAKernelRouter) {
  stand({kernel_router("alice.nat")});
  EXPECT_EQ(exchange().from.to_string(), "203.0.113.21:4000");
  const auto listener = TcpProbe::listen(server().network(), at_server());
  const auto client = TcpProbe::connect(alice().network(), at_alice(), at_server());
  listener.await("a connection");
  const auto accepted = listener.accept();
  constexpr size_t several_segments = 10'000;
  client.send(std::string(several_segments, 'x'));
  size_t received = 0;
  while (received < several_segments) {
    accepted.await("what was sent over TCP");
    received += accepted.received().size();
  }
  const RawProbe socket(alice().network(), at_alice().address, Protocol::icmp);
  socket.send(echo(EchoKind::request, port, at_alice().address, at_server().address));
  EXPECT_EQ(socket.await("an echo reply").source(), at_server());
  EXPECT_THAT(way_of(lab().stop(), "question"),
              ElementsAre("alice.eth0 sent", "alice.nat forwarded", "internet forwarded",
                          "server.eth0 delivered"));
}

TEST_F(KernelRouterLab, TranslatesTwiceBehindAKernelRouterOnEitherSideOfAnother) {
  for (const auto& boxes :
       {std::vector{kernel_router("alice.nat1"), nat("alice.nat2")},
        std::vector{nat("alice.nat1"), kernel_router("alice.nat2")},
        std::vector{kernel_router("alice.nat1"), kernel_router("alice.nat2")}}) {
    stand(boxes);
    EXPECT_EQ(exchange().from.to_string(), "203.0.113.21:4000");
    EXPECT_THAT(way_of(lab().stop(), "answer"),
                ElementsAre("server.eth0 sent", "internet forwarded", "alice.nat2 forwarded",
                            "alice.nat1 forwarded", "alice.eth0 delivered"));
  }
}

TEST_F(KernelRouterLab, SaysWhatAKernelRouterDroppedAndWhy) {
  stand({kernel_router("alice.nat", RouterInput::drop)});
  const Endpoint mapped = exchange().from;
  const UdpProbe stranger(server().network(), {lab().place("server").addresses[1], port});
  stranger.send(mapped, "unasked");
  exchange();
  const Recording seen = lab().stop();
  EXPECT_THAT(way_of(seen, "unasked"),
              ElementsAre("server.eth0 sent", "internet forwarded", "alice.nat dropped"));
  const auto dropped = std::ranges::find_if(seen.observations, [](const auto& observation) {
    return observation.event == Event::dropped;
  });
  EXPECT_EQ(dropped->drop->reason, DropReason::filtered);
}

TEST_F(KernelRouterLab, BringsAKernelRoutersRefusalBackToWhoHadSent) {
  stand({kernel_router("alice.nat")});
  const Endpoint mapped = exchange().from;
  const UdpProbe stranger(server().network(), {lab().place("server").addresses[1], port}, mapped);
  stranger.send(mapped, "unasked");
  exchange();
  EXPECT_TRUE(stranger.was_refused());
}

/// A socket of alice's that has sent to the server, and where it is reached.
struct Mapped {
  UdpProbe inside, outside;
  Endpoint external;
};
Mapped map_out(const Host& alice, const Host& server, const Endpoint& local,
               const Endpoint& remote) {
  UdpProbe outside(server.network(), remote), inside(alice.network(), local);
  inside.send(remote, "here I am");
  const Endpoint external = outside.await("a datagram").from;
  return {std::move(inside), std::move(outside), external};
}

TEST_F(KernelRouterLab, MakesAKernelRouterForgetWhenItRebootsOrWhenAllExpires) {
  for (const bool reboots : {true, false}) {
    stand({kernel_router("alice.nat", RouterInput::drop)});
    const Endpoint other_port{at_server().address, port + 1};
    const auto mapped = map_out(alice(), server(), {at_alice().address, port + 1}, other_port);
    reboots ? lab().reboot("alice.nat") : lab().expire("alice.nat");
    mapped.outside.send(mapped.external, "too late");
    exchange();
    EXPECT_FALSE(mapped.inside.poll());
    mapped.inside.send(other_port, "here again");
    EXPECT_EQ(mapped.outside.await("a datagram").from, mapped.external);
    EXPECT_THAT(way_of(lab().stop(), "too late"), Contains("alice.nat dropped"));
  }
}

TEST_F(KernelRouterLab, GivesAKernelRouterAnotherAddressAndTakesItsCableOut) {
  stand({kernel_router("alice.nat")});
  const Endpoint before = exchange().from;
  lab().change_address("alice.nat");
  const Endpoint after = exchange().from;
  EXPECT_NE(after.address, before.address);
  lab().set_connected("alice.nat", false);
  UdpProbe(alice().network(), at_alice()).send(at_server(), "into the void");
  lab().set_connected("alice.nat", true);
  EXPECT_EQ(exchange().from, after);
}

TEST_F(KernelRouterLab, PutsAKernelRouterInThePlaceOfANatAndBack) {
  const NatBehavior random{.port_assignment = PortAssignment::random};
  stand({{.name = "alice.nat", .behavior = random}});
  EXPECT_NE(exchange().from.port, port);
  lab().replace("alice.nat", KernelRouterBehavior());
  EXPECT_EQ(exchange().from.port, port);
  lab().replace("alice.nat", random);
  EXPECT_NE(exchange().from.port, port);
}

UplinkSpec uplink(const std::string& interface, const std::vector<BoxSpec>& boxes,
                  const std::string& network = "") {
  return {.interface = interface, .way = {boxes, network}};
}

TEST_F(LabTest, PutsPeersOfOneNetworkOnOneLan) {
  stand_as({.networks = {{.name = "home", .way = {{nat("home.nat", "symmetric")}, ""}}},
            .peers = {{.name = "alice", .agent = {}, .uplinks = {uplink("eth0", {}, "home")}},
                      {.name = "bob", .agent = {}, .uplinks = {uplink("eth0", {}, "home")}}},
            .servers = {}});
  const Endpoint at_bob{lab().place("bob").addresses[0], port};
  const UdpProbe bob(lab().host("bob").network(), at_bob);
  const UdpProbe socket(alice().network(), at_alice());
  socket.send(at_bob, "hello, neighbour");
  EXPECT_EQ(bob.await("a datagram").from, at_alice());
  EXPECT_THAT(way_of(lab().stop(), "hello, neighbour"),
              ElementsAre("alice.eth0 sent", "bob.eth0 delivered"));
}

TEST_F(LabTest, GivesEachHostBehindAClatAnAddressOfItsOwn) {
  const std::vector<BoxSpec> mobile{{.name = "clat", .behavior = ClatBehavior()},
                                    {.name = "nat64", .behavior = Nat64Behavior()}};
  const auto with_prefix = [&](const std::string& prefix) {
    auto boxes = mobile;
    for (auto& box : boxes) box.name.insert(0, prefix);
    return boxes;
  };
  stand_as(
      {.networks = {},
       .peers = {{.name = "alice",
                  .agent = {},
                  .uplinks = {uplink("wlan0", with_prefix("alice.wlan0.")),
                              uplink("lte0", with_prefix("alice.lte0."))}},
                 {.name = "bob", .agent = {}, .uplinks = {uplink("eth0", with_prefix("bob."))}}},
       .servers = {}});
  EXPECT_THAT(lab().place("alice").addresses,
              ElementsAre("192.0.0.2"_address, "192.0.0.3"_address));
  EXPECT_THAT(lab().place("bob").addresses, ElementsAre("192.0.0.4"_address));
}

TEST_F(LabTest, TellsAServersAddressBehindNat64OnlyWhereNoUplinkKnowsAnother) {
  const auto stand_with = [&](const std::vector<BoxSpec>& other) {
    stand_as({.networks = {},
              .peers = {{.name = "alice",
                         .agent = {},
                         .uplinks = {uplink("lte0", {{"alice.lte0.nat64", Nat64Behavior()}}),
                                     uplink("wlan0", other)},
                         .ip = IpVersions::ipv6}},
              .servers = {{.name = "server"}}});
  };
  stand_with({});
  EXPECT_THAT(lab().known_addresses("server", "alice"), ElementsAre("2001:db8::10"_address));
  stand_with({{"alice.wlan0.nat64", Nat64Behavior()}});
  EXPECT_THAT(lab().known_addresses("server", "alice"), ElementsAre("64:ff9b::cb00:710a"_address));
}

TEST_F(LabTest, GivesANat66OneOfItsPoolAndThenAnotherAddressBesideAnyHosts) {
  const Nat66Behavior pool{{.external_addresses = 4, .pooling = Pooling::arbitrary}};
  stand_as({.networks = {{.name = "home", .way = {{{"home.firewall", FirewallBehavior()}}, ""}}},
            .peers = {{.name = "bob",
                       .agent = {},
                       .uplinks = {uplink("eth0", {}, "home")},
                       .ip = IpVersions::ipv6},
                      {.name = "alice",
                       .agent = {},
                       .uplinks = {uplink("eth0", {{"alice.nat66", pool}}, "home")},
                       .ip = IpVersions::ipv6}},
            .servers = {{.name = "server"}}});
  const Endpoint at_server6{lab().known_addresses("server", "alice").at(0), port};
  const UdpProbe listener(server().network(), at_server6);
  const auto seen_from = [&](std::uint16_t from) {
    const UdpProbe probe(alice().network(), {lab().place("alice").addresses[0], from});
    probe.send(at_server6, "who am I?");
    return listener.await("a datagram").from.address;
  };
  const IpAddress at_bob = lab().place("bob").addresses[0];
  std::set<IpAddress> before, after;
  for (std::uint16_t from = port; from < port + 16; ++from) before.insert(seen_from(from));
  lab().change_address("alice.nat66");
  for (std::uint16_t from = port; from < port + 64; ++from) after.insert(seen_from(from));
  EXPECT_THAT(before, AllOf(SizeIs(Gt(1U)), Not(Contains(at_bob))));
  EXPECT_THAT(after, AllOf(SizeIs(4), Not(Contains(at_bob)), Not(IsSubsetOf(before))));
}

TEST_F(LabTest, MakesTheCarrierTellSubscribersOfOneSourcePortApart) {
  const auto subscriber = [](const std::string& name) {
    return PeerSpec{
        .name = name, .agent = {}, .uplinks = {uplink("eth0", {nat(name + ".nat")}, "isp")}};
  };
  stand_as({.networks = {{.name = "isp", .way = {{nat("isp.nat")}, ""}}},
            .peers = {subscriber("alice"), subscriber("bob")},
            .servers = {{.name = "server"}}});
  const UdpProbe listener(server().network(), at_server());
  const UdpProbe first(alice().network(), at_alice());
  const UdpProbe second(lab().host("bob").network(), {lab().place("bob").addresses[0], port});
  first.send(at_server(), "from alice");
  const Endpoint alice_outside = listener.await("a datagram").from;
  second.send(at_server(), "from bob");
  const Endpoint bob_outside = listener.await("a datagram").from;
  EXPECT_EQ(alice_outside.address, bob_outside.address);
  EXPECT_EQ(alice_outside.port, port);
  EXPECT_NE(bob_outside.port, port);
  listener.send(bob_outside, "to bob");
  EXPECT_EQ(second.await("a datagram").data, "to bob");
}

TEST_F(LabTest, SendsByTheUplinkWhoseAddressIsUsedAndPrefersTheFirst) {
  stand_as({.networks = {},
            .peers = {{.name = "alice",
                       .agent = {},
                       .uplinks = {uplink("wlan0", {nat("alice.wlan0.nat")}),
                                   uplink("lte0", {nat("alice.lte0.nat")})}}},
            .servers = {{.name = "server"}}});
  const auto& [wlan0, lte0] =
      std::tie(lab().place("alice").addresses[0], lab().place("alice").addresses[1]);
  const UdpProbe listener(server().network(), at_server());
  const UdpProbe unbound(alice().network(), {IpAddress::v4(0), port});
  const UdpProbe by_lte(alice().network(), {lte0, static_cast<std::uint16_t>(port + 1)});
  const UdpProbe by_wlan(alice().network(), {wlan0, static_cast<std::uint16_t>(port + 2)});
  by_lte.send(at_server(), "by lte");
  const IpAddress outside_lte = listener.await("a datagram").from.address;
  by_wlan.send(at_server(), "by wlan");
  const IpAddress outside_wlan = listener.await("a datagram").from.address;
  EXPECT_NE(outside_lte, outside_wlan);
  unbound.send(at_server(), "by any");
  EXPECT_EQ(listener.await("a datagram").from.address, outside_wlan);
}

TEST_F(LabTest, KeepsLabsOfTheSameAddressesApart) {
  stand({nat("alice.nat")});
  Lab other(alice_behind({nat("alice.nat")}), 1, evidence_limit);
  exchange();
  EXPECT_TRUE(other.stop().observations.empty());
  EXPECT_FALSE(lab().stop().observations.empty());
}

}  // namespace
}  // namespace icelab
