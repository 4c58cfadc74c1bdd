#include "src/net/answers.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

const Endpoint host = "10.0.1.2:5000"_endpoint;
const Endpoint server = "203.0.113.10:443"_endpoint;
const IpAddress router = "10.0.1.1"_address;

TEST(Unreachable, GoesToTheSenderAndQuotesWhatItSent) {
  const Packet refused = udp_packet(host, server, "hello");
  const Packet error = unreachable(refused, router, Unreachable::administratively_prohibited);
  EXPECT_EQ(checksum_faults(error.bytes()), "");
  EXPECT_EQ(error.source().address, router);
  EXPECT_EQ(error.destination().address, host.address);
  ASSERT_TRUE(error.is_icmp_error());
  EXPECT_EQ(error.bytes()[20], 3);
  EXPECT_EQ(error.bytes()[21], 13);
  ASSERT_TRUE(error.quoted());
  EXPECT_EQ(error.quoted()->source, host);
  EXPECT_EQ(error.quoted()->destination, server);
}

TEST(Unreachable, TellsTheMtuOfTheNextHopWhereRfc1191HasIt) {
  const Packet refused = udp_packet(host, server, "hello");
  const Packet error = unreachable(refused, router, Unreachable::fragmentation_needed, 1280);
  EXPECT_EQ(checksum_faults(error.bytes()), "");
  EXPECT_EQ(error.bytes()[21], 4);
  EXPECT_EQ(error.bytes()[26] << 8 | error.bytes()[27], 1280);
}

TEST(Unreachable, IsNoLongerThanEveryoneMustAccept) {
  const Packet refused = udp_packet(host, server, std::string(1400, 'x'));
  EXPECT_EQ(unreachable(refused, router, Unreachable::port).bytes().size(), 576U);
}

// The same over IPv6.
const Endpoint host6 = "[2001:db8:0:1::2]:5000"_endpoint;
const Endpoint server6 = "[2001:db8::10]:443"_endpoint;
const IpAddress router6 = "2001:db8:0:1::1"_address;

TEST(Unreachable, HasTheTypesAndCodesOfRfc4443OverIpv6) {
  const Packet refused = udp_packet(host6, server6, "hello");
  using Why = Unreachable;
  const std::vector<std::pair<Why, std::pair<int, int>>> messages{
      {Why::administratively_prohibited, {1, 1}},
      {Why::host, {1, 3}},
      {Why::port, {1, 4}},
      {Why::fragmentation_needed, {2, 0}}};
  for (const auto& [why, message] : messages) {
    const Packet error = unreachable(refused, router6, why, 1280);
    EXPECT_EQ(checksum_faults(error.bytes()), "");
    EXPECT_EQ(error.bytes()[40], message.first);
    EXPECT_EQ(error.bytes()[41], message.second);
    EXPECT_EQ(error.bytes()[46] << 8 | error.bytes()[47], 1280);
    EXPECT_EQ(error.source().address, router6);
    EXPECT_EQ(error.destination().address, host6.address);
    ASSERT_TRUE(error.quoted());
    EXPECT_EQ(error.quoted()->source, host6);
  }
}

TEST(Unreachable, FitsIntoIpv6sSmallestMtu) {
  const Packet refused = udp_packet(host6, server6, std::string(1400, 'x'));
  const Packet error = unreachable(refused, router6, Unreachable::port);
  EXPECT_EQ(error.bytes().size(), 1280U);
  EXPECT_TRUE(error.is_intact());
}

TEST(TcpReset, SpeaksTheFamilyOfWhatItRefuses) {
  const Packet reset = tcp_reset(tcp_packet(host6, server6, {.syn = true}));
  EXPECT_EQ(checksum_faults(reset.bytes()), "");
  EXPECT_EQ(reset.source(), server6);
  EXPECT_EQ(reset.destination(), host6);
  EXPECT_TRUE(reset.tcp().rst && reset.tcp().ack);
}

TEST(TcpReset, OfASynAcknowledgesIt) {
  const Packet reset = tcp_reset(tcp_packet(host, server, {.syn = true}));
  EXPECT_EQ(checksum_faults(reset.bytes()), "");
  EXPECT_EQ(reset.source(), server);
  EXPECT_EQ(reset.destination(), host);
  EXPECT_TRUE(reset.tcp().rst && reset.tcp().ack);
  EXPECT_EQ(reset.tcp().acknowledgment, 0x01020304U + 1);
}

TEST(TcpReset, OfASegmentThatAcknowledgesStandsWhereItPoints) {
  const Packet reset = tcp_reset(tcp_packet(host, server, {.ack = true}, "data"));
  EXPECT_EQ(checksum_faults(reset.bytes()), "");
  EXPECT_TRUE(reset.tcp().rst);
  EXPECT_FALSE(reset.tcp().ack);
  EXPECT_EQ(reset.tcp().sequence, 0x05060708U);
}

}  // namespace
}  // namespace icelab
