#include "netns/fabric/port_pool.h"

namespace icelab {

PortPool::PortPool(PortRange range)
    : range_(range), free_{range.last / 2 - (range.first - 1) / 2, 0} {
  free_[1] = range.size() - free_[0];
}

void PortPool::take(std::uint16_t port) {
  taken_.set(port);
  if (range_.contains(port)) --free_[port % 2];
}

void PortPool::release(std::uint16_t port) {
  taken_.reset(port);
  if (range_.contains(port)) ++free_[port % 2];
}

std::optional<std::uint16_t> PortPool::next_free(PortRange among, int from, Parity parity) const {
  if (is_exhausted(parity)) return std::nullopt;
  return next_port(among, from, parity, [&](std::uint16_t port) { return !taken_[port]; });
}

bool PortPool::is_exhausted(Parity parity) const {
  switch (parity) {
    case Parity::even:
      return free_[0] == 0;
    case Parity::odd:
      return free_[1] == 0;
    case Parity::any:
      break;
  }
  return free_[0] + free_[1] == 0;
}

}  // namespace icelab
