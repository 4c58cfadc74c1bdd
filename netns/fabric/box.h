#pragma once

#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"
#include "src/net/prefix.h"

#include <span>

namespace icelab {

/// Something that stands between an inner network and an outer one and decides about each packet
/// that wants through. Pure: no descriptors, and what time it is, it is told.
class Box {
 public:
  Box() = default;
  virtual ~Box() = default;
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  virtual Verdict pass(Packet& packet, Direction direction, Instant now) = 0;
  /// The addresses by which the outer network reaches what is inside.
  [[nodiscard]] virtual std::span<const IpAddress> external_addresses() const = 0;
  /// And whole prefixes of them, for a box that translates without remembering anything.
  [[nodiscard]] virtual std::span<const IpPrefix> external_prefixes() const { return {}; }
  /// Whether an address inside is valid outside too. So it is, unless the box stands for addresses
  /// of its family itself: a NAT of IPv4 is a plain router of IPv6.
  [[nodiscard]] virtual bool is_transparent_for(const IpAddress& inside) const;
  /// Whether it is a router, which takes one from each packet's time to live. A cable is none.
  [[nodiscard]] virtual bool is_router() const { return true; }
  /// Whether what it remembers ages by the machine's clock, whatever time the box is told.
  [[nodiscard]] virtual bool ages_in_real_time() const { return false; }
  /// Ends at once whatever it remembers and would forget in time: mappings, conversations.
  virtual void expire(Instant /*now*/) {}
};

}  // namespace icelab
