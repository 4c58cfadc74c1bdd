#include "src/net/packet.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

const Endpoint host = "10.0.2.2:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint;
const Endpoint elsewhere = "198.51.100.7:61234"_endpoint;

std::string text_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

Bytes bytes_of(const Packet& packet) {
  return {packet.bytes().begin(), packet.bytes().end()};
}

TEST(Packet, ReadsAUdpPacket) {
  const Packet packet = udp_packet(host, server, "hello");
  EXPECT_EQ(packet.protocol(), Protocol::udp);
  EXPECT_TRUE(packet.has_ports());
  EXPECT_EQ(packet.source(), host);
  EXPECT_EQ(packet.destination(), server);
  EXPECT_EQ(text_of(packet.payload()), "hello");
  EXPECT_FALSE(packet.is_fragment());
  EXPECT_FALSE(packet.icmp_type());
}

TEST(Packet, MakesTheUdpPacketThatAnIndependentBuilderMakes) {
  const std::string_view payload = "odd";
  const Bytes bytes(payload.begin(), payload.end());
  const Packet made = Packet::udp(host, server, bytes);
  EXPECT_EQ(checksum_faults(made.bytes()), "");
  EXPECT_EQ(made.source(), host);
  EXPECT_EQ(made.destination(), server);
  EXPECT_EQ(text_of(made.payload()), "odd");
}

TEST(Packet, ReadsATcpSegment) {
  const Packet packet = tcp_packet(host, server, {.syn = true, .ack = true}, "data");
  EXPECT_EQ(packet.protocol(), Protocol::tcp);
  EXPECT_EQ(packet.source(), host);
  EXPECT_EQ(packet.destination(), server);
  EXPECT_EQ(text_of(packet.payload()), "data");
  const auto tcp = packet.tcp();
  EXPECT_EQ(tcp.sequence, 0x01020304U);
  EXPECT_EQ(tcp.acknowledgment, 0x05060708U);
  EXPECT_TRUE(tcp.syn && tcp.ack);
  EXPECT_FALSE(tcp.fin || tcp.rst);
}

TEST(Packet, TakesAnEchosIdentifierForBothItsPorts) {
  const Packet packet = echo_packet(Echo::request, host.address, server.address, 77, "ping");
  EXPECT_EQ(packet.protocol(), Protocol::icmp);
  EXPECT_EQ(packet.icmp_type(), 8);
  EXPECT_EQ(packet.source(), (Endpoint{host.address, 77}));
  EXPECT_EQ(packet.destination(), (Endpoint{server.address, 77}));
  EXPECT_EQ(text_of(packet.payload()), "ping");
  EXPECT_FALSE(packet.is_icmp_error());
}

TEST(Packet, HasNoPortsInAFragmentOtherThanTheFirst) {
  const Bytes data{0x13, 0x88, 0x0d, 0x96, 0, 12, 0, 0, 1, 2, 3, 4};
  const auto later = Packet::parse(ip_bytes(17, host.address, server.address, data, 0x0010));
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->is_fragment());
  EXPECT_FALSE(later->has_ports());
  EXPECT_EQ(later->source(), (Endpoint{host.address, 0}));
  EXPECT_EQ(later->payload().size(), data.size());

  const auto first = Packet::parse(ip_bytes(17, host.address, server.address, data, 0x2000));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_fragment());
  EXPECT_EQ(first->source(), host);
}

TEST(Packet, OfAFragmentedIcmpMessageGivesWholePayload) {
  const Bytes data(12, 3);  // would look like an ICMP error, were it the first fragment
  const auto later = Packet::parse(ip_bytes(1, host.address, server.address, data, 0x0010));
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->is_icmp_error());
  EXPECT_FALSE(later->icmp_type());
  EXPECT_EQ(later->payload().size(), data.size());
}

TEST(Packet, LeavesThePaddingOutOfAUdpPayload) {
  const Bytes datagram{0x13, 0x88, 0x0d, 0x96, 0, 10, 0, 0, 'h', 'i', 0, 0, 0};
  const auto padded = Packet::parse(ip_bytes(17, host.address, server.address, datagram));
  ASSERT_TRUE(padded);
  EXPECT_EQ(text_of(padded->payload()), "hi");
}

struct Malformation {
  std::string what;
  void (*spoil)(Bytes& udp_or_tcp);
};

class MalformedPacket : public testing::TestWithParam<Malformation> {};

TEST_P(MalformedPacket, IsNoPacket) {
  Bytes bytes = bytes_of(tcp_packet(host, server, {.syn = true}, "data"));
  ASSERT_TRUE(Packet::parse(bytes));
  GetParam().spoil(bytes);
  EXPECT_FALSE(Packet::parse(bytes));
}

void set_total_length(Bytes& bytes) {
  bytes[2] = static_cast<std::uint8_t>(bytes.size() >> 8);
  bytes[3] = static_cast<std::uint8_t>(bytes.size());
}

INSTANTIATE_TEST_SUITE_P(
    Because, MalformedPacket,
    testing::Values(
        Malformation{"Empty", [](Bytes& bytes) { bytes.clear(); }},
        Malformation{"ShorterThanAnIpHeader", [](Bytes& bytes) { bytes.resize(19); }},
        Malformation{"OfIpVersion6", [](Bytes& bytes) { bytes[0] = 0x65; }},
        Malformation{"WithAnIpHeaderOfFourWords", [](Bytes& bytes) { bytes[0] = 0x44; }},
        Malformation{"WithAnIpHeaderLongerThanItself",
                     [](Bytes& bytes) {
                       bytes.resize(24);
                       bytes[0] = 0x4f;
                       set_total_length(bytes);
                     }},
        Malformation{"LongerThanItSays", [](Bytes& bytes) { bytes.push_back(0); }},
        Malformation{"ShorterThanItSays", [](Bytes& bytes) { bytes.pop_back(); }},
        Malformation{"WithHalfATcpHeader",
                     [](Bytes& bytes) {
                       bytes.resize(39);
                       set_total_length(bytes);
                     }},
        Malformation{"WithATcpOffsetBelowItsMinimum", [](Bytes& bytes) { bytes[32] = 4 << 4; }},
        Malformation{"WithATcpOffsetBeyondItsEnd", [](Bytes& bytes) { bytes[32] = 15 << 4; }},
        Malformation{"WithHalfAUdpHeader",
                     [](Bytes& bytes) {
                       bytes[9] = 17;
                       bytes.resize(27);
                       set_total_length(bytes);
                     }},
        Malformation{"WithAUdpLengthBeyondItsEnd",
                     [](Bytes& bytes) {
                       bytes[9] = 17;
                       bytes[24] = 0;
                       bytes[25] = 25;
                     }},
        Malformation{"WithAUdpLengthBelowItsHeader",
                     [](Bytes& bytes) {
                       bytes[9] = 17;
                       bytes[24] = 0;
                       bytes[25] = 7;
                     }},
        Malformation{"WithHalfAnIcmpHeader",
                     [](Bytes& bytes) {
                       bytes[9] = 1;
                       bytes.resize(27);
                       set_total_length(bytes);
                     }}),
    [](const auto& tested) { return tested.param.what; });

TEST(Packet, OfAnotherProtocolHasAddressesOnly) {
  auto packet = Packet::parse(ip_bytes(47, host.address, server.address, Bytes{}));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol(), Protocol::other);
  EXPECT_EQ(packet->source(), (Endpoint{host.address, 0}));
  packet->set_source(elsewhere);
  EXPECT_EQ(packet->source(), (Endpoint{elsewhere.address, 0}));
  EXPECT_TRUE(packet->payload().empty());
  EXPECT_EQ(checksum_faults(packet->bytes()), "");
}

TEST(Packet, KeepsAUdpChecksumOfZeroWhichMeansNone) {
  Bytes bytes = bytes_of(udp_packet(host, server, "x"));
  bytes[26] = bytes[27] = 0;
  auto packet = Packet::parse(bytes);
  packet->set_source(elsewhere);
  EXPECT_EQ(packet->bytes()[26], 0);
  EXPECT_EQ(packet->bytes()[27], 0);
}

TEST(Packet, NeverComputesAUdpChecksumOfZero) {
  // Among all source ports exactly one makes the sum come out as zero, which is sent as all ones.
  Packet packet = udp_packet(host, server, "x");
  unsigned all_ones = 0;
  for (std::uint32_t port = 0; port < 65536; ++port) {
    packet.set_source({host.address, static_cast<std::uint16_t>(port)});
    ASSERT_FALSE(packet.bytes()[26] == 0 && packet.bytes()[27] == 0) << port;
    ASSERT_EQ(checksum_faults(packet.bytes()), "") << port;
    if (packet.bytes()[26] == 0xff && packet.bytes()[27] == 0xff) ++all_ones;
  }
  EXPECT_GE(all_ones, 1U);
}

TEST(Packet, ThatArrivedCorruptStaysCorrupt) {
  Bytes bytes = bytes_of(udp_packet(host, server, "payload"));
  bytes.back() ^= 1;
  auto packet = Packet::parse(bytes);
  packet->set_source(elsewhere);
  EXPECT_EQ(checksum_faults(packet->bytes()), "UDP; ");
}

TEST(Packet, LosesOneFromItsTimeToLiveUntilNoneIsLeft) {
  Packet packet = udp_packet(host, server);
  int hops = 0;
  while (packet.decrement_ttl()) {
    ++hops;
    ASSERT_EQ(checksum_faults(packet.bytes()), "");
  }
  EXPECT_EQ(hops, 63);
}

// ICMP errors and what they quote.

TEST(IcmpError, TellsWhoSentTheQuotedPacketAndToWhom) {
  const Packet original = udp_packet(host, server, "payload");
  for (const std::size_t length : {std::size_t{28}, std::size_t{29}, original.bytes().size()}) {
    const Packet error =
        icmp_packet(icmp_unreachable, server.address, host.address, original.bytes(), length);
    EXPECT_TRUE(error.is_icmp_error());
    EXPECT_FALSE(error.has_ports());
    const auto quoted = error.quoted();
    ASSERT_TRUE(quoted) << length;
    EXPECT_EQ(quoted->protocol, Protocol::udp);
    EXPECT_EQ(quoted->source, host);
    EXPECT_EQ(quoted->destination, server);
  }
}

TEST(IcmpError, ThatQuotesLessThanThePortsQuotesNothing) {
  const Packet original = udp_packet(host, server);
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{19}, std::size_t{20}, std::size_t{27}}) {
    Packet error =
        icmp_packet(icmp_unreachable, server.address, host.address, original.bytes(), length);
    EXPECT_FALSE(error.quoted()) << length;
    const Bytes before = bytes_of(error);
    error.set_quoted_source(elsewhere);
    EXPECT_EQ(bytes_of(error), before) << length;
  }
}

TEST(IcmpError, DoesNotQuoteALaterFragmentOrAnotherError) {
  const Bytes data(16, 1);
  const Bytes fragment = ip_bytes(17, host.address, server.address, data, 0x0010);
  EXPECT_FALSE(icmp_packet(icmp_unreachable, server.address, host.address, fragment).quoted());
  const Packet inner =
      icmp_packet(icmp_unreachable, host.address, server.address, udp_packet(server, host).bytes());
  EXPECT_FALSE(icmp_packet(icmp_unreachable, server.address, host.address, inner.bytes()).quoted());
  EXPECT_FALSE(udp_packet(host, server).quoted());
}

enum class Kind { udp, tcp, echo };

Packet any_packet(Kind kind, const Endpoint& source, const Endpoint& destination,
                  const std::string& payload) {
  if (kind == Kind::udp) return udp_packet(source, destination, payload);
  if (kind == Kind::tcp) return tcp_packet(source, destination, {.ack = true}, payload);
  return echo_packet(Echo::request, source.address, destination.address, source.port, payload);
}

/// Any of either family, but none that is both.
IpAddress any_address(bool ipv6) {
  if (!ipv6) return IpAddress::v4(*rc::gen::arbitrary<std::uint32_t>());
  auto bytes = *rc::gen::arbitrary<std::array<std::uint8_t, 16>>();
  bytes[0] = 0x20;
  return IpAddress::v6(bytes);
}

Endpoint any_endpoint(bool ipv6) {
  return {any_address(ipv6), *rc::gen::arbitrary<std::uint16_t>()};
}

RC_GTEST_PROP(PacketProperty, RewritingKeepsEveryChecksumAsIfComputedInFull,
              (const std::string& payload, bool ipv6)) {
  const auto kind = *rc::gen::element(Kind::udp, Kind::tcp, Kind::echo);
  Packet packet = any_packet(kind, any_endpoint(ipv6), any_endpoint(ipv6), payload);
  RC_ASSERT(checksum_faults(packet.bytes()) == "");
  const Endpoint source = any_endpoint(ipv6);
  const Endpoint destination = any_endpoint(ipv6);
  packet.set_source(source);
  RC_ASSERT(packet.source() == source);
  RC_ASSERT(checksum_faults(packet.bytes()) == "");
  packet.set_destination(destination);
  RC_ASSERT(packet.destination() == destination);
  RC_ASSERT(packet.source().address == source.address);
  RC_ASSERT(checksum_faults(packet.bytes()) == "");
}

RC_GTEST_PROP(PacketProperty, RewritingAQuoteKeepsEveryChecksumAsIfComputedInFull,
              (const std::string& payload, bool ipv6)) {
  const auto kind = *rc::gen::element(Kind::udp, Kind::tcp, Kind::echo);
  const Packet original = any_packet(kind, any_endpoint(ipv6), any_endpoint(ipv6), payload);
  const std::size_t least = ipv6 ? 48 : 28;
  const auto length = *rc::gen::inRange<std::size_t>(least, original.bytes().size() + 1);
  Packet error = icmp_packet(ipv6 ? icmpv6_time_exceeded : icmp_time_exceeded, any_address(ipv6),
                             any_address(ipv6), original.bytes(), length);
  RC_ASSERT(checksum_faults(error.bytes()) == "");
  const Endpoint source = any_endpoint(ipv6);
  error.set_quoted_source(source);
  RC_ASSERT(error.quoted().value().source == source);
  RC_ASSERT(checksum_faults(error.bytes()) == "");
  const Endpoint destination = any_endpoint(ipv6);
  error.set_quoted_destination(destination);
  RC_ASSERT(error.quoted().value().destination == destination);
  RC_ASSERT(checksum_faults(error.bytes()) == "");
  error.set_source({any_address(ipv6), 0});
  error.set_destination({any_address(ipv6), 0});
  RC_ASSERT(checksum_faults(error.bytes()) == "");
}

RC_GTEST_PROP(PacketProperty, RewritingBackGivesTheSameBytes,
              (const std::string& payload, bool ipv6)) {
  const auto kind = *rc::gen::element(Kind::udp, Kind::tcp, Kind::echo);
  Packet packet = any_packet(kind, any_endpoint(ipv6), any_endpoint(ipv6), payload);
  const Bytes before = bytes_of(packet);
  const Endpoint source = packet.source();
  packet.set_source(any_endpoint(ipv6));
  packet.set_source(source);
  RC_ASSERT(bytes_of(packet) == before);
}

TEST(Packet, IsIntactAsLongAsItsTransportChecksumHolds) {
  for (Packet packet :
       {udp_packet(host, server, "hello"), tcp_packet(host, server, {.ack = true}, "data"),
        echo_packet(Echo::request, host.address, server.address, 7, "ping")}) {
    EXPECT_TRUE(packet.is_intact()) << to_string(packet.protocol());
    packet.set_source(elsewhere);
    EXPECT_TRUE(packet.is_intact()) << to_string(packet.protocol());
    packet.invert_bit(11);
    EXPECT_FALSE(packet.is_intact()) << to_string(packet.protocol());
  }
}

TEST(Packet, IsIntactWithoutAChecksum) {
  Bytes bytes = bytes_of(udp_packet(host, server, "hello"));
  bytes[26] = bytes[27] = 0;
  EXPECT_TRUE(Packet::parse(bytes)->is_intact());
}

}  // namespace
}  // namespace icelab
