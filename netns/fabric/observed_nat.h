#pragma once

#include "netns/fabric/kernel_router_behavior.h"
#include "netns/fabric/nat_mapping.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/packet.h"

#include <vector>

namespace icelab {

/// What a kernel router has been seen to do: which external endpoint has stood for which internal
/// one, and towards whom. It decides nothing. It says in a Nat's own words why a packet that the
/// kernel has kept to itself did not come in, as far as that can be known from outside.
class ObservedNat {
 public:
  explicit ObservedNat(const KernelRouterBehavior& behavior)
      : behavior_(behavior), claim_(nat_behavior_of(behavior)) {}

  /// A packet before it was translated and after, on its way out or in.
  void saw_outbound(const Packet& before, const Packet& after, Instant now);
  void saw_inbound(const Packet& before, const Packet& after, Instant now);
  /// Why this one did not come in. Whoever sent it came too early, if nobody had asked for it.
  Drop explain_inbound(const Packet& packet, Instant now);
  /// Everything that is mapped by now is so no more.
  void expire();

 private:
  /// What a packet says of a mapping: `external` is on the outer side of the router.
  struct Use {
    Protocol protocol;
    Endpoint internal, external, remote;
  };
  void note(const Use& use, bool sent, Instant now);
  Mapping& place_for_another();
  /// Through which `external` was last used; null if it never was.
  [[nodiscard]] const Mapping* last_mapped(Protocol protocol, const Endpoint& external) const;
  /// Through which the same internal endpoint reaches `remote`; null if it does not.
  [[nodiscard]] const Mapping* towards(const Mapping& mapping, const Endpoint& remote,
                                       Instant now) const;
  [[nodiscard]] Drop refuse(const Mapping& mapping, const Packet& packet, Instant now);
  [[nodiscard]] Duration longest_lifetime(Protocol protocol) const;

  /// Somebody who sent to an external endpoint before anybody inside had sent to him.
  struct Early {
    Protocol protocol;
    Endpoint remote, external;
    bool operator==(const Early&) const = default;
  };
  void note_early(const Early& early);

  KernelRouterBehavior behavior_;
  NatBehavior claim_;
  // Each ends when the router must have forgotten it, or before.
  std::vector<Mapping> mappings_;
  std::vector<Early> early_;
};

}  // namespace icelab
