#include "netns/fabric/port_blocks.h"

#include <utility>

namespace icelab {

PortBlocks::PortBlocks(PortRange range, int size)
    : range_(range), size_(size), blocks_(static_cast<std::size_t>(range.size() / size)) {}

std::vector<PortRange> PortBlocks::of(const IpAddress& subscriber) const {
  std::vector<PortRange> ranges;
  const auto found = owned_.find(subscriber);
  if (found == owned_.end()) return ranges;
  for (const std::size_t index : found->second) ranges.push_back(ports_of(index));
  return ranges;
}

void PortBlocks::take(std::uint16_t port) {
  if (Block* block = block_of(port)) ++block->taken;
}

void PortBlocks::release(std::uint16_t port) {
  Block* block = block_of(port);
  if (block == nullptr || --block->taken > 0 || !block->owner) return;
  const auto owner = owned_.find(*std::exchange(block->owner, std::nullopt));
  std::erase(owner->second, static_cast<std::size_t>(block - blocks_.data()));
  if (owner->second.empty()) owned_.erase(owner);
}

PortRange PortBlocks::ports_of(std::size_t index) const {
  const int first = range_.first + static_cast<int>(index) * size_;
  return {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(first + size_ - 1)};
}

PortBlocks::Block* PortBlocks::block_of(std::uint16_t port) {
  if (!range_.contains(port)) return nullptr;
  const auto index = static_cast<std::size_t>((port - range_.first) / size_);
  return index < blocks_.size() ? &blocks_[index] : nullptr;
}

}  // namespace icelab
