#include "src/net/segments.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

const Endpoint sender = "203.0.113.10:3478"_endpoint;
const Endpoint receiver = "10.0.1.2:40000"_endpoint;
constexpr std::uint16_t dont_fragment = 0x4000;

/// What an ordinary Linux socket sends: fragmentation forbidden.
Bytes datagram_bytes(const std::string& payload, const Endpoint& to = receiver,
                     std::uint16_t fragment = dont_fragment) {
  const Packet plain = udp_packet(sender, to, payload);
  return ip_bytes(17, sender.address, to.address, plain.bytes().subspan(20), fragment);
}

Packet datagram(const std::string& payload, const Endpoint& to = receiver) {
  return *Packet::parse(datagram_bytes(payload, to));
}

/// How many of `packets`, from the first on, are joined.
size_t joined(const std::vector<Packet>& packets) {
  Segments segments;
  for (const auto& packet : packets) {
    if (!segments.join(packet)) break;
  }
  return segments.count();
}

/// The datagrams that a receiver makes of it: written from the kernel's description, not from ours.
std::vector<Bytes> taken_apart(const Segments& segments) {
  const auto headers = segments.header();
  Bytes payload;
  for (size_t i = 0; i < segments.count(); ++i) {
    const auto part = segments.packet(i).bytes().subspan(28);
    payload.insert(payload.end(), part.begin(), part.end());
  }
  std::vector<Bytes> result;
  for (size_t at = 0; at < payload.size(); at += segments.segment_size()) {
    const size_t size = std::min(segments.segment_size(), payload.size() - at);
    Bytes transport(headers.begin() + 20, headers.end());
    transport[4] = static_cast<std::uint8_t>((size + 8) >> 8);
    transport[5] = static_cast<std::uint8_t>(size + 8);
    transport[6] = transport[7] = 0;
    transport.insert(transport.end(), payload.begin() + static_cast<ssize_t>(at),
                     payload.begin() + static_cast<ssize_t>(at + size));
    Bytes summed(headers.begin() + 12, headers.begin() + 20);
    for (const std::uint8_t byte :
         {0, 17, static_cast<int>((size + 8) >> 8), static_cast<int>((size + 8) & 0xff)})
      summed.push_back(byte);
    summed.insert(summed.end(), transport.begin(), transport.end());
    std::uint16_t sum = internet_checksum(summed);
    if (sum == 0) sum = 0xffff;
    transport[6] = static_cast<std::uint8_t>(sum >> 8);
    transport[7] = static_cast<std::uint8_t>(sum);
    result.push_back(ip_bytes(17, sender.address, receiver.address, transport, dont_fragment));
  }
  return result;
}

TEST(Segments, JoinDatagramsOfOneFlowAndOneSize) {
  EXPECT_EQ(joined({datagram("one"), datagram("two"), datagram("six")}), 3U);
}

TEST(Segments, EndWithAShorterOne) {
  EXPECT_EQ(joined({datagram("four"), datagram("six"), datagram("ten")}), 2U);
}

TEST(Segments, DoNotTakeALongerOne) {
  EXPECT_EQ(joined({datagram("six"), datagram("four")}), 1U);
}

TEST(Segments, DoNotTakeAnotherFlow) {
  EXPECT_EQ(joined({datagram("one"), datagram("two", "10.0.1.2:40001"_endpoint)}), 1U);
  EXPECT_EQ(joined({datagram("one"), datagram("two", "10.0.1.3:40000"_endpoint)}), 1U);
}

TEST(Segments, DoNotTakeWhatHasCrossedMoreRouters) {
  Packet nearer = datagram("two");
  ASSERT_TRUE(nearer.decrement_ttl());
  EXPECT_EQ(joined({datagram("one"), nearer}), 1U);
}

TEST(Segments, LeaveADatagramThatIsCorruptAsItIs) {
  Bytes bytes = datagram_bytes("two");
  bytes.back() ^= 1;
  const Packet corrupt = *Packet::parse(bytes);
  EXPECT_EQ(joined({datagram("one"), corrupt}), 1U);
  EXPECT_EQ(joined({corrupt, datagram("one")}), 1U);
}

TEST(Segments, LeaveACorruptIpHeaderAsItIs) {
  Bytes bytes = datagram_bytes("two");
  bytes[5] ^= 1;  // the identification
  EXPECT_EQ(joined({datagram("one"), *Packet::parse(bytes)}), 1U);
}

TEST(Segments, LeaveADatagramWithoutChecksumWithoutOne) {
  Bytes bytes = datagram_bytes("two");
  bytes[26] = bytes[27] = 0;
  EXPECT_EQ(joined({datagram("one"), *Packet::parse(bytes)}), 1U);
}

TEST(Segments, DoNotTakeWhatMayBeFragmentedForItsIdentificationMatters) {
  const Packet divisible = *Packet::parse(datagram_bytes("two", receiver, 0));
  EXPECT_EQ(joined({divisible, divisible}), 1U);
}

TEST(Segments, DoNotTakeAnEmptyDatagramOrPadding) {
  EXPECT_EQ(joined({datagram("one"), datagram("")}), 1U);
  const Packet plain = udp_packet(sender, receiver, "one");
  Bytes transport(plain.bytes().begin() + 20, plain.bytes().end());
  transport.push_back(0);
  const Packet padded =
      *Packet::parse(ip_bytes(17, sender.address, receiver.address, transport, dont_fragment));
  EXPECT_EQ(joined({padded, padded}), 1U);
}

TEST(Segments, DoNotTakeTcp) {
  const Packet tcp = tcp_packet(sender, receiver, {.ack = true}, "data");
  EXPECT_EQ(joined({tcp, tcp}), 1U);
  EXPECT_EQ(joined({datagram("one"), tcp}), 1U);
}

TEST(Segments, AreNoMoreThanTheKernelTakes) {
  EXPECT_EQ(joined(std::vector<Packet>(100, datagram("x"))), 64U);
  EXPECT_EQ(joined(std::vector<Packet>(100, datagram(std::string(1200, 'x')))), 54U);
}

TEST(Segments, BeginAnewOnceCleared) {
  const Packet first = datagram("one"), other = datagram("two", "10.0.1.3:40000"_endpoint);
  Segments segments;
  ASSERT_TRUE(segments.join(first));
  segments.clear();
  ASSERT_TRUE(segments.join(other));
  EXPECT_EQ(&segments.packet(0), &other);
}

RC_GTEST_PROP(Segments, TakenApartAreWhatTheyWere, (std::uint8_t count, std::uint16_t size)) {
  const size_t each = 1 + size % 1400;
  std::vector<Packet> packets;
  packets.reserve(count % 40 + 3U);
  for (int i = 0; i < 2 + count % 40; ++i)
    packets.push_back(datagram(*rc::gen::container<std::string>(each, rc::gen::arbitrary<char>())));
  packets.push_back(datagram("x"));
  Segments segments;
  size_t in = 0;
  while (in < packets.size() && segments.join(packets[in])) ++in;
  RC_ASSERT(in > 1U);
  const auto parts = taken_apart(segments);
  RC_ASSERT(parts.size() == in);
  for (size_t i = 0; i < in; ++i)
    RC_ASSERT(Bytes(packets[i].bytes().begin(), packets[i].bytes().end()) == parts[i]);
}

TEST(Segments, CarryThePseudoHeadersSumForTheKernelToGoOnFrom) {
  const Packet one = datagram("one"), two = datagram("two");
  Segments segments;
  ASSERT_TRUE(segments.join(one) && segments.join(two));
  const auto header = segments.header();
  EXPECT_EQ(internet_checksum(std::span(header).first(20)), 0);
  const Bytes pseudo{203, 0, 113, 10, 10, 0, 1, 2, 0, 17, 0, 8 + 6};
  EXPECT_EQ(header[26] << 8 | header[27], static_cast<std::uint16_t>(~internet_checksum(pseudo)));
}

}  // namespace
}  // namespace icelab
