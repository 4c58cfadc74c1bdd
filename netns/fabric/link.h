#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/link_behavior.h"
#include "src/base/random.h"
#include "src/net/answers.h"

namespace icelab {

/// One direction of a link: pure, and with one seed always the same.
class LinkDirection {
 public:
  /// `router`: in whose name a sender is told that its packet was too big.
  LinkDirection(const LinkBehavior& behavior, const RouterAddresses& router, std::uint64_t seed)
      : behavior_(behavior), router_(router), random_(seed) {}

  Verdict pass(Packet& packet, Instant now);

 private:
  [[nodiscard]] Drop refuse(const Packet& packet) const;
  bool put_on_wire(Packet& packet, Instant now, Queue& queue);
  /// When a packet of this size has been put on the wire; nullopt if the queue has no room for it.
  std::optional<Instant> leave_queue(std::size_t size, Instant now);
  Instant arrive(Instant sent);
  bool loses_in_burst();

  LinkBehavior behavior_;
  RouterAddresses router_;
  Random random_;
  bool in_burst_ = false;
  Instant wire_free_{};     // when the last packet of the queue has been sent
  Instant last_arrival_{};  // nothing but what is reordered arrives sooner
};

/// A cable or a radio: no addresses, no rules, but both directions take their time and their toll.
class Link final : public Box {
 public:
  Link(const LinkBehavior& up, const LinkBehavior& down, const RouterAddresses& router,
       std::uint64_t seed)
      : up_(up, router, seed), down_(down, router, ~seed) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }
  [[nodiscard]] bool is_router() const override { return false; }

 private:
  LinkDirection up_, down_;  // away from the host, towards it
};

}  // namespace icelab
