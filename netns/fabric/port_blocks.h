#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/net/address.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace icelab {

/// The ports of one external address in blocks, each of them one subscriber's or nobody's (RFC
/// 6888, RFC 7857). A block serves every protocol, and is given back with its last port.
class PortBlocks {
 public:
  /// What is left of the range after the last whole block is not used.
  PortBlocks(PortRange range, int size);

  /// In the order in which the subscriber got them.
  [[nodiscard]] std::vector<PortRange> of(const IpAddress& subscriber) const;
  [[nodiscard]] std::size_t count() const { return blocks_.size(); }
  /// The first block at or after the `from`th that is nobody's and suits; the search goes on at the
  /// beginning. It is the subscriber's from now on.
  template <typename Predicate>
  std::optional<PortRange> assign(const IpAddress& subscriber, std::size_t from,
                                  const Predicate& suits) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const std::size_t index = (from + i) % blocks_.size();
      if (blocks_[index].owner || !suits(ports_of(index))) continue;
      blocks_[index].owner = subscriber;
      owned_[subscriber].push_back(index);
      return ports_of(index);
    }
    return std::nullopt;
  }
  void take(std::uint16_t port);
  void release(std::uint16_t port);

 private:
  struct Block {
    std::optional<IpAddress> owner;
    int taken = 0;  // of its ports, each protocol's counted
  };
  [[nodiscard]] PortRange ports_of(std::size_t index) const;
  Block* block_of(std::uint16_t port);

  PortRange range_;
  int size_;
  std::vector<Block> blocks_;
  std::unordered_map<IpAddress, std::vector<std::size_t>> owned_;
};

}  // namespace icelab
