#include "netns/fabric/port_pool.h"

#include "src/net/address.h"

namespace icelab {

std::optional<std::uint16_t> PortPool::take(std::uint16_t preferred) {
  if (preferred != 0 && !taken_[preferred]) return mark(preferred);
  if (is_exhausted()) return std::nullopt;

  random_ +=
      0x9e3779b97f4a7c15U;  // an odd step visits every state (a Weyl sequence), mix() spreads it
  std::uint32_t port =
      first_random + static_cast<std::uint32_t>(mix(random_) % (end - first_random));
  while (taken_[port]) {
    if (++port == end) port = first_random;
  }
  return mark(port);
}

void PortPool::release(std::uint16_t port) {
  taken_.reset(port);
  if (port >= first_random) ++free_;
}

std::uint16_t PortPool::mark(std::uint32_t port) {
  taken_.set(port);
  if (port >= first_random) --free_;
  return static_cast<std::uint16_t>(port);
}

}  // namespace icelab
