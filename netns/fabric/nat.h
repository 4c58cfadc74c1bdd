#pragma once

#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/nat_mapping.h"
#include "netns/fabric/port_pool.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace icelab {

/// A network address and port translator with one external IPv4 address: RFC 4787 (UDP), RFC 5382
/// (TCP), RFC 5508 (ICMP). A pure state machine: no sockets, no clock; what a seed, a behaviour and
/// a series of packets give once, they always give. Not thread-safe.
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
/// Lifetimes. UDP: NatBehavior::mapping_lifetime after the last outbound packet; inbound ones renew
/// nothing (REQ-6 requires the one and permits the other). TCP: idle_tcp once established, renewed
/// from both sides; transitory_tcp before and after. ICMP queries: idle_query. Expiry is by `now`
/// alone: a mapping is dead at the very instant of its end, whoever comes to notice it.
///
/// Bounds. A protocol has at most one live mapping a port. A mapping keeps at most
/// max_sessions_per_mapping sessions and the NAT max_sessions in all: the session that would end
/// first makes room for a new one. An expired mapping is remembered until its port is used again.
class Nat {
 public:
  static constexpr Duration idle_tcp = std::chrono::minutes(2 * 60 + 4);  // RFC 5382 REQ-5
  static constexpr Duration transitory_tcp = std::chrono::minutes(4);     // RFC 5382 REQ-5
  static constexpr Duration idle_query = std::chrono::seconds(60);        // RFC 5508 REQ-2
  static constexpr std::size_t max_sessions_per_mapping = 1024;
  static constexpr std::size_t max_sessions = 262144;

  Nat(NatBehavior behavior, IpAddress external, std::uint64_t seed);

  /// Rewrites the packet in place, or says why it goes no further and leaves it as it was.
  /// `now` must not go backwards.
  Verdict translate(Packet& packet, Direction direction, Instant now);

  [[nodiscard]] const NatBehavior& behavior() const { return behavior_; }
  [[nodiscard]] IpAddress external() const { return external_; }
  /// The live mappings, in no order. For tests and explanations: it looks at all there are.
  [[nodiscard]] std::vector<Mapping> mappings(Instant now) const;

 private:
  /// What a mapping is found by from inside.
  struct InternalKey {
    Protocol protocol;
    Endpoint internal;
    Endpoint towards;
    bool operator==(const InternalKey&) const = default;
  };
  struct InternalKeyHash {
    std::size_t operator()(const InternalKey& key) const noexcept;
  };

  [[nodiscard]] std::optional<Drop> refuse_outbound(const Packet& packet) const;
  [[nodiscard]] std::optional<Drop> refuse_inbound(const Packet& packet) const;
  Verdict translate_outbound(Packet& packet, Instant now);
  Verdict translate_inbound(Packet& packet, Instant now);
  Verdict translate_error_outbound(Packet& packet, Instant now);
  Verdict translate_error_inbound(Packet& packet, Instant now);

  Mapping* find_internal(Protocol protocol, const Endpoint& internal, const Endpoint& remote,
                         Instant now);
  /// The mapping of an external port, live or remembered.
  Mapping* find_external(Protocol protocol, std::uint16_t port);
  std::optional<std::uint16_t> assign_port(Protocol protocol, std::uint16_t preferred, Instant now);
  Mapping& add_mapping(Protocol protocol, const Endpoint& internal, const Endpoint& remote,
                       std::uint16_t port);
  Session& begin_session(Mapping& mapping, Session* expired, const Endpoint& remote);
  void renew(Mapping& mapping, Session& session, const Packet& packet, Direction direction,
             Instant now);
  void retire(Mapping& mapping);
  void retire_expired(Instant now);

  [[nodiscard]] Endpoint external_endpoint(const Mapping& mapping) const;
  PortPool& pool(Protocol protocol) { return pools_[static_cast<std::size_t>(protocol)]; }

  // The rules in words, for drops.
  [[nodiscard]] Drop exhausted(Protocol protocol, const Endpoint& internal) const;
  [[nodiscard]] Drop not_mapped(const Mapping* expired, const Endpoint& external,
                                const Endpoint& remote, Instant now) const;
  [[nodiscard]] Drop filtered(const Mapping& mapping, const Endpoint& remote, Instant now) const;
  [[nodiscard]] static Drop unknown_connection(DropReason reason, const Packet& packet);
  [[nodiscard]] std::string other_mapping(const Mapping& mapping, const Endpoint& remote,
                                          Instant now) const;

  NatBehavior behavior_;
  IpAddress external_;
  std::array<PortPool, 3> pools_;  // of UDP, TCP, ICMP
  std::unordered_map<std::uint32_t, Mapping> by_external_;
  std::unordered_map<InternalKey, Mapping*, InternalKeyHash> by_internal_;  // without the retired
  std::size_t sessions_ = 0;
  Instant next_end_ = Instant::max();  // no mapping ends sooner: looking for expired ones is vain
};

}  // namespace icelab
