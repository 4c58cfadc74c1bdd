#pragma once

#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

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
  /// The addresses by which the outer network reaches what is inside. A box that has none is
  /// transparent: the addresses inside are valid outside too.
  [[nodiscard]] virtual std::span<const IpAddress> external_addresses() const = 0;
  /// Whether it is a router, which takes one from each packet's time to live. A cable is none.
  [[nodiscard]] virtual bool is_router() const { return true; }
  /// Ends at once whatever it remembers and would forget in time: mappings, conversations.
  virtual void expire(Instant /*now*/) {}
};

}  // namespace icelab
