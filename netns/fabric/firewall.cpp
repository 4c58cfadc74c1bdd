#include "netns/fabric/firewall.h"

#include "netns/fabric/captive_portal.h"
#include "src/net/answers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace icelab {
namespace {

// RFC 6092 REC-35, REC-36 for TCP; RFC 5508 REQ-2 for echo.
constexpr Duration established_lifetime = std::chrono::minutes(2 * 60 + 4);
constexpr Duration transitory_lifetime = std::chrono::minutes(4);
constexpr Duration echo_lifetime = std::chrono::seconds(60);

std::string name(const Endpoint& endpoint) {
  return endpoint.port == 0 ? endpoint.address.to_string() : endpoint.to_string();
}

std::string describe(const AllowedPorts& allowed) {
  return allowed.some.empty() ? "none is"
                              : fmt::format("only {} is", fmt::join(allowed.some, ", "));
}

}  // namespace

std::size_t Firewall::KeyHash::operator()(const Key& key) const noexcept {
  constexpr std::hash<Endpoint> hash;
  return hash(key.inside) + 3 * hash(key.outside) + static_cast<std::size_t>(key.protocol);
}

Verdict Firewall::pass(Packet& packet, Direction direction, Instant now) {
  const bool outbound = direction == Direction::outbound;
  if (behavior_.families != Families::both &&
      packet.is_ipv6() != (behavior_.families == Families::ipv6))
    return Forward{};
  if (packet.is_icmp_error()) return pass_error(packet, direction, now);
  if (!packet.has_ports()) {
    return Drop{DropReason::blocked,
                packet.is_fragment()
                    ? "a fragment without ports: this firewall judges whole packets only"
                    : "neither UDP, TCP nor ICMP echo: this firewall knows no others"};
  }
  const Endpoint inside = outbound ? packet.source() : packet.destination();
  const Endpoint outside = outbound ? packet.destination() : packet.source();
  return converse(key_of(packet.protocol(), inside, outside), packet, direction, now);
}

/// TCP connections and echos are remembered in full, of UDP what filtering depends on.
Firewall::Key Firewall::key_of(Protocol protocol, const Endpoint& inside,
                               const Endpoint& outside) const {
  switch (protocol) {
    case Protocol::udp:
      return {protocol, inside, depended_on(behavior_.filtering, outside)};
    case Protocol::icmp:
      return {protocol, inside, {outside.address, inside.port}};
    case Protocol::tcp:
    case Protocol::other:
      break;
  }
  return {protocol, inside, outside};
}

Firewall::Conversation* Firewall::find(const Key& key, Instant now) {
  const auto found = conversations_.find(key);
  if (found == conversations_.end()) return nullptr;
  if (now < found->second.expires) return &found->second;
  conversations_.erase(found);
  return nullptr;
}

Verdict Firewall::converse(const Key& key, const Packet& packet, Direction direction, Instant now) {
  // Questions go out, and replies come in; where it is allowed, the other way round as well.
  const bool outbound = direction == Direction::outbound;
  if (packet.icmp_type() && packet.is_echo_request() != outbound &&
      behavior_.incoming_echo == Unsolicited::blocked)
    return refuse(packet, direction);
  const bool is_udp = key.protocol == Protocol::udp;
  // What comes in by filtering opens no port to go out by, except for the answer to it.
  const Key exact{key.protocol, key.inside, outbound ? packet.destination() : packet.source()};
  if (is_udp && outbound && !behavior_.udp.allows(exact.outside.port) &&
      find(exact, now) == nullptr)
    return refuse(packet, direction);
  Conversation* conversation = find(key, now);
  if (conversation != nullptr && conversation->tcp.is_closed()) {
    if (!opens_connection(packet.tcp())) return Forward{};  // last words; they prolong nothing
    conversations_.erase(key);
    conversation = nullptr;
  }
  if (conversation == nullptr) {
    if (!may_begin(packet, direction)) return refuse(packet, direction);
    if (!make_room(now)) {
      return Drop{DropReason::blocked,
                  fmt::format("all {} conversations are in use", max_conversations)};
    }
    conversation = &conversations_[key];
  }
  Duration lifetime = behavior_.udp_lifetime;
  if (key.protocol == Protocol::icmp) lifetime = echo_lifetime;
  if (key.protocol == Protocol::tcp) {
    conversation->tcp.observe(packet.tcp(), direction);
    lifetime = conversation->tcp.is_established() ? established_lifetime : transitory_lifetime;
  }
  conversation->expires = now + lifetime;
  if (is_udp && !outbound && !behavior_.udp.allows(exact.outside.port) && make_room(now))
    conversations_[exact].expires = now + lifetime;
  return Forward{};
}

bool Firewall::may_begin(const Packet& packet, Direction direction) const {
  const bool outbound = direction == Direction::outbound;
  switch (packet.protocol()) {
    case Protocol::udp:
      return outbound ? behavior_.udp.allows(packet.destination().port)
                      : behavior_.incoming_udp == Unsolicited::allowed;
    case Protocol::tcp:
      return opens_connection(packet.tcp()) &&
             (outbound ? behavior_.tcp.allows(packet.destination().port)
                       : behavior_.incoming_tcp == Unsolicited::allowed);
    case Protocol::icmp:
      return packet.is_echo_request() &&
             (outbound ? behavior_.icmp : behavior_.incoming_echo == Unsolicited::allowed);
    case Protocol::other:
      break;
  }
  return false;
}

bool Firewall::is_for_portal(const Packet& packet, Direction direction) const {
  return behavior_.captive_portal && direction == Direction::outbound &&
         packet.protocol() == Protocol::tcp && packet.destination().port == web_port;
}

Drop Firewall::refuse(const Packet& packet, Direction direction) const {
  if (is_for_portal(packet, direction)) {
    return {DropReason::blocked,
            fmt::format("a captive portal answers in place of {} until someone signs in",
                        name(packet.destination())),
            answer_in_its_place(packet)};
  }
  const std::string from_to =
      fmt::format("from {} to {}", name(packet.source()), name(packet.destination()));
  const auto protocol = to_string(packet.protocol());
  Drop drop{DropReason::blocked, ""};
  if (packet.protocol() == Protocol::tcp && !opens_connection(packet.tcp())) {
    drop.detail =
        fmt::format("a TCP segment {} belongs to no connection that was let through", from_to);
    return drop;
  }
  if (direction == Direction::inbound) {
    drop.detail = fmt::format("{} {} was not asked for from inside", protocol, from_to);
  } else if (packet.protocol() == Protocol::icmp) {
    drop.detail = fmt::format("{} {}: ICMP is not allowed out", protocol, from_to);
  } else {
    const auto& allowed = packet.protocol() == Protocol::udp ? behavior_.udp : behavior_.tcp;
    drop.detail = fmt::format("{} {}: of the {} ports {} allowed out", protocol, from_to, protocol,
                              describe(allowed));
  }
  if (behavior_.refusal == Refusal::rejected) {
    drop.answer =
        packet.protocol() == Protocol::tcp
            ? tcp_reset(packet)
            : unreachable(packet, addresses_.of(packet), Unreachable::administratively_prohibited);
  }
  return drop;
}

/// An error belongs to the conversation of the packet that it quotes.
Verdict Firewall::pass_error(const Packet& packet, Direction direction, Instant now) {
  const auto quoted = packet.quoted();
  if (quoted) {
    const bool outbound = direction == Direction::outbound;
    // What it quotes went the other way.
    const Endpoint inside = outbound ? quoted->destination : quoted->source;
    const Endpoint outside = outbound ? quoted->source : quoted->destination;
    if (find(key_of(quoted->protocol, inside, outside), now) != nullptr) return Forward{};
  }
  return Drop{DropReason::blocked,
              fmt::format("an ICMP error from {} to {} is about nothing that was let through",
                          name(packet.source()), name(packet.destination()))};
}

bool Firewall::make_room(Instant now) {
  if (conversations_.size() < max_conversations) return true;
  std::erase_if(conversations_, [&](const auto& entry) { return entry.second.expires <= now; });
  return conversations_.size() < max_conversations;
}

}  // namespace icelab
