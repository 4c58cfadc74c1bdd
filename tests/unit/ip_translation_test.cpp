#include "src/net/ip_translation.h"

#include "src/net/icmp_translation.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

// RFC 7915. The host is known within a prefix of its own, the server within the well-known one.
const TranslationPrefixes outbound{{"2001:db8:64::"_address, 96}, well_known_prefix()};
const TranslationPrefixes inbound{outbound.destination, outbound.source};
const Endpoint host4 = "192.0.0.1:5000"_endpoint;
const Endpoint server4 = "203.0.113.10:3478"_endpoint;
const Endpoint host6 = "[2001:db8:64::c000:1]:5000"_endpoint;
const Endpoint server6 = "[64:ff9b::203.0.113.10]:3478"_endpoint;

Packet to_ipv6(const Packet& packet, const TranslationPrefixes& prefixes = outbound) {
  return std::get<Packet>(translate_to_ipv6(packet, prefixes));
}
Packet to_ipv4(const Packet& packet, const TranslationPrefixes& prefixes = outbound) {
  return std::get<Packet>(translate_to_ipv4(packet, prefixes, 7));
}
std::string_view why_not(const Translation& translation) {
  return std::get<Untranslatable>(translation).why;
}
std::string text_of(const Packet& packet) {
  return {packet.payload().begin(), packet.payload().end()};
}

enum class Kind { udp, tcp, echo };

Packet any_packet(Kind kind, const Endpoint& source, const Endpoint& destination,
                  const std::string& payload) {
  if (kind == Kind::udp) return udp_packet(source, destination, payload);
  if (kind == Kind::tcp) return tcp_packet(source, destination, {.ack = true}, payload);
  return echo_packet(Echo::request, source.address, destination.address, source.port, payload);
}

RC_GTEST_PROP(IpTranslation, KeepsPortsPayloadAndChecksumsBothWays, (const std::string& payload)) {
  const auto kind = *rc::gen::element(Kind::udp, Kind::tcp, Kind::echo);
  const Endpoint from{host4.address, *rc::gen::arbitrary<std::uint16_t>()};
  const Endpoint to{server4.address, *rc::gen::arbitrary<std::uint16_t>()};
  const Packet packet = any_packet(kind, from, to, payload);
  const Packet there = to_ipv6(packet);
  RC_ASSERT(checksum_faults(there.bytes()) == "");
  RC_ASSERT(there.source() == (Endpoint{host6.address, packet.source().port}));
  RC_ASSERT(there.destination() == (Endpoint{server6.address, packet.destination().port}));
  RC_ASSERT(text_of(there) == payload);
  const Packet back = to_ipv4(there);
  RC_ASSERT(checksum_faults(back.bytes()) == "");
  RC_ASSERT(back.source() == packet.source());
  RC_ASSERT(back.destination() == packet.destination());
  RC_ASSERT(text_of(back) == payload);
}

RC_GTEST_PROP(IpTranslation, TranslatesWhatAnErrorQuotesBothWays, (const std::string& payload)) {
  const auto kind = *rc::gen::element(Kind::udp, Kind::tcp, Kind::echo);
  const Packet sent = any_packet(kind, host4, server4, payload);
  const auto shown = *rc::gen::inRange<std::size_t>(28, sent.bytes().size() + 1);
  const Packet error =
      icmp_packet(icmp_time_exceeded, "198.51.100.1"_address, host4.address, sent.bytes(), shown);
  const Packet there = to_ipv6(error, inbound);
  RC_ASSERT(there.icmp_type() == icmpv6_time_exceeded);
  RC_ASSERT(checksum_faults(there.bytes()) == "");
  RC_ASSERT(there.source().address == "64:ff9b::198.51.100.1"_address);
  RC_ASSERT(there.quoted().value().source == (Endpoint{host6.address, sent.source().port}));
  RC_ASSERT(there.quoted()->destination == (Endpoint{server6.address, sent.destination().port}));
  const Packet back = to_ipv4(there, inbound);
  RC_ASSERT(back.icmp_type() == icmp_time_exceeded);
  RC_ASSERT(checksum_faults(back.bytes()) == "");
  RC_ASSERT(back.quoted().value().source == sent.source());
}

TEST(IpTranslation, KeepsTheTimeToLiveAndTheTypeOfService) {
  const Packet before = udp_packet(host4, server4, "x");
  Bytes bytes(before.bytes().begin(), before.bytes().end());
  bytes[1] = 0xb8;
  bytes[8] = 17;
  const Packet there = to_ipv6(*Packet::parse(bytes));
  EXPECT_EQ(there.bytes()[0], 0x6b);
  EXPECT_EQ(there.bytes()[1], 0x80);
  EXPECT_EQ(there.bytes()[7], 17);
  const Packet back = to_ipv4(there);
  EXPECT_EQ(back.bytes()[1], 0xb8);
  EXPECT_EQ(back.bytes()[8], 17);
}

// Section 5.1: up to IPv6's smallest MTU, a sender need not know of smaller ones.
TEST(IpTranslation, LetsRoutersFragmentWhatFitsIntoIpv6sSmallestMtu) {
  const auto flags = [](std::size_t size) {
    return to_ipv4(udp_packet(host6, server6, std::string(size - 48, 'x'))).bytes()[6];
  };
  EXPECT_EQ(flags(1280), 0);
  EXPECT_EQ(flags(1281), 0x40);
}

TEST(IpTranslation, MakesFragmentsOfFragments) {
  const auto parts = ipv6_fragments(udp_packet(host6, server6, "a payload of some length"), 16);
  const Packet first = to_ipv4(parts[0]), last = to_ipv4(parts[1]);
  EXPECT_EQ(first.bytes()[6] << 8 | first.bytes()[7], 0x2000);
  EXPECT_EQ(last.bytes()[6] << 8 | last.bytes()[7], 2);
  EXPECT_EQ(last.bytes()[4] << 8 | last.bytes()[5], 0x5678);
  EXPECT_EQ(first.source(), host4);

  const Packet back = to_ipv6(last);
  EXPECT_TRUE(back.is_fragment());
  EXPECT_EQ(back.payload().size(), parts[1].payload().size());
  EXPECT_EQ(back.bytes()[42] << 8 | back.bytes()[43], 16);
}

// Section 4.5, and RFC 8200 section 8.1.
TEST(IpTranslation, GivesUdpTheChecksumThatIpv6Demands) {
  const Packet before = udp_packet(host4, server4, "x");
  Bytes bytes(before.bytes().begin(), before.bytes().end());
  bytes[26] = bytes[27] = 0;
  EXPECT_EQ(checksum_faults(to_ipv6(*Packet::parse(bytes)).bytes()), "");

  const Packet whole = udp_packet(host6, server6, "x");
  Bytes without(whole.bytes().begin(), whole.bytes().end());
  without[46] = without[47] = 0;
  EXPECT_EQ(why_not(translate_to_ipv4(*Packet::parse(without), outbound, 0)),
            "UDP without a checksum");
}

TEST(IpTranslation, LeavesCorruptWhatArrivedCorrupt) {
  for (const Kind kind : {Kind::udp, Kind::tcp, Kind::echo}) {
    Packet packet = any_packet(kind, host4, server4, "payload");
    packet.invert_bit(3);
    const Packet there = to_ipv6(packet);
    EXPECT_FALSE(there.is_intact());
    EXPECT_FALSE(to_ipv4(there).is_intact());
  }
}

TEST(IpTranslation, NeedsACounterpartForBothAddresses) {
  const Endpoint stranger = "[2001:db8:9::9]:1"_endpoint;
  EXPECT_EQ(why_not(translate_to_ipv4(udp_packet(stranger, server6), outbound, 0)),
            "an address of it has no counterpart");
  EXPECT_EQ(why_not(translate_to_ipv4(udp_packet(host6, stranger), outbound, 0)),
            "an address of it has no counterpart");
}

TEST(IpTranslation, OfAnErrorFromARouterWithoutIpv4ComesFromTheAddressForThose) {
  const Packet sent = udp_packet(host6, server6, "x");
  const Packet error =
      icmp_packet(icmpv6_unreachable, "2001:db8:9::1"_address, host6.address, sent.bytes());
  const Packet told = to_ipv4(error, inbound);
  EXPECT_EQ(told.source().address, "192.0.0.8"_address);
  EXPECT_EQ(told.destination().address, host4.address);
  EXPECT_EQ(told.quoted()->destination, server4);
}

TEST(IpTranslation, IsNotForWhatOnlyOneVersionKnows) {
  const Packet timestamp = icmp_packet(13, host4.address, server4.address, Bytes(12));
  EXPECT_EQ(why_not(translate_to_ipv6(timestamp, outbound)), "ICMP of this type");
  const Bytes report(8, 0);
  const auto multicast_listener = icmp_packet(143, host6.address, server6.address, report);
  EXPECT_EQ(why_not(translate_to_ipv4(multicast_listener, outbound, 0)), "ICMP of this type");
  const Packet routed = with_extension(udp_packet(host6, server6), 43, {0, 0, 1, 0, 0, 0, 0});
  EXPECT_EQ(why_not(translate_to_ipv4(routed, outbound, 0)),
            "its extension headers are not for translators");
}

struct Words {
  IcmpHeader icmp, icmpv6;
};

// Section 4.2.
TEST(IcmpTranslation, SaysInIcmpv6WhatIcmpSays) {
  const std::vector<Words> both{{{8, 0, 0x12340001}, {128, 0, 0x12340001}},
                                {{0, 0, 5}, {129, 0, 5}},
                                {{3, 0, 0}, {1, 0, 0}},
                                {{3, 1, 0}, {1, 0, 0}},
                                {{3, 2, 0}, {4, 1, 6}},
                                {{3, 3, 0}, {1, 4, 0}},
                                {{3, 4, 1400}, {2, 0, 1420}},
                                {{3, 4, 576}, {2, 0, 1280}},
                                {{3, 9, 0}, {1, 1, 0}},
                                {{3, 13, 0}, {1, 1, 0}},
                                {{11, 0, 0}, {3, 0, 0}},
                                {{11, 1, 0}, {3, 1, 0}},
                                {{12, 0, 9U << 24}, {4, 0, 6}},
                                {{12, 0, 16U << 24}, {4, 0, 24}}};
  for (const auto& [icmp, icmpv6] : both)
    EXPECT_EQ(icmp_to_icmpv6(icmp), icmpv6) << int{icmp.type} << " " << int{icmp.code};
  for (const IcmpHeader& none : std::vector<IcmpHeader>{
           {3, 14, 0}, {4, 0, 0}, {5, 0, 0}, {12, 1, 0}, {12, 0, 5U << 24}, {13, 0, 0}})
    EXPECT_FALSE(icmp_to_icmpv6(none)) << int{none.type} << " " << int{none.code};
}

// Section 5.2.
TEST(IcmpTranslation, SaysInIcmpWhatIcmpv6Says) {
  const std::vector<Words> both{{{8, 0, 0x12340001}, {128, 0, 0x12340001}},
                                {{0, 0, 5}, {129, 0, 5}},
                                {{3, 1, 0}, {1, 0, 0}},
                                {{3, 10, 0}, {1, 1, 0}},
                                {{3, 1, 0}, {1, 3, 0}},
                                {{3, 3, 0}, {1, 4, 0}},
                                {{3, 4, 1260}, {2, 0, 1280}},
                                {{11, 0, 0}, {3, 0, 0}},
                                {{3, 2, 0}, {4, 1, 6}},
                                {{12, 0, 9U << 24}, {4, 0, 6}},
                                {{12, 0, 12U << 24}, {4, 0, 8}},
                                {{12, 0, 16U << 24}, {4, 0, 39}}};
  for (const auto& [icmp, icmpv6] : both)
    EXPECT_EQ(icmpv6_to_icmp(icmpv6), icmp) << int{icmpv6.type} << " " << int{icmpv6.code};
  for (const IcmpHeader& none : std::vector<IcmpHeader>{
           {1, 5, 0}, {4, 2, 0}, {4, 0, 2}, {4, 0, 40}, {130, 0, 0}, {135, 0, 0}})
    EXPECT_FALSE(icmpv6_to_icmp(none)) << int{none.type} << " " << int{none.code};
}

}  // namespace
}  // namespace icelab
