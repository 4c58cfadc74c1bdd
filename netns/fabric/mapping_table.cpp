#include "netns/fabric/mapping_table.h"

#include <type_traits>

namespace icelab {
namespace {

template <typename Iterator>
struct Entries {
  Iterator first, last;
  [[nodiscard]] Iterator begin() const { return first; }
  [[nodiscard]] Iterator end() const { return last; }
};

/// Those of a table's entries that have this key.
template <typename Map>
auto entries_of(Map& map, std::uint64_t key) {
  const auto [first, last] = map.equal_range(key);
  return Entries<std::remove_const_t<decltype(first)>>{first, last};
}

bool looks_ahead(const NatBehavior& behavior) {
  return behavior.port_assignment == PortAssignment::sequential || behavior.port_block ||
         behavior.on_clash == PortClash::next;
}

}  // namespace

std::size_t MappingTable::InternalKeyHash::operator()(const InternalKey& key) const noexcept {
  constexpr std::hash<Endpoint> hash;
  return hash(key.internal) + 3 * hash(key.towards) + static_cast<std::size_t>(key.protocol);
}

MappingTable::MappingTable(const NatBehavior& behavior, std::vector<IpAddress> externals,
                           std::uint64_t seed)
    : behavior_(behavior),
      looks_ahead_(looks_ahead(behavior)),
      ports_(behavior, std::move(externals), seed) {}

// From inside.

Mapping* MappingTable::look_up(Protocol protocol, const Endpoint& internal,
                               const Endpoint& towards) const {
  const auto found = by_internal_.find({protocol, internal, towards});
  return found == by_internal_.end() ? nullptr : found->second;
}

Mapping* MappingTable::if_live(Mapping* mapping, Instant now) {
  if (mapping == nullptr || mapping->is_live(now)) return mapping;
  retire(*mapping);
  return nullptr;
}

Mapping* MappingTable::find_internal(Protocol protocol, const Endpoint& internal,
                                     const Endpoint& remote, Instant now) {
  const Endpoint towards = depended_on(mapping_of(behavior_, protocol), remote);
  if (behavior_.port_overloading) {
    if (Mapping* apart = if_live(look_up(protocol, internal, remote), now)) return apart;
  }
  return if_live(look_up(protocol, internal, towards), now);
}

void MappingTable::expire(Instant now) {
  for (auto& [key, mapping] : by_external_) {
    for (auto& session : mapping.sessions) session.expires = std::min(session.expires, now);
    mapping.expires = std::min(mapping.expires, now);
    note_end(mapping);
  }
}

void MappingTable::note_connection(Mapping& mapping, const Endpoint& remote) {
  if (look_up(Protocol::tcp, mapping.internal,
              depended_on(mapping_of(behavior_, Protocol::tcp), remote)) != &mapping)
    connections_[{Protocol::tcp, mapping.internal, remote}] = &mapping;
}

void MappingTable::forget_connection(const Mapping& mapping, const Endpoint& remote) {
  const auto found = connections_.find({Protocol::tcp, mapping.internal, remote});
  if (found != connections_.end() && found->second == &mapping) connections_.erase(found);
}

Mapping* MappingTable::find_connection(const Endpoint& internal, const Endpoint& remote,
                                       Instant now) {
  const auto found = connections_.find({Protocol::tcp, internal, remote});
  if (found == connections_.end()) return nullptr;
  const Session* session = found->second->find_session(remote);
  if (found->second->is_live(now) && session && now < session->expires) return found->second;
  connections_.erase(found);
  return nullptr;
}

const Mapping* MappingTable::find_internal(Protocol protocol, const Endpoint& internal,
                                           const Endpoint& remote, Instant now) const {
  for (const Endpoint& towards : {remote, depended_on(mapping_of(behavior_, protocol), remote)}) {
    const Mapping* mapping = look_up(protocol, internal, towards);
    if (mapping && mapping->is_live(now)) return mapping;
  }
  return nullptr;
}

// From outside.

Mapping* MappingTable::find_external(Protocol protocol, const Endpoint& external,
                                     const Endpoint& remote, Instant now) {
  const ExternalKey key = key_of(protocol, external);
  return behavior_.port_overloading ? find_shared(protocol, key, remote, now) : find_only(key);
}

Mapping* MappingTable::find_only(ExternalKey key) {
  const auto found = by_external_.find(key);
  return found == by_external_.end() ? nullptr : &found->second;
}

Mapping* MappingTable::find_shared(Protocol protocol, ExternalKey key, const Endpoint& remote,
                                   Instant now) {
  const Dependence filtering = filtering_of(behavior_, protocol);
  const auto suitability = [&](const Mapping& mapping) {
    if (!mapping.is_live(now)) return 0;
    if (mapping.is_nobodys()) return 1;
    if (mapping.serves(remote, now)) return 4;
    return mapping.permits(filtering, remote, now) ? 3 : 2;
  };
  Mapping* best = nullptr;
  for (auto& [_, mapping] : entries_of(by_external_, key)) {
    if (best == nullptr || suitability(mapping) > suitability(*best)) best = &mapping;
  }
  return best;
}

bool MappingTable::is_taken_towards(const Mapping& mapping, const Endpoint& remote,
                                    Instant now) const {
  if (!behavior_.port_overloading) return false;
  return std::ranges::any_of(
      entries_of(by_external_, key_of(mapping.protocol, mapping.external)), [&](const auto& entry) {
        const Mapping& other = entry.second;
        return &other != &mapping && other.is_live(now) && other.serves(remote, now);
      });
}

// New mappings.

std::variant<Mapping*, Shortage> MappingTable::add(Protocol protocol, const Endpoint& internal,
                                                   const Endpoint& remote, Instant now) {
  if (sessions_ >= max_sessions || has_too_many(internal.address)) retire_expired(now);
  if (sessions_ >= max_sessions) return Shortage::sessions;
  if (has_too_many(internal.address)) return Shortage::subscriber;
  const auto external = assign(protocol, internal, remote, now);
  if (!external) return Shortage::ports;

  Endpoint towards = depended_on(mapping_of(behavior_, protocol), remote);
  if (look_up(protocol, internal, towards) != nullptr) towards = remote;  // an exception to it
  if (Mapping* replaced = look_up(protocol, internal, towards)) retire(*replaced);
  Mapping& mapping = place_for(protocol, *external);
  mapping = {.protocol = protocol,
             .internal = internal,
             .towards = towards,
             .external = *external,
             .retired = false,
             .expires = {},
             .sessions = {}};
  by_internal_.emplace(InternalKey{protocol, internal, towards}, &mapping);
  if (behavior_.mappings_per_subscriber) ++per_subscriber_[internal.address];
  return &mapping;
}

bool MappingTable::has_too_many(const IpAddress& subscriber) const {
  if (!behavior_.mappings_per_subscriber) return false;
  const auto found = per_subscriber_.find(subscriber);
  return found != per_subscriber_.end() && found->second >= *behavior_.mappings_per_subscriber;
}

std::optional<Endpoint> MappingTable::assign(Protocol protocol, const Endpoint& internal,
                                             const Endpoint& remote, Instant now) {
  if (looks_ahead_) {
    retire_expired(now);
  } else {
    retire_dead_holders(protocol, internal.port, now);
  }
  MayShare sharing;
  if (behavior_.port_overloading) {
    sharing = [&](const Endpoint& external) {
      return may_share(protocol, external, internal, remote, now);
    };
  }
  const auto assigned = ports_.assign(protocol, internal, sharing);
  if (assigned || !retire_expired(now)) return assigned;
  return ports_.assign(protocol, internal, sharing);
}

/// So that a port can be preserved whose last mapping is over.
void MappingTable::retire_dead_holders(Protocol protocol, std::uint16_t port, Instant now) {
  if (behavior_.port_assignment != PortAssignment::preserve) return;
  for (const IpAddress& address : externals()) {
    const ExternalKey key = key_of(protocol, {address, port});
    if (behavior_.port_overloading) {
      for (auto& [_, mapping] : entries_of(by_external_, key)) retire_if_over(mapping, now);
    } else if (Mapping* holder = find_only(key)) {
      retire_if_over(*holder, now);
    }
  }
}

/// Not with a mapping of the same internal endpoint: that would not be another port.
bool MappingTable::may_share(Protocol protocol, const Endpoint& external, const Endpoint& internal,
                             const Endpoint& remote, Instant now) const {
  return std::ranges::none_of(
      entries_of(by_external_, key_of(protocol, external)), [&](const auto& entry) {
        const Mapping& other = entry.second;
        return other.is_live(now) && (other.internal == internal || other.serves(remote, now));
      });
}

Mapping& MappingTable::place_for(Protocol protocol, const Endpoint& external) {
  const ExternalKey key = key_of(protocol, external);
  if (!behavior_.port_overloading) {
    Mapping* remembered = find_only(key);
    if (remembered != nullptr) return *remembered;
  }
  for (auto& [_, mapping] : entries_of(by_external_, key)) {
    if (mapping.retired) return mapping;
  }
  return by_external_.emplace(key, Mapping{})->second;
}

Session& MappingTable::begin_session(Mapping& mapping, Session* expired, const Endpoint& remote) {
  auto& sessions = mapping.sessions;
  const bool full = sessions.size() >= max_sessions_per_mapping || sessions_ >= max_sessions;
  if (expired == nullptr && full && !sessions.empty())
    expired = &*std::ranges::min_element(sessions, {}, &Session::expires);
  if (expired != nullptr) {
    forget_connection(mapping, expired->remote);
    return *expired = Session{.remote = remote};
  }
  ++sessions_;
  return sessions.emplace_back(Session{.remote = remote});
}

void MappingTable::occupy(Protocol protocol, const Endpoint& external, const Endpoint& remote,
                          Instant until, Instant now) {
  Mapping* occupied = nullptr;
  for (auto& [_, mapping] : entries_of(by_external_, key_of(protocol, external))) {
    if (mapping.is_live(now) && mapping.is_nobodys()) occupied = &mapping;
    if (mapping.is_live(now) && !mapping.is_nobodys() && !behavior_.port_overloading) return;
    retire_if_over(mapping, now);
  }
  if (occupied == nullptr) {
    if (sessions_ >= max_sessions) return;
    ports_.take(protocol, external);
    occupied = &place_for(protocol, external);
    *occupied = {.protocol = protocol,
                 .internal = {},
                 .towards = {},
                 .external = external,
                 .retired = false,
                 .expires = {},
                 .sessions = {}};
  }
  Session* session = occupied->find_session(remote);
  if (session == nullptr) session = &begin_session(*occupied, nullptr, remote);
  session->expires = until;
  occupied->expires = until;
  note_end(*occupied);
}

// Ends.

void MappingTable::retire(Mapping& mapping) {
  mapping.retired = true;
  sessions_ -= mapping.sessions.size();
  if (!connections_.empty()) {
    for (const Session& session : mapping.sessions) forget_connection(mapping, session.remote);
  }
  mapping.sessions = {};
  if (!is_shared(mapping)) ports_.release(mapping.protocol, mapping.external);
  if (mapping.is_nobodys()) return;
  by_internal_.erase({mapping.protocol, mapping.internal, mapping.towards});
  if (!behavior_.mappings_per_subscriber) return;
  const auto count = per_subscriber_.find(mapping.internal.address);
  if (--count->second == 0) per_subscriber_.erase(count);
}

void MappingTable::retire_if_over(Mapping& mapping, Instant now) {
  if (!mapping.retired && !mapping.is_live(now)) retire(mapping);
}

/// Whether any other mapping has this one's port.
bool MappingTable::is_shared(const Mapping& mapping) const {
  if (!behavior_.port_overloading) return false;
  const auto sharing = entries_of(by_external_, key_of(mapping.protocol, mapping.external));
  return std::ranges::any_of(sharing, [&](const auto& entry) {
    return &entry.second != &mapping && !entry.second.retired;
  });
}

bool MappingTable::retire_expired(Instant now) {
  if (now < next_end_) return false;
  next_end_ = Instant::max();
  bool any = false;
  for (auto& [_, mapping] : by_external_) {
    if (mapping.retired) continue;
    if (mapping.is_live(now)) {
      next_end_ = std::min(next_end_, mapping.expires);
    } else {
      retire(mapping);
      any = true;
    }
  }
  return any;
}

std::vector<Mapping> MappingTable::live(Instant now) const {
  std::vector<Mapping> live;
  for (const auto& [_, mapping] : by_external_) {
    if (mapping.is_live(now) && !mapping.is_nobodys()) live.push_back(mapping);
  }
  return live;
}

}  // namespace icelab
