#pragma once

#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/port_blocks.h"
#include "netns/fabric/port_pool.h"
#include "src/base/random.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace icelab {

/// Whether an external endpoint that is taken may serve one mapping more.
using MayShare = std::function<bool(const Endpoint& external)>;

/// Chooses the external endpoints of new mappings: RFC 4787 sections 4.1 (pooling) and 4.2 (port
/// assignment), and port blocks.
class PortAllocator {
 public:
  /// At least one address.
  PortAllocator(const NatBehavior& behavior, std::vector<IpAddress> addresses, std::uint64_t seed);

  [[nodiscard]] std::span<const IpAddress> addresses() const { return addresses_; }
  /// Which of the addresses this is; as many as there are if it is none of them.
  [[nodiscard]] std::size_t index_of(const IpAddress& address) const {
    std::size_t index = 0;
    while (index < addresses_.size() && addresses_[index] != address) ++index;
    return index;
  }

  /// For a mapping of `internal`: an endpoint that was free and is taken from now on, or one that
  /// may be shared; nullopt if there is neither. An empty `may_share` is never asked.
  std::optional<Endpoint> assign(Protocol protocol, const Endpoint& internal,
                                 const MayShare& may_share);
  /// Takes this one if it is free.
  void take(Protocol protocol, const Endpoint& external);
  void release(Protocol protocol, const Endpoint& external);

 private:
  /// What belongs to one external address.
  struct External {
    std::vector<PortPool> pools;  // of UDP, TCP, ICMP
    std::vector<int> last;        // of each, the port that was given last
    std::optional<PortBlocks> blocks;
  };

  [[nodiscard]] bool may_preserve(std::uint16_t port) const;
  /// Which address comes first for an internal one; the others follow it where pooling permits.
  std::size_t first_choice(const IpAddress& internal);
  std::optional<Endpoint> assign_at(std::size_t index, Protocol protocol, const Endpoint& internal,
                                    const MayShare& may_share);
  std::optional<std::uint16_t> find_free(External& external, Protocol protocol,
                                         const Endpoint& internal);
  std::optional<std::uint16_t> find_free_in_blocks(External& external, Protocol protocol,
                                                   const Endpoint& internal);
  std::optional<std::uint16_t> find_shared(External& external, const IpAddress& address,
                                           const Endpoint& internal, const MayShare& may_share);
  /// Where in a range the search begins.
  int starting_point(PortRange range, const External& external, Protocol protocol,
                     const Endpoint& internal);
  [[nodiscard]] Parity parity_of(const Endpoint& internal) const;
  static void take_port(External& external, Protocol protocol, std::uint16_t port);

  NatBehavior behavior_;
  PortRange range_;
  std::vector<IpAddress> addresses_;
  std::vector<External> externals_;
  std::uint64_t seed_;
  Random random_;
};

}  // namespace icelab
