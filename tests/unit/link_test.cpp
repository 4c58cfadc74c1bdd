#include "netns/fabric/link.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>

#include <map>
#include <numeric>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

const Endpoint host = "10.0.1.2:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint;
const RouterAddresses router{"192.0.2.1"_address, "2001:db8:ffff::1"_address};
const Instant start{};

Packet packet_of(std::size_t size) {
  return udp_packet(host, server, std::string(size - 28, 'x'));
}
Packet indivisible(std::size_t size) {
  return *Packet::parse(
      ip_bytes(17, host.address, server.address, packet_of(size).bytes().subspan(20), 0x4000));
}

Verdict pass(LinkDirection& link, Packet packet, Instant now = start) {
  return link.pass(packet, now);
}

/// When the packet arrives, of a link that neither loses nor doubles it.
Instant arrival(LinkDirection& link, Packet packet, Instant now = start) {
  const Verdict verdict = link.pass(packet, now);
  const auto* queue = std::get_if<Queue>(&verdict);
  if (queue == nullptr || queue->entries.size() != 1) throw std::runtime_error("not one packet");
  return queue->entries[0].at;
}

LinkDirection link_of(const LinkBehavior& behavior, std::uint64_t seed = 1) {
  return {behavior, router, seed};
}

/// How many of a thousand packets a link loses.
int lost_of_thousand(const LinkBehavior& behavior) {
  LinkDirection link = link_of(behavior);
  int lost = 0;
  for (int i = 0; i < 1000; ++i) {
    const Verdict verdict = pass(link, packet_of(100));
    if (const auto* drop = std::get_if<Drop>(&verdict)) {
      EXPECT_EQ(drop->reason, DropReason::lost);
      ++lost;
    }
  }
  return lost;
}

TEST(Link, DelaysEveryPacketAlike) {
  LinkDirection link = link_of({.delay = milliseconds(40)});
  EXPECT_EQ(arrival(link, packet_of(100)), start + milliseconds(40));
  EXPECT_EQ(arrival(link, packet_of(1500), start + seconds(1)), start + milliseconds(1040));
}

TEST(Link, VariesTheDelayByAsMuchAsTheJitterAndKeepsTheOrder) {
  LinkDirection link = link_of({.delay = milliseconds(40), .jitter = milliseconds(10)});
  Instant last = start;
  Duration least = seconds(1), most{};
  for (int i = 0; i < 1000; ++i) {
    const Instant sent = start + i * milliseconds(1);
    const Instant at = arrival(link, packet_of(100), sent);
    EXPECT_GE(at, last);
    last = at;
    least = std::min(least, at - sent);
    most = std::max(most, at - sent);
  }
  EXPECT_GE(least, milliseconds(30));
  EXPECT_LE(most, milliseconds(50));
  EXPECT_GT(most - least, milliseconds(10));
}

TEST(Link, LosesAsManyAsItIsToldTo) {
  EXPECT_EQ(lost_of_thousand({.loss = 0}), 0);
  EXPECT_EQ(lost_of_thousand({.loss = 1}), 1000);
  EXPECT_NEAR(lost_of_thousand({.loss = 0.2}), 200, 50);
}

TEST(Link, LosesInBurstsAfterGilbertAndElliott) {
  // Bad one packet in eleven, for ten packets on average: half of all, in long runs.
  LinkDirection link = link_of({.burst_loss = BurstLoss{.begin = 0.1, .end = 0.1}});
  int lost = 0, runs = 0;
  bool was_lost = false;
  for (int i = 0; i < 10000; ++i) {
    const Verdict verdict = pass(link, packet_of(100));
    const bool is_lost = std::holds_alternative<Drop>(verdict);
    lost += is_lost ? 1 : 0;
    runs += is_lost && !was_lost ? 1 : 0;
    was_lost = is_lost;
  }
  EXPECT_NEAR(lost, 5000, 600);
  EXPECT_NEAR(static_cast<double>(lost) / runs, 10, 2);
}

TEST(Link, CarriesAsManyBitsASecondAsItsRate) {
  LinkDirection link = link_of({.rate = 80000});  // a thousand bytes take 100 ms
  EXPECT_EQ(arrival(link, packet_of(1000)), start + milliseconds(100));
  EXPECT_EQ(arrival(link, packet_of(1000)), start + milliseconds(200));
  EXPECT_EQ(arrival(link, packet_of(500), start + seconds(1)), start + milliseconds(1050));
}

TEST(Link, LosesWhatItsQueueHasNoRoomFor) {
  LinkDirection link = link_of({.rate = 80000, .queue = 2500});
  EXPECT_TRUE(std::holds_alternative<Queue>(pass(link, packet_of(1000))));
  EXPECT_TRUE(std::holds_alternative<Queue>(pass(link, packet_of(1000))));
  const Verdict third = pass(link, packet_of(1000));
  ASSERT_TRUE(std::holds_alternative<Drop>(third));
  EXPECT_EQ(std::get<Drop>(third).reason, DropReason::lost);
  EXPECT_THAT(std::get<Drop>(third).detail, HasSubstr("the queue of 2500 bytes was full"));
  // A tenth of a second later a packet of the queue has gone.
  EXPECT_TRUE(
      std::holds_alternative<Queue>(pass(link, packet_of(1000), start + milliseconds(100))));
}

TEST(Link, LetsSomePacketsOvertakeTheOthers) {
  LinkDirection link = link_of({.delay = milliseconds(40), .reorder = 0.25});
  int overtaking = 0;
  for (int i = 0; i < 1000; ++i) {
    if (arrival(link, packet_of(100)) == start) ++overtaking;
  }
  EXPECT_NEAR(overtaking, 250, 60);
}

TEST(Link, SendsSomePacketsTwice) {
  LinkDirection link = link_of({.duplicate = 1});
  const Verdict verdict = pass(link, packet_of(100));
  ASSERT_TRUE(std::holds_alternative<Queue>(verdict));
  const auto& entries = std::get<Queue>(verdict).entries;
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_TRUE(std::ranges::equal(entries[0].packet.bytes(), entries[1].packet.bytes()));
}

TEST(Link, InvertsOneBitOfWhatItCorruptsSoThatTheChecksumFails) {
  LinkDirection link = link_of({.corrupt = 1});
  const Verdict verdict = pass(link, packet_of(100));
  const Packet& arrived = std::get<Queue>(verdict).entries.at(0).packet;
  const Packet sent = packet_of(100);
  int inverted = 0;
  for (std::size_t i = 0; i < 100; ++i)
    inverted += std::popcount(static_cast<unsigned>(sent.bytes()[i] ^ arrived.bytes()[i]));
  EXPECT_EQ(inverted, 1);
  EXPECT_NE(checksum_faults(arrived.bytes()), "");
  EXPECT_EQ(arrived.destination(), server);
}

TEST(Link, CutsWhatIsLargerThanItsMtuIntoFragments) {
  LinkDirection link = link_of({.mtu = 576});
  const Verdict verdict = pass(link, packet_of(1400));
  ASSERT_TRUE(std::holds_alternative<Queue>(verdict));
  EXPECT_THAT(std::get<Queue>(verdict).entries, SizeIs(3));
  for (const auto& entry : std::get<Queue>(verdict).entries)
    EXPECT_LE(entry.packet.bytes().size(), 576U);
}

TEST(Link, TellsTheSenderOfWhatMustNotBeFragmentedHowMuchItsMtuIs) {
  LinkDirection link = link_of({.mtu = 1280});
  const Verdict verdict = pass(link, indivisible(1400));
  ASSERT_TRUE(std::holds_alternative<Drop>(verdict));
  const auto& drop = std::get<Drop>(verdict);
  EXPECT_EQ(drop.reason, DropReason::too_big);
  EXPECT_THAT(drop.detail, HasSubstr("1400 bytes are more than the MTU of 1280"));
  ASSERT_TRUE(drop.answer);
  EXPECT_EQ(drop.answer->source().address, router.ipv4);
  EXPECT_EQ(drop.answer->destination().address, host.address);
  EXPECT_EQ(drop.answer->bytes()[26] << 8 | drop.answer->bytes()[27], 1280);
}

TEST(Link, IsABlackHoleWhereItTellsNobody) {
  LinkDirection link = link_of({.mtu = 1280, .fragmentation_needed = false});
  const Verdict verdict = pass(link, indivisible(1400));
  ASSERT_TRUE(std::holds_alternative<Drop>(verdict));
  EXPECT_FALSE(std::get<Drop>(verdict).answer);
  EXPECT_TRUE(std::holds_alternative<Queue>(pass(link, indivisible(1280))));
}

TEST(Link, DoesTheSameWithTheSameSeedAndAnotherThingWithAnother) {
  const LinkBehavior rough{.delay = milliseconds(20),
                           .jitter = milliseconds(20),
                           .loss = 0.3,
                           .reorder = 0.1,
                           .duplicate = 0.1,
                           .corrupt = 0.1};
  const auto story = [&](std::uint64_t seed) {
    LinkDirection link = link_of(rough, seed);
    std::vector<std::pair<Instant, Bytes>> arrivals;
    for (int i = 0; i < 200; ++i) {
      const Verdict verdict = pass(link, packet_of(100), start + i * milliseconds(5));
      const auto* queue = std::get_if<Queue>(&verdict);
      if (queue == nullptr) continue;
      for (const auto& entry : queue->entries) {
        arrivals.emplace_back(entry.at,
                              Bytes(entry.packet.bytes().begin(), entry.packet.bytes().end()));
      }
    }
    return arrivals;
  };
  EXPECT_EQ(story(7), story(7));
  EXPECT_NE(story(7), story(8));
}

TEST(Link, HasTwoDirectionsEachWithItsOwnBehavior) {
  Link link({.delay = milliseconds(10)}, {.delay = milliseconds(50)}, router, 1);
  const auto arrival_of = [&](Direction direction) {
    Packet packet = packet_of(100);
    const Verdict verdict = link.pass(packet, direction, start);
    return std::get<Queue>(verdict).entries.at(0).at;
  };
  EXPECT_EQ(arrival_of(Direction::outbound), start + milliseconds(10));
  EXPECT_EQ(arrival_of(Direction::inbound), start + milliseconds(50));
}

TEST(LinkDirection, TellsTheSenderOfIpv6WhatFitsAndNeverFragments) {
  LinkDirection link = link_of({.mtu = 1280});
  const Endpoint from = "[2001:db8:0:1::2]:5000"_endpoint, to = "[2001:db8::10]:3478"_endpoint;
  EXPECT_TRUE(
      std::holds_alternative<Queue>(pass(link, udp_packet(from, to, std::string(1280 - 48, 'x')))));
  const Verdict verdict = pass(link, udp_packet(from, to, std::string(1281 - 48, 'x')));
  ASSERT_TRUE(std::holds_alternative<Drop>(verdict));
  const auto& drop = std::get<Drop>(verdict);
  EXPECT_EQ(drop.reason, DropReason::too_big);
  ASSERT_TRUE(drop.answer);
  EXPECT_EQ(drop.answer->source().address, router.ipv6);
  EXPECT_EQ(drop.answer->icmp_type(), icmpv6_too_big);
  EXPECT_EQ(drop.answer->quoted()->source, from);
}

}  // namespace
}  // namespace icelab
