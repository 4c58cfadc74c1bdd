#pragma once

#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstddef>
#include <unordered_map>

namespace icelab {

/// Who may not enter which external endpoint, and until when: the early packets that some NATs take
/// for an attack.
class BlockedSources {
 public:
  static constexpr std::size_t max_sources = 65536;  // more are not blocked

  void block(Protocol protocol, const Endpoint& external, const Endpoint& remote, Instant until,
             Instant now);
  [[nodiscard]] bool empty() const { return until_.empty(); }
  /// Until when; not blocked if that is over.
  [[nodiscard]] Instant until(Protocol protocol, const Endpoint& external,
                              const Endpoint& remote) const;

 private:
  struct Key {
    Protocol protocol;
    Endpoint external, remote;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      constexpr std::hash<Endpoint> hash;
      return hash(key.external) + 3 * hash(key.remote) + static_cast<std::size_t>(key.protocol);
    }
  };

  std::unordered_map<Key, Instant, KeyHash> until_;
};

}  // namespace icelab
