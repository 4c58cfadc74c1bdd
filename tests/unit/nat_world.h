#pragma once

#include "netns/fabric/nat.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace icelab {

inline void PrintTo(const Drop& drop, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << to_string(drop.reason) << " (" << drop.detail << ")";
}

constexpr auto independent = Dependence::endpoint_independent;
constexpr auto by_address = Dependence::address_dependent;
constexpr auto by_address_and_port = Dependence::address_and_port_dependent;

// RFC 4787's figure in section 4.1: X:x is inside, Y1 and Y2 are outside.
inline const IpAddress external = "203.0.113.21"_address;
inline const Endpoint x = "10.0.2.2:5000"_endpoint;
inline const Endpoint another_x = "10.0.2.3:5000"_endpoint;
inline const Endpoint y1 = "203.0.113.10:3478"_endpoint;
inline const Endpoint y1_other_port = "203.0.113.10:3479"_endpoint;
inline const Endpoint y2 = "198.51.100.7:9000"_endpoint;

constexpr TcpFlags syn{.syn = true}, syn_ack{.syn = true, .ack = true}, ack{.ack = true},
    fin{.ack = true, .fin = true}, rst{.rst = true};

/// What became of a packet: where it seemed to come from (outbound) or went to (inbound), or the
/// drop. Neither if it was held.
struct Outcome {
  std::optional<Endpoint> endpoint;
  std::optional<Drop> drop;
};

/// A NAT, its clock, and packets sent through it from either side. Every packet that passes must
/// have its checksums right, and every one that does not must be unchanged.
class NatWorld {
 public:
  /// With external addresses from 203.0.113.21 on.
  explicit NatWorld(const NatBehavior& behavior = {}, std::uint64_t seed = 1)
      : nat_(behavior, addresses(behavior.external_addresses), seed) {}

  std::optional<Endpoint> sends(const Endpoint& from, const Endpoint& to) {
    return outbound(udp_packet(from, to, "data")).endpoint;
  }
  std::optional<Endpoint> arrives(const Endpoint& from, const Endpoint& to) {
    return inbound(udp_packet(from, to, "data")).endpoint;
  }
  std::optional<Endpoint> sends_tcp(const Endpoint& from, const Endpoint& to, TcpFlags flags) {
    return outbound(tcp_packet(from, to, flags)).endpoint;
  }
  std::optional<Endpoint> arrives_tcp(const Endpoint& from, const Endpoint& to, TcpFlags flags) {
    return inbound(tcp_packet(from, to, flags)).endpoint;
  }
  /// A whole handshake from inside.
  Endpoint connects(const Endpoint& from, const Endpoint& to) {
    const Endpoint mapped = sends_tcp(from, to, syn).value();
    EXPECT_EQ(arrives_tcp(to, mapped, syn_ack), from);
    EXPECT_EQ(sends_tcp(from, to, ack), mapped);
    return mapped;
  }
  /// Sends from inside to an external endpoint; the packet if it turned back, as it arrives.
  std::optional<Packet> hairpins(Packet packet) {
    const Outcome outcome = outbound(std::move(packet));
    EXPECT_EQ(turned_back_, outcome.endpoint.has_value());
    return outcome.endpoint ? last_ : std::nullopt;
  }
  std::optional<Packet> hairpins(const Endpoint& from, const Endpoint& to) {
    return hairpins(udp_packet(from, to, "data"));
  }

  Outcome outbound(Packet packet) { return pass(std::move(packet), Direction::outbound); }
  Outcome inbound(Packet packet) { return pass(std::move(packet), Direction::inbound); }
  /// The packet that last passed, as it left the NAT.
  const Packet& last() const { return *last_; }
  /// Why the last packet that did not pass did not.
  const Drop& drop() const { return drop_.value(); }

  void wait(Duration duration) { now_ += duration; }
  std::size_t live() const { return nat_.mappings(now_).size(); }

 private:
  static std::vector<IpAddress> addresses(int count) {
    std::vector<IpAddress> list(static_cast<std::size_t>(count));
    std::ranges::generate(list,
                          [bits = external.v4_bits()]() mutable { return IpAddress::v4(bits++); });
    return list;
  }

  Outcome pass(Packet packet, Direction direction) {
    const Bytes before(packet.bytes().begin(), packet.bytes().end());
    const Verdict verdict = nat_.translate(packet, direction, now_);
    turned_back_ = std::holds_alternative<Reflect>(verdict);
    const auto* drop = std::get_if<Drop>(&verdict);
    if (drop || std::holds_alternative<Hold>(verdict)) {
      EXPECT_TRUE(std::ranges::equal(packet.bytes(), before)) << "a packet that stays was changed";
      if (drop) drop_ = *drop;
      return {std::nullopt, drop ? drop_ : std::nullopt};
    }
    if (packet.is_fragment()) {
      EXPECT_EQ(internet_checksum(packet.bytes().first(20)), 0);
    } else {
      EXPECT_EQ(checksum_faults(packet.bytes()), "");
    }
    last_ = packet;
    return {direction == Direction::outbound ? packet.source() : packet.destination(),
            std::nullopt};
  }

  Nat nat_;
  Instant now_{std::chrono::hours(1)};
  bool turned_back_ = false;
  std::optional<Packet> last_;
  std::optional<Drop> drop_;
};

inline auto dropped(DropReason reason, const std::string& detail) {
  return testing::AllOf(testing::Field(&Drop::reason, reason),
                        testing::Field(&Drop::detail, testing::HasSubstr(detail)));
}

}  // namespace icelab
