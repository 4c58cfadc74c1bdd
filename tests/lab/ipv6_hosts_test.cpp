// Hosts of either family with real sockets, on both sides of the boxes that stand between IPv6 and
// the rest.

#include "harness/certify/raw_socket.h"
#include "netns/fabric/clat.h"
#include "netns/fabric/firewall.h"
#include "netns/fabric/link.h"
#include "netns/fabric/nat64.h"
#include "netns/fabric/nat_box.h"
#include "netns/fabric/nptv6.h"
#include "netns/linux/host.h"
#include "netns/linux/pump.h"
#include "src/net/transport_header.h"
#include "tests/lab/contained.h"
#include "tests/support/packets.h"
#include "tests/support/profiles.h"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <map>
#include <utility>

namespace icelab {
namespace {

const IpAddress server4 = "203.0.113.10"_address;
const IpAddress server6 = "2001:db8::10"_address;
const IpAddress external4 = "203.0.113.21"_address;
const RouterAddresses router{"198.51.100.1"_address, "2001:db8:ffff::1"_address};

class Ipv6HostsTest : public ContainedTest {
 protected:
  /// alice behind boxes, from the internet inwards, and a server with both families.
  template <typename... Boxes>
  void stand(const std::vector<InterfaceAddress>& alice, std::unique_ptr<Boxes>... boxes) {
    Fabric fabric(1 << 20);
    NetworkId inner = Fabric::internet();
    ((inner = fabric.add_network(inner, "alice.box", std::move(boxes))), ...);
    add(fabric, inner, "alice", alice);
    add(fabric, Fabric::internet(), "server", {{server4, 24}, {server6, 64}});
    pump_ = std::make_unique<Pump>(std::move(fabric), wires_);
  }
  [[nodiscard]] const Host& alice() const { return hosts_.at("alice"); }
  [[nodiscard]] const Host& server() const { return hosts_.at("server"); }

  /// A datagram from alice and its answer, and a connection; who alice seems to be.
  IpAddress speak(const IpAddress& own, const IpAddress& called, const IpAddress& listening) {
    const UdpProbe asks(alice().network(), {own, 5000});
    const UdpProbe answers(server().network(), {listening, 3478});
    asks.send({called, 3478}, "hello");
    const ReceivedDatagram heard = answers.await("a datagram");
    EXPECT_EQ(heard.data, "hello");
    answers.send(heard.from, "hi");
    const ReceivedDatagram answer = asks.await("the answer");
    EXPECT_EQ(answer.data, "hi");
    EXPECT_EQ(answer.from, (Endpoint{called, 3478}));

    const auto [connection, accepted] = connect({own, 5001}, {called, 80}, {listening, 80});
    connection.send("question");
    accepted.await("a question");
    EXPECT_EQ(accepted.received(), "question");
    accepted.send("answer");
    connection.await("the answer");
    EXPECT_EQ(connection.received(), "answer");
    EXPECT_EQ(accepted.remote().address, heard.from.address);
    return heard.from.address;
  }

  /// alice's side of a connection, and the server's.
  std::pair<TcpProbe, TcpProbe> connect(const Endpoint& own, const Endpoint& called,
                                        const Endpoint& listening) {
    const auto listener = TcpProbe::listen(server().network(), listening);
    auto connection = TcpProbe::connect(alice().network(), own, called);
    listener.await("a connection");
    return {std::move(connection), listener.accept()};
  }

 private:
  void add(Fabric& fabric, NetworkId network, const std::string& name,
           const std::vector<InterfaceAddress>& addresses) {
    std::vector<IpAddress> known;
    known.reserve(addresses.size());
    for (const auto& each : addresses) known.push_back(each.address);
    const auto& host =
        hosts_.emplace(name, Host::create({.interfaces = {{.addresses = addresses}}}))
            .first->second;
    wires_.push_back({.host = fabric.add_host(network, name + ".eth0", known), .tun = host.tun()});
  }

  std::map<std::string, Host> hosts_;
  std::vector<Wire> wires_;
  std::unique_ptr<Pump> pump_;  // last: it ends before the descriptors that it reads close
};

const InterfaceAddress native{"2001:db8:0:1::2"_address, 64};
const InterfaceAddress unique_local{"fd00:0:0:1::2"_address, 64};
const InterfaceAddress private4{"10.0.1.2"_address, 24};

TEST_F(Ipv6HostsTest, SpeakBothFamiliesBehindANatAndAnIpv6Firewall) {
  stand({private4, native}, std::make_unique<NatBox>(NatBehavior{}, std::vector{external4}, 1),
        std::make_unique<Firewall>(behavior_of<FirewallBehavior>("ipv6-firewall"), router));
  EXPECT_EQ(speak(private4.address, server4, server4), external4);
  EXPECT_EQ(speak(native.address, server6, server6), native.address);
}

TEST_F(Ipv6HostsTest, SpeakThroughANat66) {
  const IpAddress external6 = "2001:db8:0:1::1"_address;
  stand({unique_local}, std::make_unique<NatBox>(NatBehavior{}, std::vector{external6}, 1));
  EXPECT_EQ(speak(unique_local.address, server6, server6), external6);
}

TEST_F(Ipv6HostsTest, SpeakThroughPrefixTranslation) {
  const IpPrefix internal = *IpPrefix::parse("fd00:0:0:1::/64");
  const IpPrefix external = *IpPrefix::parse("2001:db8:0:1::/64");
  stand({unique_local}, std::make_unique<Nptv6>(internal, external));
  EXPECT_EQ(speak(unique_local.address, server6, server6),
            *Nptv6(internal, external).to_external(unique_local.address));
}

TEST_F(Ipv6HostsTest, OfIpv6AloneReachIpv4ThroughANat64) {
  stand({native},
        std::make_unique<Nat64>(NatBehavior{}, std::vector{external4}, well_known_prefix(), 1));
  EXPECT_EQ(speak(native.address, embed(well_known_prefix(), server4), server4), external4);
  EXPECT_EQ(speak(native.address, server6, server6), native.address);
}

TEST_F(Ipv6HostsTest, OfIpv4ReachIpv4ThroughANetworkOfIpv6Alone) {
  const InterfaceAddress host4{"192.0.0.1"_address, 29};
  stand({host4, native},
        std::make_unique<Nat64>(NatBehavior{}, std::vector{external4}, well_known_prefix(), 1),
        std::make_unique<Clat>(*IpPrefix::parse("2001:db8:0:1:464::/96"), well_known_prefix()));
  const RawProbe pings(alice().network(), host4.address, Protocol::icmp);
  pings.send(echo(EchoKind::request, 1, host4.address, server4));
  EXPECT_EQ(pings.await("an echo reply").source().address, server4);
  EXPECT_EQ(speak(host4.address, server4, server4), external4);
  EXPECT_EQ(speak(native.address, server6, server6), native.address);
}

TEST_F(Ipv6HostsTest, LearnWhatFitsThroughALinkOfASmallMtu) {
  const LinkBehavior narrow{.mtu = 1280};
  stand({native}, std::make_unique<Link>(narrow, narrow, router, 1));
  const auto [connection, accepted] = connect({native.address, 5001}, {server6, 80}, {server6, 80});
  const std::string long_text(20000, 'x');
  connection.send(long_text);
  std::string received;
  while (received.size() < long_text.size()) {
    accepted.await("more of it");
    received += accepted.received();
  }
  EXPECT_EQ(received, long_text);
}

}  // namespace
}  // namespace icelab
