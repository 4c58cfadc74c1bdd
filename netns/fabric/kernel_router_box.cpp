#include "netns/fabric/kernel_router_box.h"

#include "netns/fabric/nat_drops.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

constexpr std::uint8_t icmp_time_exceeded = 11;

/// Whether it is the same packet, turned back: an answer of the router's own holds something else.
bool is_hairpinned(const Packet& packet, const Packet& back) {
  return back.protocol() == packet.protocol() && !back.is_icmp_error() &&
         std::ranges::equal(back.payload(), packet.payload()) &&
         back.destination() != packet.source();
}

bool is_time_exceeded(const std::vector<Packet>& back) {
  return !back.empty() && back[0].icmp_type() == icmp_time_exceeded;
}

}  // namespace

KernelRouterBox::KernelRouterBox(std::unique_ptr<RouterPorts> router, const Addresses& addresses,
                                 const KernelRouterBehavior& behavior)
    : router_(std::move(router)),
      inner_(addresses.inner),
      external_{addresses.outer},
      seen_(behavior) {}

Verdict KernelRouterBox::pass(Packet& packet, Direction direction, Instant now) {
  using Port = RouterPorts::Port;
  if (packet.is_ipv6()) {
    return Drop{DropReason::blocked,
                fmt::format("IPv6 {}: this router has IPv4 only", from_to(packet))};
  }
  const Port in = direction == Direction::outbound ? Port::inner : Port::outer;
  std::vector<Packet> through, back;
  for (auto& emerged : router_->exchange(in, packet))
    (emerged.port == in ? back : through).push_back(std::move(emerged.packet));
  if (!through.empty()) return send_on(packet, std::move(through), direction, now);
  return keep(packet, std::move(back), direction, now);
}

/// What connection tracking has put together it sends on in as many pieces as it came in.
Verdict KernelRouterBox::send_on(Packet& packet, std::vector<Packet> through, Direction direction,
                                 Instant now) {
  const Packet& first = through[0];
  if (direction == Direction::outbound) {
    seen_.saw_outbound(packet, first, now);
  } else {
    seen_.saw_inbound(packet, first, now);
  }
  if (through.size() == 1) {
    packet = std::move(through[0]);
    return Forward{};
  }
  Queue queue;
  queue.entries.reserve(through.size());
  for (auto& piece : through) queue.entries.push_back({.at = now, .packet = std::move(piece)});
  return queue;
}

Verdict KernelRouterBox::keep(Packet& packet, std::vector<Packet> back, Direction direction,
                              Instant now) {
  if (!back.empty() && is_hairpinned(packet, back[0])) {
    packet = std::move(back[0]);
    return Reflect{};
  }
  if (back.empty() && packet.is_fragment()) return Hold{};
  Drop drop =
      direction == Direction::outbound ? explain_outbound(packet) : explain_inbound(packet, now);
  if (is_time_exceeded(back)) drop = {DropReason::unroutable, "its time to live ran out here"};
  if (!back.empty()) drop.answer = std::move(back[0]);
  return drop;
}

Drop KernelRouterBox::explain_outbound(const Packet& packet) const {
  const Endpoint aim = packet.destination();
  if (aim.address == external_[0]) return no_hairpinning(packet, {});
  if (aim.address == inner_) {
    return {DropReason::blocked, fmt::format("what came {} was for the router itself, which has no "
                                             "use for it",
                                             from_to(packet))};
  }
  if (!aim.address.is_forwardable()) {
    return {
        DropReason::unroutable,
        fmt::format("{} is not a unicast address that a router sends on", aim.address.to_string())};
  }
  return {DropReason::blocked,
          fmt::format("the router's kernel did not send on what came {}", from_to(packet))};
}

Drop KernelRouterBox::explain_inbound(const Packet& packet, Instant now) {
  if (packet.destination().address != external_[0]) {
    return {DropReason::unroutable,
            fmt::format("{} is not this router's external address, {}",
                        packet.destination().address.to_string(), external_[0].to_string())};
  }
  return seen_.explain_inbound(packet, now);
}

void KernelRouterBox::expire(Instant) {
  router_->forget();
  seen_.expire();
}

}  // namespace icelab
