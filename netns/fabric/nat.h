#pragma once

#include "netns/fabric/blocked_sources.h"
#include "netns/fabric/mapping_table.h"
#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/nat_fragments.h"
#include "netns/fabric/nat_mapping.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstdint>
#include <span>
#include <vector>

namespace icelab {

/// A network address and port translator with one or more external addresses of one family, the
/// family that it translates (NAT44, or NAT66): RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP). A
/// pure state machine: no sockets, no clock; what a seed, a behaviour and a series of packets give
/// once, they always give. Not thread-safe.
///
/// Mapping. An outbound packet uses, or makes, the mapping of its source and of as much of its
/// destination as NatBehavior::mapping says. An echo request's identifier is its port. Only a SYN
/// begins a TCP connection; any other segment of an unknown one is dropped, in both directions.
///
/// Filtering. A mapping lets a remote endpoint in if the internal one has sent to it through this
/// mapping (section 5; what was sent through another mapping opened another door). A permission
/// lives as long as a mapping would that had last been used for this remote endpoint: it is a
/// session's, as it is in the routers that track connections, so it may end before its mapping
/// does.
///
/// Lifetimes. UDP: NatBehavior::mapping_lifetime after what NatBehavior::refresh says, or
/// unanswered_lifetime; an inbound packet renews its mapping, and the permission by which it came
/// in. TCP: the established
/// lifetime, renewed from both sides; before and after that the transitory one. ICMP queries: since
/// the last request. Expiry is by `now` alone: a mapping is dead at the very instant of its end,
/// whoever comes to notice it.
///
/// Hairpinning. What a host inside sends to an external endpoint goes out and comes in again:
/// it gets a mapping of its own, and filtering sees that mapping's external endpoint, whichever
/// source the receiver is shown.
///
/// Bounds. A protocol has at most one live mapping a port, unless ports are overloaded. A mapping
/// keeps at most max_sessions_per_mapping sessions and the NAT max_sessions in all: the session
/// that would end first makes room for a new one. An expired mapping is remembered until its port
/// is used again.
class Nat {
 public:
  /// At least one external address; a behaviour that does not contradict itself.
  Nat(const NatBehavior& behavior, std::vector<IpAddress> externals, std::uint64_t seed);

  /// Rewrites the packet in place, or says why it goes no further and leaves it as it was.
  /// `now` must not go backwards.
  Verdict translate(Packet& packet, Direction direction, Instant now);

  /// Every mapping ends now, as if nothing had renewed it.
  void expire(Instant now) {
    table_.expire(now);
    blocked_ = {};
  }

  [[nodiscard]] const NatBehavior& behavior() const { return behavior_; }
  [[nodiscard]] std::span<const IpAddress> externals() const { return table_.externals(); }
  /// The live mappings, in no order. For tests and explanations: it looks at all there are.
  [[nodiscard]] std::vector<Mapping> mappings(Instant now) const { return table_.live(now); }

 private:
  Verdict translate_whole(Packet& packet, Direction direction, Instant now);
  Verdict translate_fragment(Packet& packet, Direction direction, Instant now);
  Verdict pass_fragment(Packet& packet, Direction direction, Instant now);
  Verdict reassemble(Packet& packet, Direction direction, Instant now);

  Verdict translate_outbound(Packet& packet, Instant now);
  Verdict translate_inbound(Packet& packet, Instant now);
  Verdict hairpin(Packet& packet, Instant now);
  Verdict translate_error_outbound(Packet& packet, Instant now);
  Verdict translate_error_inbound(Packet& packet, Instant now);

  // These give null if there is no such mapping, and say in `verdict` why.

  /// The mapping by which a packet leaves, made if there is none.
  Mapping* admit_outbound(const Packet& packet, Instant now, Verdict& verdict);
  /// The mapping by which a packet enters that seems to come from `remote`.
  Mapping* admit_inbound(const Packet& packet, const Endpoint& remote, Instant now,
                         Verdict& verdict);
  /// Whose packet an ICMP error is about: it was sent from `external` to `receiver`.
  const Mapping* find_sender(const Packet& error, Protocol protocol, const Endpoint& external,
                             const Endpoint& receiver, Instant now, Verdict& verdict);

  /// What becomes of a packet that nobody asked for: it is dropped, and more.
  Drop unsolicited(const Packet& packet, const Endpoint& remote, const Mapping* mapping,
                   Instant now);
  /// `mapping`: none, one that has ended, one that is nobody's, or one whose filtering says no.
  [[nodiscard]] Drop why_not(const Mapping* mapping, const Endpoint& external,
                             const Endpoint& remote, Dependence filtering, Instant now) const;

  void renew_outbound(Mapping& mapping, Session& session, const Packet& packet, bool begins,
                      Instant now);
  /// Without a session: of a conversation that the outside began.
  [[nodiscard]] Duration udp_lifetime(const Session* session, Instant now) const;
  void renew_udp_inbound(Mapping& mapping, const Endpoint& remote, Instant now) const;
  void renew_tcp(Mapping& mapping, Session& session, const Packet& packet, Direction direction,
                 Instant now);

  void rewrite_source(Packet& packet, const Mapping& mapping) const;
  void rewrite_destination(Packet& packet, const Mapping& mapping) const;

  NatBehavior behavior_;
  MappingTable table_;
  BlockedSources blocked_;
  FragmentTrails trails_;
  FragmentReassembler reassembler_;
};

}  // namespace icelab
