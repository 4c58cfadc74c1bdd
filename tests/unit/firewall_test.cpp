#include "netns/fabric/firewall.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Endpoint host = "203.0.113.21:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint;
const Endpoint web = "203.0.113.10:443"_endpoint;
const RouterAddresses own{"192.0.2.1"_address, "2001:db8:ffff::1"_address};
const Instant start{};

class FirewallTest : public testing::Test {
 protected:
  FirewallTest() { stand({}); }
  void stand(const FirewallBehavior& behavior) { firewall_.emplace(behavior, own); }

  /// "" if the packet passes, else the rule that dropped it.
  std::string pass(Packet packet, Direction direction, Instant now = start) {
    Verdict verdict = firewall_->pass(packet, direction, now);
    if (!std::holds_alternative<Drop>(verdict)) return "";
    auto& drop = std::get<Drop>(verdict);
    EXPECT_EQ(drop.reason, DropReason::blocked);
    answer_ = std::move(drop.answer);
    return drop.detail;
  }
  std::string out(const Packet& packet, Instant now = start) {
    return pass(packet, Direction::outbound, now);
  }
  std::string in(const Packet& packet, Instant now = start) {
    return pass(packet, Direction::inbound, now);
  }
  std::optional<Packet> answer_;

 private:
  std::optional<Firewall> firewall_;
};

Packet syn(const Endpoint& from, const Endpoint& to) {
  return tcp_packet(from, to, {.syn = true});
}
Packet syn_ack(const Endpoint& from, const Endpoint& to) {
  return tcp_packet(from, to, {.syn = true, .ack = true});
}

TEST_F(FirewallTest, LetsUdpOutAndItsAnswerIn) {
  EXPECT_EQ(out(udp_packet(host, server)), "");
  EXPECT_EQ(in(udp_packet(server, host)), "");
}

TEST_F(FirewallTest, LetsNoUdpInThatNobodyAskedFor) {
  EXPECT_EQ(in(udp_packet(server, host)),
            "udp from 203.0.113.10:3478 to 203.0.113.21:5000 was not asked for from inside");
  EXPECT_EQ(out(udp_packet(host, server)), "");
  EXPECT_NE(in(udp_packet(web, host)), "");
}

TEST_F(FirewallTest, LetsAnswersInFromWhomeverItsFilteringTakes) {
  stand({.filtering = Dependence::address_dependent});
  EXPECT_EQ(out(udp_packet(host, server)), "");
  EXPECT_EQ(in(udp_packet(web, host)), "");
  EXPECT_NE(in(udp_packet("203.0.113.11:3478"_endpoint, host)), "");
  stand({.filtering = Dependence::endpoint_independent});
  EXPECT_EQ(out(udp_packet(host, server)), "");
  EXPECT_EQ(in(udp_packet("203.0.113.11:3478"_endpoint, host)), "");
}

TEST_F(FirewallTest, LetsNothingOutToAPortThatIsNotAllowedButTheAnswerToWhatCameIn) {
  const Endpoint other{server.address, 9}, stranger = "198.51.100.7:9"_endpoint;
  for (const auto filtering : {Dependence::address_dependent, Dependence::endpoint_independent}) {
    stand({.udp = {.all = false, .some = {server.port}}, .filtering = filtering});
    EXPECT_EQ(out(udp_packet(host, server)), "");
    EXPECT_THAT(out(udp_packet(host, other)), HasSubstr("only 3478 is allowed out"));
    EXPECT_THAT(out(udp_packet(host, stranger)), HasSubstr("only 3478 is allowed out"));
    EXPECT_EQ(in(udp_packet(other, host)), "");
    EXPECT_EQ(out(udp_packet(host, other)), "");
    EXPECT_THAT(out(udp_packet(host, stranger)), HasSubstr("only 3478 is allowed out"));
  }
}

TEST_F(FirewallTest, ForgetsAUdpConversationWhenItHasBeenSilentForItsLifetime) {
  stand({.udp_lifetime = minutes(2)});
  EXPECT_EQ(out(udp_packet(host, server)), "");
  EXPECT_EQ(in(udp_packet(server, host), start + minutes(2) - seconds(1)), "");
  EXPECT_EQ(in(udp_packet(server, host), start + minutes(3)), "");
  EXPECT_NE(in(udp_packet(server, host), start + minutes(5)), "");
}

TEST_F(FirewallTest, BlocksUdpWhereItIsToldTo) {
  stand({.udp = {.all = false}});
  EXPECT_EQ(
      out(udp_packet(host, server)),
      "udp from 203.0.113.21:5000 to 203.0.113.10:3478: of the udp ports none is allowed out");
  EXPECT_EQ(out(syn(host, server)), "");
}

TEST_F(FirewallTest, AllowsOnlyTheTcpPortsItIsToldTo) {
  stand({.tcp = {.all = false, .some = {80, 443}}});
  EXPECT_EQ(out(syn(host, web)), "");
  EXPECT_EQ(out(syn(host, server)),
            "tcp from 203.0.113.21:5000 to 203.0.113.10:3478: of the tcp ports only 80, 443 is "
            "allowed out");
}

TEST_F(FirewallTest, CarriesATcpConnectionThatBeganInside) {
  EXPECT_EQ(out(syn(host, web)), "");
  EXPECT_EQ(in(syn_ack(web, host)), "");
  EXPECT_EQ(out(tcp_packet(host, web, {.ack = true}, "GET")), "");
  EXPECT_EQ(in(tcp_packet(web, host, {.ack = true}, "200"), start + minutes(60)), "");
}

TEST_F(FirewallTest, LetsNoTcpConnectionBeginOutsideUnlessToldTo) {
  EXPECT_NE(in(syn(web, host)), "");
  stand({.incoming_tcp = Unsolicited::allowed});
  EXPECT_EQ(in(syn(web, host)), "");
  EXPECT_EQ(out(syn_ack(host, web)), "");
}

TEST_F(FirewallTest, TakesASegmentOfNoConnectionForNothing) {
  EXPECT_THAT(out(tcp_packet(host, web, {.ack = true})),
              HasSubstr("belongs to no connection that was let through"));
  EXPECT_THAT(in(syn_ack(web, host)), HasSubstr("belongs to no connection"));
}

TEST_F(FirewallTest, LetsNobodyReopenAConnectionThatIsClosed) {
  EXPECT_EQ(out(syn(host, web)), "");
  EXPECT_EQ(in(syn_ack(web, host)), "");
  EXPECT_EQ(in(tcp_packet(web, host, {.rst = true})), "");
  EXPECT_NE(in(syn(web, host)), "");
  EXPECT_EQ(out(syn(host, web)), "");
}

TEST_F(FirewallTest, LetsAPingOutAndItsReplyInButNoPingIn) {
  const auto ping = [](const IpAddress& from, const IpAddress& to, Echo type) {
    return echo_packet(type, from, to, 77);
  };
  EXPECT_EQ(out(ping(host.address, server.address, Echo::request)), "");
  EXPECT_EQ(in(ping(server.address, host.address, Echo::reply)), "");
  EXPECT_NE(in(ping(web.address, host.address, Echo::request)), "");
  stand({.icmp = false});
  EXPECT_THAT(out(ping(host.address, server.address, Echo::request)),
              HasSubstr("ICMP is not allowed out"));
}

TEST_F(FirewallTest, LetsAnIcmpErrorInThatIsAboutWhatWentOut) {
  const Packet sent = udp_packet(host, server, "hello");
  const auto error = [&](const Packet& about) {
    return icmp_packet(icmp_unreachable, server.address, host.address, about.bytes());
  };
  EXPECT_NE(in(error(sent)), "");
  EXPECT_EQ(out(sent), "");
  EXPECT_EQ(in(error(sent)), "");
  EXPECT_NE(in(error(udp_packet(host, web, "hello"))), "");
}

TEST_F(FirewallTest, RefusesWithoutAWordOrAloud) {
  stand({.udp = {.all = false}, .tcp = {.all = false}});
  EXPECT_NE(out(udp_packet(host, server)), "");
  EXPECT_FALSE(answer_);
  stand({.udp = {.all = false}, .tcp = {.all = false}, .refusal = Refusal::rejected});
  EXPECT_NE(out(udp_packet(host, server)), "");
  ASSERT_TRUE(answer_);
  EXPECT_TRUE(answer_->is_icmp_error());
  EXPECT_EQ(answer_->source().address, own.ipv4);
  EXPECT_EQ(answer_->destination().address, host.address);
  EXPECT_NE(out(syn(host, web)), "");
  ASSERT_TRUE(answer_);
  EXPECT_TRUE(answer_->tcp().rst);
  EXPECT_EQ(answer_->source(), web);
}

TEST_F(FirewallTest, RemembersNoMoreThanItHasRoomForAndMakesRoomByForgetting) {
  const auto sender = [&](std::size_t number) {
    return Endpoint{IpAddress::v4(0x0a000000U + static_cast<std::uint32_t>(number)), 5000};
  };
  for (std::size_t i = 0; i < Firewall::max_conversations; ++i)
    ASSERT_EQ(out(udp_packet(sender(i), server)), "");
  EXPECT_THAT(out(udp_packet(host, server)), HasSubstr("conversations are in use"));
  EXPECT_EQ(out(udp_packet(host, server), start + minutes(6)), "");
}

// RFC 8952 section 1.

const FirewallBehavior portal{
    .udp = {.all = false}, .tcp = {.all = false}, .icmp = false, .captive_portal = true};
const Endpoint page = "203.0.113.10:80"_endpoint;

std::string text_of(const Packet& packet) {
  return {packet.payload().begin(), packet.payload().end()};
}

TEST_F(FirewallTest, OfACaptivePortalTakesAWebServersPlace) {
  stand(portal);
  EXPECT_EQ(out(syn(host, page)),
            "a captive portal answers in place of 203.0.113.10:80 until someone signs in");
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->source(), page);
  EXPECT_EQ(answer_->destination(), host);
  EXPECT_TRUE(answer_->tcp().syn && answer_->tcp().ack);
  EXPECT_EQ(answer_->tcp().acknowledgment, syn(host, page).tcp().sequence + 1);
  EXPECT_TRUE(answer_->is_intact());

  const Packet asked = tcp_packet(host, page, {.ack = true}, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(out(asked), "");
  ASSERT_TRUE(answer_);
  EXPECT_THAT(text_of(*answer_), HasSubstr("302 Found\r\nLocation: http://portal.example/"));
  EXPECT_EQ(answer_->tcp().sequence, asked.tcp().acknowledgment);
  EXPECT_EQ(answer_->tcp().acknowledgment, asked.tcp().sequence + asked.payload().size());
  EXPECT_TRUE(answer_->tcp().fin);
}

TEST_F(FirewallTest, OfACaptivePortalTellsWhatIsNoHttpSo) {
  stand(portal);
  EXPECT_NE(out(tcp_packet(host, page, {.ack = true}, std::string("\0\3\0\0", 4))), "");
  EXPECT_THAT(text_of(*answer_), HasSubstr("400 Bad Request"));
}

TEST_F(FirewallTest, OfACaptivePortalAnswersNoMereAcknowledgmentOrReset) {
  stand(portal);
  EXPECT_NE(out(tcp_packet(host, page, {.ack = true})), "");
  EXPECT_FALSE(answer_);
  EXPECT_NE(out(tcp_packet(host, page, {.rst = true})), "");
  EXPECT_FALSE(answer_);
}

TEST_F(FirewallTest, OfACaptivePortalAnswersForThePortOfHttpOnly) {
  stand(portal);
  EXPECT_NE(out(syn(host, web)), "");
  EXPECT_FALSE(answer_);
  EXPECT_NE(out(udp_packet(host, page)), "");
  EXPECT_FALSE(answer_);
}

// IPv6.

const Endpoint host6 = "[2001:db8:0:1::2]:5000"_endpoint;
const FirewallBehavior ipv6_firewall{.families = Families::ipv6,
                                     .incoming_echo = Unsolicited::allowed};
const Endpoint server6 = "[2001:db8::10]:3478"_endpoint;

TEST_F(FirewallTest, OfIpv6LetsOnlyAnswersInAndLeavesIpv4Alone) {
  stand(ipv6_firewall);
  EXPECT_NE(in(udp_packet(server6, host6)), "");
  EXPECT_NE(in(syn(server6, host6)), "");
  EXPECT_EQ(out(udp_packet(host6, server6)), "");
  EXPECT_EQ(in(udp_packet(server6, host6)), "");
  EXPECT_EQ(out(syn(host6, server6)), "");
  EXPECT_EQ(in(syn_ack(server6, host6)), "");
  EXPECT_EQ(in(udp_packet(server, host)), "");
  EXPECT_EQ(in(syn(server, host)), "");
}

// RFC 4890 section 4.3.1.
TEST_F(FirewallTest, LetsTheErrorsOfIpv6InThatAreAboutWhatWasSent) {
  for (const std::uint8_t type : {icmpv6_unreachable, icmpv6_too_big, icmpv6_time_exceeded}) {
    stand(ipv6_firewall);
    const Packet error = icmp_packet(type, "2001:db8:9::1"_address, host6.address,
                                     udp_packet(host6, server6).bytes());
    EXPECT_THAT(in(error), HasSubstr("is about nothing that was let through"));
    EXPECT_EQ(out(udp_packet(host6, server6)), "");
    EXPECT_EQ(in(error), "");
  }
}

TEST_F(FirewallTest, LetsEchoRequestsInWhereTheyAreAllowedAndOnlyTheirRepliesOut) {
  const Packet asked = echo_packet(Echo::request, server6.address, host6.address, 77);
  const Packet reply = echo_packet(Echo::reply, host6.address, server6.address, 77);
  stand(ipv6_firewall);
  EXPECT_NE(out(reply), "");
  EXPECT_EQ(in(asked), "");
  EXPECT_EQ(out(reply), "");
  stand({});
  EXPECT_NE(in(asked), "");
}

TEST_F(FirewallTest, RefusesIpv6InTheNameOfItsIpv6Address) {
  stand({.udp = {.all = false}, .refusal = Refusal::rejected});
  EXPECT_NE(out(udp_packet(host6, server6)), "");
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->source().address, own.ipv6);
  EXPECT_EQ(answer_->icmp_type(), icmpv6_unreachable);
  EXPECT_EQ(answer_->quoted()->source, host6);
}

}  // namespace
}  // namespace icelab
