// RFC 4787 section 11, REQ-14: what becomes of fragments; and what an application-level gateway
// does to payloads.

#include "tests/unit/nat_world.h"

#include <algorithm>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

std::uint16_t identification = 0;

/// A packet cut into fragments with so many bytes each behind the IP header, as a router would.
std::vector<Packet> cut(const Packet& packet, std::size_t size) {
  constexpr std::size_t header = 20;
  constexpr std::uint16_t more = 0x2000;
  const auto data = packet.bytes().subspan(header);
  ++identification;
  std::vector<Packet> fragments;
  for (std::size_t at = 0; at < data.size(); at += size) {
    const auto part = data.subspan(at, std::min(size, data.size() - at));
    const bool last = at + part.size() == data.size();
    Bytes bytes = ip_bytes(packet.bytes()[9], packet.source().address, packet.destination().address,
                           part, static_cast<std::uint16_t>(at / 8 | (last ? 0 : more)));
    bytes[4] = static_cast<std::uint8_t>(identification >> 8);
    bytes[5] = static_cast<std::uint8_t>(identification);
    bytes[10] = bytes[11] = 0;
    const auto sum = internet_checksum(std::span(bytes).first(header));
    bytes[10] = static_cast<std::uint8_t>(sum >> 8);
    bytes[11] = static_cast<std::uint8_t>(sum);
    fragments.push_back(Packet::parse(std::move(bytes)).value());
  }
  return fragments;
}

/// The packet whose fragments these are.
Packet join(const std::vector<Packet>& fragments) {
  Bytes data;
  for (const Packet& fragment : fragments)
    data.insert(data.end(), fragment.bytes().begin() + 20, fragment.bytes().end());
  return Packet::parse(ip_bytes(fragments[0].bytes()[9], fragments[0].source().address,
                                fragments[0].destination().address, data))
      .value();
}

const std::string speech(50, 's');

// Passed.

class PassedFragments : public testing::Test {
 protected:
  NatWorld world{{.filtering = by_address_and_port,
                  .hairpinning = Hairpinning::external_source,
                  .fragments = Fragments::passed}};
};

TEST_F(PassedFragments, GoWhereTheFirstOneWent) {
  std::vector<Packet> passed;
  for (const Packet& fragment : cut(udp_packet(x, y1, speech), 24)) {
    ASSERT_TRUE(world.outbound(fragment).endpoint);
    passed.push_back(world.last());
  }
  EXPECT_EQ(passed.size(), 3U);
  const Packet whole = join(passed);
  EXPECT_EQ(checksum_faults(whole.bytes()), "");
  EXPECT_EQ(whole.source(), (Endpoint{external, 5000}));

  passed.clear();
  for (const Packet& fragment : cut(udp_packet(y1, whole.source(), speech), 24)) {
    ASSERT_TRUE(world.inbound(fragment).endpoint);
    passed.push_back(world.last());
  }
  EXPECT_EQ(join(passed).destination(), x);
  EXPECT_EQ(checksum_faults(join(passed).bytes()), "");
}

TEST_F(PassedFragments, PassInAnyOrderAfterTheFirst) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  EXPECT_TRUE(world.outbound(fragments[0]).endpoint);
  EXPECT_TRUE(world.outbound(fragments[2]).endpoint);
  EXPECT_TRUE(world.outbound(fragments[1]).endpoint);
}

TEST_F(PassedFragments, DoNotPassBeforeTheFirst) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  EXPECT_FALSE(world.outbound(fragments[1]).endpoint);
  EXPECT_THAT(world.drop(),
              dropped(DropReason::blocked, "the first one of its packet has not passed before it"));
}

TEST_F(PassedFragments, DoNotPassWhereTheFirstDidNot) {
  const auto fragments = cut(udp_packet(y2, {external, 5000}, speech), 24);
  EXPECT_FALSE(world.inbound(fragments[0]).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
  EXPECT_FALSE(world.inbound(fragments[1]).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::blocked);
}

TEST_F(PassedFragments, DoNotFollowAnOlderFirstWithTheSameIdentification) {
  const auto mapped = world.sends(x, y1);
  const auto older = cut(udp_packet(y1, *mapped, speech), 24);
  EXPECT_TRUE(world.inbound(older[0]).endpoint);
  --identification;
  const auto newer = cut(udp_packet({y1.address, 9}, *mapped, speech), 24);
  EXPECT_FALSE(world.inbound(newer[0]).endpoint);
  EXPECT_FALSE(world.inbound(newer[1]).endpoint);
}

TEST_F(PassedFragments, DoNotFollowAnotherPacketsFirst) {
  const auto one = cut(udp_packet(x, y1, speech), 24), other = cut(udp_packet(x, y1, speech), 24);
  EXPECT_TRUE(world.outbound(one[0]).endpoint);
  EXPECT_FALSE(world.outbound(other[1]).endpoint);
  EXPECT_FALSE(world.inbound(one[1]).endpoint) << "nor in the other direction";
}

TEST_F(PassedFragments, DoNotFollowAFirstThatIsLongGone) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  EXPECT_TRUE(world.outbound(fragments[0]).endpoint);
  world.wait(30s);
  EXPECT_FALSE(world.outbound(fragments[1]).endpoint);
}

TEST_F(PassedFragments, TurnBackTogether) {
  const Endpoint aim = world.sends(x, y1).value();
  std::vector<Packet> arrived;
  for (const Packet& fragment : cut(udp_packet(x, aim, speech), 24))
    arrived.push_back(world.hairpins(fragment).value());
  EXPECT_EQ(join(arrived).source(), aim);
  EXPECT_EQ(join(arrived).destination(), x);
  EXPECT_EQ(checksum_faults(join(arrived).bytes()), "");
}

TEST_F(PassedFragments, AreForgottenWhenThereAreTooMany) {
  const auto oldest = cut(udp_packet(x, y1, speech), 24);
  world.outbound(oldest[0]);
  world.wait(1ms);
  for (std::size_t i = 0; i < FragmentTrails::max_trails; ++i)
    world.outbound(cut(udp_packet(x, y1, speech), 24)[0]);
  const auto newest = cut(udp_packet(x, y1, speech), 24);
  world.outbound(newest[0]);
  EXPECT_TRUE(world.outbound(newest[1]).endpoint);
  EXPECT_FALSE(world.outbound(oldest[1]).endpoint);
}

// Reassembled.

class ReassembledFragments : public testing::Test {
 protected:
  /// Sends these and says which of them brought the packet forth, if any.
  std::optional<std::size_t> sends(const std::vector<Packet>& fragments,
                                   const std::vector<std::size_t>& order) {
    std::optional<std::size_t> last;
    for (const std::size_t index : order) {
      const Outcome outcome = world.outbound(fragments[index]);
      if (outcome.endpoint) last = index;
    }
    return last;
  }
  NatWorld world{{.filtering = by_address_and_port, .fragments = Fragments::reassembled}};
};

TEST_F(ReassembledFragments, GoOnAsOnePacketInWhateverOrderTheyCame) {
  std::vector<std::size_t> order{0, 1, 2};
  do {
    const Packet packet = udp_packet(x, y1, speech);
    EXPECT_THAT(sends(cut(packet, 24), order), Optional(order[2]));
    EXPECT_FALSE(world.last().is_fragment());
    EXPECT_EQ(world.last().source(), (Endpoint{external, 5000}));
    EXPECT_EQ(world.last().destination(), y1);
    EXPECT_TRUE(std::ranges::equal(world.last().payload(), packet.payload()));
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(ReassembledFragments, AreKeptApartByPacket) {
  const auto one = cut(udp_packet(x, y1, speech), 32);
  const auto other = cut(udp_packet(x, y1, std::string(50, 'o')), 32);
  EXPECT_EQ(sends({one[0], other[1]}, {0, 1}), std::nullopt);
  EXPECT_THAT(sends({one[1], other[0]}, {0, 1}), Optional(1U));
  EXPECT_EQ(world.last().payload()[0], 'o');
}

TEST_F(ReassembledFragments, MayComeTwice) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  EXPECT_THAT(sends(fragments, {0, 0, 2, 2, 1}), Optional(1U));
}

TEST_F(ReassembledFragments, AreGivenUpWhereTheyContradictEachOther) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  --identification;
  const auto rivals = cut(udp_packet(x, y1, std::string(50, 'r')), 32);
  --identification;
  const auto longer = cut(udp_packet(x, y1, std::string(60, 'l')), 24);
  const Packet early_end = [&] {  // the last part, of eight bytes at the offset of eight
    Bytes bytes = ip_bytes(17, x.address, y1.address, Bytes(8), 0x0001);
    std::ranges::copy(fragments[0].bytes().subspan(4, 2), bytes.begin() + 4);
    return Packet::parse(std::move(bytes)).value();
  }();
  struct Contradiction {
    std::string sentence;
    Packet first, second;
  };
  const Contradiction table[] = {
      {"they overlap", fragments[1], rivals[0]},
      {"two are the last", fragments[2], rivals[1]},
      {"one is beyond the last", longer[2], rivals[1]},
      {"the last is before another", fragments[1], early_end},
      {"another is after the last", early_end, fragments[1]},
      {"at one place there is this and that", fragments[0], longer[0]},
  };
  for (const Contradiction& row : table) {
    EXPECT_FALSE(world.outbound(row.first).drop) << row.sentence;
    EXPECT_THAT(world.outbound(row.second).drop,
                Optional(dropped(DropReason::blocked, "contradicts others of its packet")))
        << row.sentence;
  }
  EXPECT_FALSE(world.outbound(fragments[2]).drop);
  world.outbound(rivals[1]);
  EXPECT_EQ(sends(fragments, {0, 1}), std::nullopt) << "the third was given up";
}

TEST_F(ReassembledFragments, AreNotWaitedForForEver) {
  const auto fragments = cut(udp_packet(x, y1, speech), 24);
  EXPECT_EQ(sends(fragments, {0, 1}), std::nullopt);
  world.wait(30s);
  EXPECT_EQ(sends(fragments, {2}), std::nullopt);
  EXPECT_THAT(sends(fragments, {0, 1}), Optional(1U));
}

TEST_F(ReassembledFragments, AreGivenUpWhenTooManyPacketsAreUnderWay) {
  const auto oldest = cut(udp_packet(x, y1, speech), 32);
  EXPECT_EQ(sends(oldest, {0}), std::nullopt);
  world.wait(1ms);
  for (std::size_t i = 0; i < FragmentReassembler::max_packets; ++i)
    world.outbound(cut(udp_packet(x, y1, speech), 32)[0]);
  EXPECT_EQ(sends(oldest, {1}), std::nullopt);
}

TEST_F(ReassembledFragments, AreFilteredAsAWhole) {
  const auto fragments = cut(udp_packet(y2, {external, 5000}, speech), 32);
  EXPECT_FALSE(world.inbound(fragments[1]).drop);
  EXPECT_THAT(world.inbound(fragments[0]).drop,
              Optional(dropped(DropReason::no_mapping, "203.0.113.21:5000 is not mapped")));
}

TEST_F(ReassembledFragments, ThatMakeNoPacketSaySo) {
  const Bytes short_udp{0x13, 0x88, 0x0d, 0x96, 0xff, 0xff, 0, 0};  // longer than it is
  const auto first = Packet::parse(ip_bytes(17, x.address, y1.address, short_udp, 0x2000)).value();
  const auto last = Packet::parse(ip_bytes(17, x.address, y1.address, Bytes{1, 2}, 0x0001)).value();
  EXPECT_FALSE(world.outbound(first).drop);
  EXPECT_THAT(world.outbound(last).drop, Optional(dropped(DropReason::blocked, "but make none")));
  const auto odd = Packet::parse(ip_bytes(17, x.address, y1.address, Bytes{1, 2}, 0x2001)).value();
  EXPECT_THAT(world.outbound(odd).drop, Optional(dropped(DropReason::blocked, "of a length")));
  const auto beyond = Packet::parse(ip_bytes(17, x.address, y1.address, Bytes(16), 0x1fff)).value();
  EXPECT_THAT(world.outbound(beyond).drop,
              Optional(dropped(DropReason::blocked, "beyond the end of the largest packet")));
}

// Payloads.

std::string raw(const IpAddress& address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8)
    text.push_back(static_cast<char>(address.v4_bits() >> shift));
  return text;
}

std::string text_of(const Packet& packet) {
  return {packet.payload().begin(), packet.payload().end()};
}

class RewrittenPayload : public testing::Test {
 protected:
  NatWorld world{{.hairpinning = Hairpinning::external_source,
                  .fragments = Fragments::passed,
                  .rewrites_payload = true}};
};

TEST_F(RewrittenPayload, ShowsTheExternalAddressOutsideAndTheInternalOneInside) {
  // At odd and even places, at the end, twice in a row, in a datagram of odd and of even length.
  for (const std::string_view before : {"", "a", "ab", "abc"}) {
    for (const std::string_view after : {"", "z", "zy"}) {
      const auto payload = [&](const IpAddress& address) {
        return std::string(before) + raw(address) + raw(address) + std::string(after) +
               raw(address);
      };
      world.outbound(udp_packet(x, y1, payload(x.address)));
      EXPECT_EQ(text_of(world.last()), payload(external));
      world.inbound(udp_packet(y1, {external, 5000}, payload(external)));
      EXPECT_EQ(text_of(world.last()), payload(x.address));
    }
  }
}

TEST_F(RewrittenPayload, IsTcpsToo) {
  world.connects(x, y1);
  world.outbound(tcp_packet(x, y1, ack, "I am " + raw(x.address)));
  EXPECT_EQ(text_of(world.last()), "I am " + raw(external));
}

TEST_F(RewrittenPayload, KeepsEverythingElse) {
  for (const std::string& payload : {raw(y1.address), raw(external), raw(x.address).substr(1),
                                     raw(another_x.address) + raw(y2.address), std::string()}) {
    world.outbound(udp_packet(x, y1, payload));
    EXPECT_EQ(text_of(world.last()), payload);
  }
  const auto ping = echo_packet(Echo::request, x.address, y1.address, 7, raw(x.address));
  world.outbound(ping);
  EXPECT_EQ(text_of(world.last()), raw(x.address)) << "ICMP has no application";
}

TEST_F(RewrittenPayload, LeavesAnAbsentChecksumAbsent) {
  const Packet packet = udp_packet(x, y1, raw(x.address));
  Bytes bytes(packet.bytes().begin(), packet.bytes().end());
  bytes[26] = bytes[27] = 0;
  world.outbound(Packet::parse(bytes).value());
  EXPECT_EQ(text_of(world.last()), raw(external));
  EXPECT_EQ(world.last().bytes()[26], 0);
  EXPECT_EQ(world.last().bytes()[27], 0);
}

TEST_F(RewrittenPayload, IsRewrittenTwiceOnTheWayThroughAHairpin) {
  const auto x2 = world.sends(another_x, y1);
  const auto arrived = world.hairpins(udp_packet(x, *x2, raw(x.address)));
  EXPECT_EQ(text_of(*arrived), raw(another_x.address));
}

TEST_F(RewrittenPayload, IsKeptOfAPacketThatIsDropped) {  // the world checks it
  world.inbound(udp_packet(y1, {external, 5000}, raw(external)));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
}

TEST(NatPayload, IsNotTouchedUnlessAskedFor) {
  NatWorld world;
  world.outbound(udp_packet(x, y1, raw(x.address)));
  EXPECT_EQ(text_of(world.last()), raw(x.address));
}

}  // namespace
}  // namespace icelab
