#include "netns/fabric/nat64.h"

#include "netns/fabric/nat_drops.h"
#include "src/net/ip_translation.h"

#include <fmt/format.h>

#include <utility>

namespace icelab {
namespace {

std::vector<IpAddress> embed_all(const std::vector<IpAddress>& addresses, const IpPrefix& prefix) {
  std::vector<IpAddress> embedded;
  embedded.reserve(addresses.size());
  for (const IpAddress& address : addresses) embedded.push_back(embed(prefix, address));
  return embedded;
}

}  // namespace

Nat64::Nat64(const NatBehavior& behavior, std::vector<IpAddress> externals, const IpPrefix& prefix,
             std::uint64_t seed)
    : externals_(std::move(externals)),
      prefix_(prefix),
      nat_(behavior, embed_all(externals_, prefix), seed) {}

Verdict Nat64::pass(Packet& packet, Direction direction, Instant now) {
  if (direction == Direction::inbound)
    return packet.is_ipv6() ? Verdict(Forward{}) : pass_inbound(packet, now);
  if (!packet.is_ipv6()) {
    return Drop{DropReason::blocked,
                fmt::format("IPv4 {}: this network is of IPv6 only", from_to(packet))};
  }
  return prefix_.contains(packet.destination().address) ? pass_outbound(packet, now) : Forward{};
}

Verdict Nat64::pass_outbound(Packet& packet, Instant now) {
  Packet mapped = packet;
  Verdict verdict = nat_.translate(mapped, Direction::outbound, now);
  if (std::holds_alternative<Reflect>(verdict)) {
    packet = std::move(mapped);
    return verdict;
  }
  if (!std::holds_alternative<Forward>(verdict)) return verdict;
  auto translation = translate_to_ipv4(mapped, {prefix_, prefix_}, identification_++);
  if (const auto* no = std::get_if<Untranslatable>(&translation))
    return untranslatable(packet, no->why);
  packet = std::move(std::get<Packet>(translation));
  return verdict;
}

Verdict Nat64::pass_inbound(Packet& packet, Instant now) {
  auto translation = translate_to_ipv6(packet, {prefix_, prefix_});
  if (const auto* no = std::get_if<Untranslatable>(&translation))
    return untranslatable(packet, no->why);
  auto& translated = std::get<Packet>(translation);
  Verdict verdict = nat_.translate(translated, Direction::inbound, now);
  if (const auto* drop = std::get_if<Drop>(&verdict)) return in_ipv4(*drop);
  if (std::holds_alternative<Forward>(verdict)) packet = std::move(translated);
  return verdict;
}

/// Whoever is answered speaks IPv4.
Drop Nat64::in_ipv4(const Drop& drop) {
  Drop told{drop.reason, drop.detail};
  if (!drop.answer) return told;
  const auto answer = translate_to_ipv4(*drop.answer, {prefix_, prefix_}, identification_++);
  if (const auto* packet = std::get_if<Packet>(&answer)) told.answer.emplace(*packet);
  return told;
}

}  // namespace icelab
