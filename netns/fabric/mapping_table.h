#pragma once

#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/nat_mapping.h"
#include "netns/fabric/port_allocator.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

namespace icelab {

/// Why there is no new mapping.
enum class Shortage { sessions, ports, subscriber };

/// A NAT's mappings, found from inside and from outside, and the external endpoints lent to them.
/// What has expired is noticed when it is met, or when there is no room for anything else.
class MappingTable {
 public:
  static constexpr std::size_t max_sessions_per_mapping = 1024;
  static constexpr std::size_t max_sessions = 262144;

  MappingTable(const NatBehavior& behavior, std::vector<IpAddress> externals, std::uint64_t seed);

  [[nodiscard]] std::span<const IpAddress> externals() const { return ports_.addresses(); }
  [[nodiscard]] bool is_external(const IpAddress& address) const {
    return ports_.index_of(address) < externals().size();
  }

  /// The live mapping that an internal endpoint has towards a remote one.
  Mapping* find_internal(Protocol protocol, const Endpoint& internal, const Endpoint& remote,
                         Instant now);
  [[nodiscard]] const Mapping* find_internal(Protocol protocol, const Endpoint& internal,
                                             const Endpoint& remote, Instant now) const;
  /// A TCP connection that began outside, through this mapping: its segments go back the same way,
  /// whatever mapping the remote endpoint would have from inside.
  void note_connection(Mapping& mapping, const Endpoint& remote);
  Mapping* find_connection(const Endpoint& internal, const Endpoint& remote, Instant now);
  /// The mapping of an external endpoint, live or remembered; of several that share it, the one
  /// that serves `remote`, or else lets it in.
  Mapping* find_external(Protocol protocol, const Endpoint& external, const Endpoint& remote,
                         Instant now);
  /// Whether another mapping that shares this one's port serves `remote` already.
  [[nodiscard]] bool is_taken_towards(const Mapping& mapping, const Endpoint& remote,
                                      Instant now) const;

  std::variant<Mapping*, Shortage> add(Protocol protocol, const Endpoint& internal,
                                       const Endpoint& remote, Instant now);
  /// Anew in the place of `expired`, or one more; if there are too many, in the place of the one
  /// that would end first.
  Session& begin_session(Mapping& mapping, Session* expired, const Endpoint& remote);
  /// To be told when a mapping's end was set.
  void note_end(const Mapping& mapping) { next_end_ = std::min(next_end_, mapping.expires); }
  /// An early packet takes a port for itself, if nobody has it: towards anyone, or where ports are
  /// shared towards its source.
  void occupy(Protocol protocol, const Endpoint& external, const Endpoint& remote, Instant until,
              Instant now);

  /// Ends all there are.
  void expire(Instant now);
  /// Looks at all there are.
  [[nodiscard]] std::vector<Mapping> live(Instant now) const;

 private:
  void forget_connection(const Mapping& mapping, const Endpoint& remote);
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
  /// An external endpoint: it has several mappings only where ports are overloaded.
  using ExternalKey = std::uint64_t;
  using ByExternal = std::unordered_multimap<ExternalKey, Mapping>;

  [[nodiscard]] ExternalKey key_of(Protocol protocol, const Endpoint& external) const {
    return (ports_.index_of(external.address) << 18) | (static_cast<ExternalKey>(protocol) << 16) |
           external.port;
  }
  /// By what a mapping depends on, or by all of the remote endpoint.
  [[nodiscard]] Mapping* look_up(Protocol protocol, const Endpoint& internal,
                                 const Endpoint& towards) const;
  /// Retired if it is dead, and then no more.
  Mapping* if_live(Mapping* mapping, Instant now);
  /// Where ports are not overloaded.
  Mapping* find_only(ExternalKey key);
  Mapping* find_shared(Protocol protocol, ExternalKey key, const Endpoint& remote, Instant now);
  std::optional<Endpoint> assign(Protocol protocol, const Endpoint& internal,
                                 const Endpoint& remote, Instant now);
  [[nodiscard]] bool may_share(Protocol protocol, const Endpoint& external,
                               const Endpoint& internal, const Endpoint& remote, Instant now) const;
  void retire_dead_holders(Protocol protocol, std::uint16_t port, Instant now);
  [[nodiscard]] bool has_too_many(const IpAddress& subscriber) const;
  /// A place for a mapping of this external endpoint: a retired one's, if there is one.
  Mapping& place_for(Protocol protocol, const Endpoint& external);
  void retire(Mapping& mapping);
  void retire_if_over(Mapping& mapping, Instant now);
  [[nodiscard]] bool is_shared(const Mapping& mapping) const;
  /// Whether there was any.
  bool retire_expired(Instant now);

  NatBehavior behavior_;
  bool looks_ahead_;  // it matters which port is free next, so none may be hidden by what expired
  PortAllocator ports_;
  ByExternal by_external_;
  std::unordered_map<InternalKey, Mapping*, InternalKeyHash> by_internal_;  // without the retired
  std::unordered_map<InternalKey, Mapping*, InternalKeyHash> connections_;  // begun outside
  std::unordered_map<IpAddress, int> per_subscriber_;                       // if there is a limit
  std::size_t sessions_ = 0;
  Instant next_end_ = Instant::max();  // no mapping ends sooner: looking for expired ones is vain
};

}  // namespace icelab
