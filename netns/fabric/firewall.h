#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/firewall_behavior.h"
#include "netns/fabric/nat_mapping.h"
#include "src/net/answers.h"

#include <cstddef>
#include <unordered_map>

namespace icelab {

/// A stateful firewall between an inner network and an outer one that share their addresses: RFC
/// 6092 for what it remembers. Pure.
class Firewall final : public Box {
 public:
  /// So many conversations at once; beyond them nothing new is let out.
  static constexpr std::size_t max_conversations = 65536;

  /// `addresses`: in whose name it refuses.
  Firewall(FirewallBehavior behavior, const RouterAddresses& addresses)
      : behavior_(std::move(behavior)), addresses_(addresses) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }
  void expire(Instant /*now*/) override { conversations_.clear(); }

 private:
  /// Who inside speaks with whom outside, as far as filtering asks.
  struct Key {
    Protocol protocol;
    Endpoint inside, outside;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Conversation {
    Instant expires;
    TcpProgress tcp;
  };

  [[nodiscard]] Key key_of(Protocol protocol, const Endpoint& inside,
                           const Endpoint& outside) const;
  Conversation* find(const Key& key, Instant now);
  /// Begins a conversation, or goes on with one.
  Verdict converse(const Key& key, const Packet& packet, Direction direction, Instant now);
  Verdict pass_error(const Packet& packet, Direction direction, Instant now);
  [[nodiscard]] bool may_begin(const Packet& packet, Direction direction) const;
  [[nodiscard]] Drop refuse(const Packet& packet, Direction direction) const;
  [[nodiscard]] bool is_for_portal(const Packet& packet, Direction direction) const;
  bool make_room(Instant now);

  FirewallBehavior behavior_;
  RouterAddresses addresses_;
  std::unordered_map<Key, Conversation, KeyHash> conversations_;
};

}  // namespace icelab
