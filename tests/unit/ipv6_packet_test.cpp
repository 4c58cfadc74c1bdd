#include "src/net/packet.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icelab {
namespace {

// What Packet reads of IPv6 (RFC 8200) and ICMPv6 (RFC 4443). That its checksums follow is among
// the properties of packet_test.cpp.

const Endpoint host = "[2001:db8:0:1::2]:5000"_endpoint;
const Endpoint server = "[2001:db8::10]:3478"_endpoint;
const Endpoint elsewhere = "[fd00:0:0:1::7]:61234"_endpoint;

constexpr std::uint8_t hop_by_hop = 0, udp = 17, routing = 43, no_next = 59, destination = 60;

std::string text_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

Bytes bytes_of(const Packet& packet) {
  return {packet.bytes().begin(), packet.bytes().end()};
}

TEST(Ipv6Packet, TellsWhoSendsWhatToWhom) {
  const Packet packet = udp_packet(host, server, "hello");
  EXPECT_TRUE(packet.is_ipv6());
  EXPECT_EQ(packet.protocol(), Protocol::udp);
  EXPECT_EQ(packet.source(), host);
  EXPECT_EQ(packet.destination(), server);
  EXPECT_EQ(packet.header_length(), 40U);
  EXPECT_EQ(text_of(packet.payload()), "hello");
  EXPECT_FALSE(packet.is_fragment());

  const Packet segment = tcp_packet(host, server, {.syn = true, .ack = true}, "data");
  EXPECT_EQ(segment.protocol(), Protocol::tcp);
  EXPECT_EQ(segment.destination(), server);
  EXPECT_TRUE(segment.tcp().syn && segment.tcp().ack);
  EXPECT_EQ(text_of(segment.payload()), "data");
}

TEST(Ipv6Packet, IsMadeAsAnIndependentBuilderMakesIt) {
  const Bytes payload{'o', 'd', 'd'};
  const Packet made = Packet::udp(host, server, payload);
  EXPECT_EQ(bytes_of(made), bytes_of(udp_packet(host, server, "odd")));
}

TEST(Ipv6Packet, TakesAnEchosIdentifierForBothItsPorts) {
  const Packet ping = echo_packet(Echo::request, host.address, server.address, 77, "ping");
  EXPECT_EQ(ping.protocol(), Protocol::icmp);
  EXPECT_EQ(ping.icmp_type(), 128);
  EXPECT_TRUE(ping.is_echo_request());
  EXPECT_EQ(ping.source(), (Endpoint{host.address, 77}));
  EXPECT_EQ(ping.destination(), (Endpoint{server.address, 77}));
  EXPECT_FALSE(ping.is_icmp_error());
  EXPECT_FALSE(echo_packet(Echo::reply, host.address, server.address, 77).is_echo_request());
}

TEST(Ipv6Packet, DoesNotTakeTheOtherFamilysIcmpForItsOwn) {
  const Bytes message{128, 0, 0, 0, 0, 7, 0, 0};
  constexpr std::uint8_t icmp = 1, icmpv6 = 58;
  EXPECT_EQ(Packet::parse(ipv6_bytes(icmp, host.address, server.address, message))->protocol(),
            Protocol::other);
  const auto v4 =
      Packet::parse(ip_bytes(icmpv6, "10.0.2.2"_address, "203.0.113.10"_address, message));
  EXPECT_EQ(v4->protocol(), Protocol::other);
}

TEST(Ipv6Packet, IsReadThroughItsExtensionHeaders) {
  const Packet plain = udp_packet(host, server, "hello");
  const Bytes options{0, 1, 4, 0, 0, 0, 0};  // padding
  const Bytes longer{1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Bytes arrived{0, 0, 0, 0, 0, 0, 0};  // a routing header without segments left
  Packet packet = with_extension(plain, destination, longer);
  packet = with_extension(packet, routing, arrived);
  packet = with_extension(packet, hop_by_hop, options);
  EXPECT_EQ(packet.header_length(), 40U + 8 + 8 + 16);
  EXPECT_EQ(packet.source(), host);
  EXPECT_EQ(packet.destination(), server);
  EXPECT_EQ(text_of(packet.payload()), "hello");
  packet.set_source(elsewhere);
  EXPECT_EQ(packet.source(), elsewhere);
  EXPECT_EQ(checksum_faults(packet.bytes()), "");
  EXPECT_TRUE(packet.is_intact());
}

TEST(Ipv6Packet, HasNoPortsWhereItsHeadersLeadElsewhere) {
  const Packet plain = udp_packet(host, server, "hello");
  const Bytes segments_left{0, 0, 1, 0, 0, 0, 0};
  const Bytes options{0, 1, 4, 0, 0, 0, 0};
  const Packet routed = with_extension(plain, routing, segments_left);
  EXPECT_EQ(routed.protocol(), Protocol::other);
  EXPECT_FALSE(routed.has_ports());
  EXPECT_EQ(routed.source(), (Endpoint{host.address, 0}));
  // Options for routers stand in the first place or nowhere.
  const Packet misplaced =
      with_extension(with_extension(plain, hop_by_hop, options), destination, options);
  EXPECT_EQ(misplaced.protocol(), Protocol::other);
  EXPECT_EQ(Packet::parse(ipv6_bytes(no_next, host.address, server.address, {}))->protocol(),
            Protocol::other);
}

TEST(Ipv6Packet, IsAFragmentUnlessItIsAllOfItsPacket) {
  const Packet whole = udp_packet(host, server, "a payload of some length");
  const auto parts = ipv6_fragments(whole, 16);
  EXPECT_TRUE(parts[0].is_fragment());
  EXPECT_TRUE(parts[0].has_ports());
  EXPECT_EQ(parts[0].source(), host);
  EXPECT_EQ(parts[0].payload().size(), 8U);
  EXPECT_TRUE(parts[1].is_fragment());
  EXPECT_FALSE(parts[1].has_ports());
  EXPECT_EQ(parts[1].source(), (Endpoint{host.address, 0}));
  EXPECT_EQ(parts[1].payload().size(), 8 + whole.payload().size() - 16);

  const Packet atomic = with_extension(whole, 44, {0, 0, 0, 1, 2, 3, 4});
  EXPECT_FALSE(atomic.is_fragment());
  EXPECT_EQ(atomic.source(), host);
  EXPECT_TRUE(atomic.is_intact());
}

TEST(Ipv6Packet, WithoutAUdpChecksumIsNotIntactAndStaysSo) {
  Bytes bytes = bytes_of(udp_packet(host, server, "x"));
  bytes[46] = bytes[47] = 0;
  auto packet = Packet::parse(bytes);
  EXPECT_FALSE(packet->is_intact());
  packet->set_source(elsewhere);
  EXPECT_EQ(packet->bytes()[46], 0);
  EXPECT_EQ(packet->bytes()[47], 0);
}

TEST(Ipv6Packet, LosesOneFromItsHopLimitUntilNoneIsLeft) {
  Packet packet = udp_packet(host, server);
  int hops = 0;
  while (packet.decrement_ttl()) ++hops;
  EXPECT_EQ(hops, 63);
  EXPECT_EQ(checksum_faults(packet.bytes()), "");
}

struct Malformation {
  std::string what;
  Bytes (*make)();
};

class MalformedIpv6Packet : public testing::TestWithParam<Malformation> {};

TEST_P(MalformedIpv6Packet, IsNoPacket) {
  EXPECT_FALSE(Packet::parse(GetParam().make()));
}

Bytes good() {
  return bytes_of(udp_packet(host, server, "hello"));
}

INSTANTIATE_TEST_SUITE_P(
    Because, MalformedIpv6Packet,
    testing::Values(
        Malformation{"ShorterThanItsHeader",
                     [] {
                       auto bytes = good();
                       bytes.resize(39);
                       return bytes;
                     }},
        Malformation{"LongerThanItSays",
                     [] {
                       auto bytes = good();
                       bytes.push_back(0);
                       return bytes;
                     }},
        Malformation{"ShorterThanItSays",
                     [] {
                       auto bytes = good();
                       bytes.pop_back();
                       return bytes;
                     }},
        Malformation{"EndingWithinAnExtensionHeader",
                     [] {
                       const Bytes options{udp, 3, 0, 0, 0, 0, 0, 0};
                       return ipv6_bytes(destination, host.address, server.address, options);
                     }},
        Malformation{"EndingBeforeAnExtensionHeader",
                     [] { return ipv6_bytes(destination, host.address, server.address, {}); }},
        Malformation{"WithHalfAUdpHeader",
                     [] { return ipv6_bytes(udp, host.address, server.address, Bytes(7, 0)); }},
        Malformation{"WithAUdpLengthBeyondItsEnd",
                     [] {
                       auto bytes = good();
                       bytes[45] = 14;
                       return bytes;
                     }},
        Malformation{"FromAnIpv4MappedAddress",
                     [] { return ipv6_bytes(no_next, "10.0.2.2"_address, server.address, {}); }},
        Malformation{"ToAnIpv4MappedAddress",
                     [] { return ipv6_bytes(no_next, host.address, "203.0.113.10"_address, {}); }}),
    [](const auto& tested) { return tested.param.what; });

TEST(Icmpv6Error, TellsWhoSentTheQuotedPacketAndToWhom) {
  const Packet original = udp_packet(host, server, "payload");
  for (const std::uint8_t type : {icmpv6_unreachable, icmpv6_too_big, icmpv6_time_exceeded}) {
    const Packet error = icmp_packet(type, server.address, host.address, original.bytes(), 48);
    EXPECT_TRUE(error.is_icmp_error());
    const auto quoted = error.quoted();
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->protocol, Protocol::udp);
    EXPECT_EQ(quoted->source, host);
    EXPECT_EQ(quoted->destination, server);
  }
}

TEST(Icmpv6Error, QuotesAPacketWithExtensionHeaders) {
  const Packet original =
      with_extension(udp_packet(host, server), destination, {0, 1, 4, 0, 0, 0, 0});
  Packet error =
      icmp_packet(icmpv6_too_big, server.address, host.address, original.bytes(), 40 + 8 + 8);
  ASSERT_TRUE(error.quoted());
  EXPECT_EQ(error.quoted()->source, host);
  error.set_quoted_source(elsewhere);
  EXPECT_EQ(error.quoted()->source, elsewhere);
  EXPECT_EQ(checksum_faults(error.bytes()), "");
}

TEST(Icmpv6Error, ThatQuotesTooLittleOrALaterFragmentQuotesNothing) {
  const Packet original = udp_packet(host, server, "a payload of some length");
  const auto quotes = [](const Packet& packet, std::size_t length) {
    return icmp_packet(icmpv6_unreachable, server.address, host.address, packet.bytes(), length)
        .quoted()
        .has_value();
  };
  for (const std::size_t length : {std::size_t{0}, std::size_t{39}, std::size_t{47}})
    EXPECT_FALSE(quotes(original, length)) << length;
  const auto parts = ipv6_fragments(original, 16);
  EXPECT_TRUE(quotes(parts[0], 1000));
  EXPECT_FALSE(quotes(parts[1], 1000));
  EXPECT_FALSE(quotes(udp_packet("10.0.2.2:1"_endpoint, "203.0.113.10:2"_endpoint, "x"), 1000));
}

}  // namespace
}  // namespace icelab
