#include "netns/fabric/clat.h"

#include "netns/fabric/nat_drops.h"
#include "src/net/ip_translation.h"

#include <fmt/format.h>

#include <utility>

namespace icelab {

Verdict Clat::pass(Packet& packet, Direction direction, Instant) {
  const bool outbound = direction == Direction::outbound;
  if (!outbound && !packet.is_ipv6()) {
    return Drop{DropReason::blocked,
                fmt::format("IPv4 {}: this network is of IPv6 only", from_to(packet))};
  }
  const bool concerns = outbound ? !packet.is_ipv6() : own_.contains(packet.destination().address);
  if (!concerns) return Forward{};
  auto translation = outbound ? translate_to_ipv6(packet, {own_, provider_})
                              : translate_to_ipv4(packet, {provider_, own_}, identification_++);
  if (const auto* no = std::get_if<Untranslatable>(&translation))
    return untranslatable(packet, no->why);
  packet = std::move(std::get<Packet>(translation));
  return Forward{};
}

}  // namespace icelab
