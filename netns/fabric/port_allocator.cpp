#include "netns/fabric/port_allocator.h"

namespace icelab {
namespace {

constexpr std::size_t protocols = 3;

std::size_t index(Protocol protocol) {
  return static_cast<std::size_t>(protocol);
}

}  // namespace

PortAllocator::PortAllocator(const NatBehavior& behavior, std::vector<IpAddress> addresses,
                             std::uint64_t seed)
    : behavior_(behavior),
      range_(behavior.ports.value_or(PortRange())),
      addresses_(std::move(addresses)),
      externals_(addresses_.size()),
      seed_(seed),
      random_(seed) {
  for (External& external : externals_) {
    external.pools.assign(protocols, PortPool(range_));
    external.last.assign(protocols, range_.first - 1);
    if (behavior.port_block) external.blocks.emplace(range_, *behavior.port_block);
  }
}

std::optional<Endpoint> PortAllocator::assign(Protocol protocol, const Endpoint& internal,
                                              const MayShare& may_share) {
  const std::size_t first = first_choice(internal.address);
  const std::size_t choices = behavior_.pooling == Pooling::paired ? 1 : addresses_.size();
  for (std::size_t i = 0; i < choices; ++i) {
    const auto assigned = assign_at((first + i) % addresses_.size(), protocol, internal, may_share);
    if (assigned) return assigned;
  }
  return std::nullopt;
}

/// A pair is a matter of the internal address and the seed alone, so it needs no remembering.
std::size_t PortAllocator::first_choice(const IpAddress& internal) {
  if (addresses_.size() == 1) return 0;
  if (behavior_.pooling == Pooling::arbitrary) return random_.below(addresses_.size());
  return Random(seed_ ^ mix(internal.hash())).below(addresses_.size());
}

std::optional<Endpoint> PortAllocator::assign_at(std::size_t index, Protocol protocol,
                                                 const Endpoint& internal,
                                                 const MayShare& may_share) {
  External& external = externals_[index];
  const IpAddress& address = addresses_[index];
  if (may_preserve(internal.port)) {
    if (external.pools[icelab::index(protocol)].is_free(internal.port)) {
      take_port(external, protocol, internal.port);
      return Endpoint{address, internal.port};
    }
    if (may_share && may_share({address, internal.port})) return Endpoint{address, internal.port};
  }
  if (const auto port = find_free(external, protocol, internal)) {
    external.last[icelab::index(protocol)] = *port;
    take_port(external, protocol, *port);
    return Endpoint{address, *port};
  }
  const auto shared =
      may_share ? find_shared(external, address, internal, may_share) : std::nullopt;
  return shared ? std::optional(Endpoint{address, *shared}) : std::nullopt;
}

bool PortAllocator::may_preserve(std::uint16_t port) const {
  return behavior_.port_assignment == PortAssignment::preserve && !behavior_.port_block &&
         port != 0 && (!behavior_.ports || range_.contains(port));
}

std::optional<std::uint16_t> PortAllocator::find_free(External& external, Protocol protocol,
                                                      const Endpoint& internal) {
  if (external.blocks) return find_free_in_blocks(external, protocol, internal);
  return external.pools[index(protocol)].next_free(
      range_, starting_point(range_, external, protocol, internal), parity_of(internal));
}

std::optional<std::uint16_t> PortAllocator::find_free_in_blocks(External& external,
                                                                Protocol protocol,
                                                                const Endpoint& internal) {
  const PortPool& pool = external.pools[index(protocol)];
  const Parity parity = parity_of(internal);
  const auto find_in = [&](PortRange block) {
    return pool.next_free(block, starting_point(block, external, protocol, internal), parity);
  };
  for (const PortRange block : external.blocks->of(internal.address)) {
    if (const auto port = find_in(block)) return port;
  }
  if (external.blocks->count() == 0) return std::nullopt;
  const std::size_t from = behavior_.port_assignment == PortAssignment::sequential
                               ? 0
                               : random_.below(external.blocks->count());
  const auto block = external.blocks->assign(internal.address, from, [&](PortRange ports) {
    return pool.next_free(ports, ports.first, parity).has_value();
  });
  return block ? find_in(*block) : std::nullopt;
}

std::optional<std::uint16_t> PortAllocator::find_shared(External& external,
                                                        const IpAddress& address,
                                                        const Endpoint& internal,
                                                        const MayShare& may_share) {
  const auto find_in = [&](PortRange range) {
    const auto offset = random_.below(static_cast<std::uint64_t>(range.size()));
    return next_port(range, range.first + static_cast<int>(offset), parity_of(internal),
                     [&](std::uint16_t port) {
                       return may_share({address, port});
                     });
  };
  if (!external.blocks) return find_in(range_);
  for (const PortRange block : external.blocks->of(internal.address)) {
    if (const auto port = find_in(block)) return port;
  }
  return std::nullopt;
}

int PortAllocator::starting_point(PortRange range, const External& external, Protocol protocol,
                                  const Endpoint& internal) {
  switch (behavior_.port_assignment) {
    case PortAssignment::sequential:
      return external.last[index(protocol)] + 1;
    case PortAssignment::preserve:
      if (behavior_.on_clash == PortClash::next) return internal.port + 1;
      break;
    case PortAssignment::random:
      break;
  }
  return range.first + static_cast<int>(random_.below(static_cast<std::uint64_t>(range.size())));
}

Parity PortAllocator::parity_of(const Endpoint& internal) const {
  if (!behavior_.port_parity) return Parity::any;
  return internal.port % 2 == 0 ? Parity::even : Parity::odd;
}

void PortAllocator::take(Protocol protocol, const Endpoint& external) {
  External& place = externals_[index_of(external.address)];
  if (place.pools[index(protocol)].is_free(external.port))
    take_port(place, protocol, external.port);
}

void PortAllocator::take_port(External& external, Protocol protocol, std::uint16_t port) {
  external.pools[index(protocol)].take(port);
  if (external.blocks) external.blocks->take(port);
}

void PortAllocator::release(Protocol protocol, const Endpoint& external) {
  External& place = externals_[index_of(external.address)];
  place.pools[index(protocol)].release(external.port);
  if (place.blocks) place.blocks->release(external.port);
}

}  // namespace icelab
