#include "netns/fabric/fabric.h"

#include "netns/fabric/held_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace icelab {

namespace {

Drop link_is_down() {
  return {DropReason::lost, "the link is down"};
}

Drop too_much_under_way() {
  return {DropReason::lost,
          fmt::format("{} MiB of packets are on their way here, and icelab holds no more",
                      most_held_back >> 20)};
}

}  // namespace

/// An address leads to a host, or to a box behind which there is another network.
struct Fabric::Place {
  std::variant<HostId, NetworkId> target;
};

struct Fabric::Network {
  std::unordered_map<IpAddress, Place> places;
  std::vector<std::pair<IpPrefix, Place>> prefixes;
  // The way out; absent for the internet.
  std::unique_ptr<Box> gateway;
  HopId gateway_hop{};
  NetworkId outer{};
  bool connected = true;                            // on the gateway's outer side
  std::size_t held_outbound = 0, held_inbound = 0;  // bytes that the gateway holds back

  /// Whether its box is a cable, so that it is one link with the network outside.
  [[nodiscard]] bool is_cabled() const { return gateway && !gateway->is_router(); }

  /// Null if nobody here has this address.
  [[nodiscard]] const Place* find(const IpAddress& address) const {
    const auto found = places.find(address);
    if (found != places.end()) return &found->second;
    for (const auto& [prefix, place] : prefixes) {
      if (prefix.contains(address)) return &place;
    }
    return nullptr;
  }
};

namespace {

/// Whether a packet may leave its link: RFC 4291 section 2.5.6, and multicast, which nobody routes.
bool stays_on_link(const Packet& packet) {
  if (!packet.is_ipv6()) return false;
  const IpAddress destination = packet.destination().address;
  return destination.is_link_local() || destination.is_multicast() ||
         packet.source().address.is_link_local();
}

}  // namespace

struct Fabric::Departure {
  Instant at;
  std::uint64_t number;  // those of one instant leave in the order in which they came
  Transit transit;
  NetworkId inner;  // of the link that holds it back
  Direction direction;

  /// What it takes to hold a packet back.
  static size_t footprint(const Packet& packet) {
    return sizeof(Departure) + packet.bytes().size();
  }
};

struct Fabric::LeavesLater {
  bool operator()(const Departure& a, const Departure& b) const {
    return std::tie(a.at, a.number) > std::tie(b.at, b.number);
  }
};

Fabric::Fabric(size_t evidence_limit)
    : recorder_(evidence_limit), internet_hop_(recorder_.add_hop("internet")) {
  networks_.push_back(std::make_unique<Network>());
}

Fabric::~Fabric() = default;
Fabric::Fabric(Fabric&&) noexcept = default;
Fabric& Fabric::operator=(Fabric&&) noexcept = default;

Fabric::Network& Fabric::at(NetworkId id) {
  return *networks_[static_cast<size_t>(id)];
}

NetworkId Fabric::add_network(NetworkId outer, const std::string& box_name,
                              std::unique_ptr<Box> box) {
  const auto id = static_cast<NetworkId>(networks_.size());
  for (const auto& address : box->external_addresses()) announce(outer, address, {id});
  for (const auto& prefix : box->external_prefixes()) announce(outer, prefix, {id});
  networks_.push_back(std::make_unique<Network>());
  at(id).gateway = std::move(box);
  at(id).gateway_hop = recorder_.add_hop(box_name);
  at(id).outer = outer;
  return id;
}

HostId Fabric::add_host(NetworkId network, const std::string& interface,
                        const std::vector<IpAddress>& addresses) {
  const auto id = static_cast<HostId>(hosts_.size());
  hosts_.push_back({network, recorder_.add_hop(interface)});
  for (const auto& address : addresses) announce(network, address, {id});
  return id;
}

HopId Fabric::add_loopback(const std::string& name) {
  return recorder_.add_hop(name);
}

/// An address is known in its network, and behind transparent boxes in the networks outside as
/// well.
void Fabric::announce(NetworkId network, const IpAddress& address, const Place& place) {
  at(network).places[address] = place;
  const auto& gateway = at(network).gateway;
  const bool is_known_outside = !address.is_link_local() || at(network).is_cabled();
  if (gateway && is_known_outside && gateway->is_transparent_for(address))
    announce(at(network).outer, address, {network});
}

void Fabric::retract(NetworkId network, const IpAddress& address) {
  at(network).places.erase(address);
  const auto& gateway = at(network).gateway;
  if (gateway && gateway->is_transparent_for(address)) retract(at(network).outer, address);
}

void Fabric::retract(NetworkId network, const IpPrefix& prefix) {
  std::erase_if(at(network).prefixes, [&](const auto& known) { return known.first == prefix; });
  const auto& gateway = at(network).gateway;
  if (gateway && gateway->is_transparent_for(prefix.address)) retract(at(network).outer, prefix);
}

Box& Fabric::gateway(NetworkId network) {
  return *at(network).gateway;
}

void Fabric::replace_gateway(NetworkId network, std::unique_ptr<Box> box) {
  Network& inner = at(network);
  for (const auto& address : inner.gateway->external_addresses()) retract(inner.outer, address);
  for (const auto& prefix : inner.gateway->external_prefixes()) retract(inner.outer, prefix);
  inner.gateway = std::move(box);
  for (const auto& address : inner.gateway->external_addresses())
    announce(inner.outer, address, {network});
  for (const auto& prefix : inner.gateway->external_prefixes())
    announce(inner.outer, prefix, {network});
}

void Fabric::set_connected(NetworkId network, bool connected) {
  at(network).connected = connected;
}

void Fabric::set_connected(HostId host, bool connected) {
  hosts_[static_cast<size_t>(host)].connected = connected;
}

void Fabric::announce(NetworkId network, const IpPrefix& prefix, const Place& place) {
  at(network).prefixes.emplace_back(prefix, place);
  const auto& gateway = at(network).gateway;
  if (gateway && gateway->is_transparent_for(prefix.address))
    announce(at(network).outer, prefix, {network});
}

void Fabric::send(HostId from, Packet packet, Instant now, std::vector<Delivery>& arrived) {
  const HostSide& side = hosts_[static_cast<size_t>(from)];
  const auto id = static_cast<PacketId>(packets_++);
  recorder_.record(now, id, side.hop, Event::sent, packet.bytes());
  Transit transit{std::move(packet), id, side.network};
  if (!side.connected) return drop(transit, side.hop, now, link_is_down());
  if (side.advertised && is_router_solicitation(transit.packet)) {
    recorder_.record(now, id, router_of(side.network), Event::delivered, transit.packet.bytes());
    return send_advertisement(from, transit.packet.source().address, now, arrived);
  }
  carry(std::move(transit), now, arrived);
}

HopId Fabric::router_of(NetworkId network) {
  return at(network).gateway ? at(network).gateway_hop : internet_hop_;
}

void Fabric::advertise(HostId host, const RouterAdvertisement& advertisement) {
  hosts_[static_cast<size_t>(host)].advertised = advertisement;
}

void Fabric::send_advertisement(HostId host, const IpAddress& to, Instant now,
                                std::vector<Delivery>& arrived) {
  HostSide& side = hosts_[static_cast<size_t>(host)];
  const auto id = static_cast<PacketId>(packets_++);
  Packet packet = make_packet(*side.advertised, to);
  recorder_.record(now, id, router_of(side.network), Event::sent, packet.bytes());
  deliver({std::move(packet), id, side.network}, host, now, arrived);
}

std::optional<Instant> Fabric::next_departure() const {
  std::optional<Instant> next;
  if (!departures_.empty()) next = departures_.front().at;
  for (const HostSide& side : hosts_) {
    if (side.advertised) next = std::min(next.value_or(Instant::max()), side.next_advertisement);
  }
  return next;
}

void Fabric::advance(Instant now, std::vector<Delivery>& arrived) {
  for (size_t i = 0; i < hosts_.size(); ++i) {
    if (!hosts_[i].advertised || now < hosts_[i].next_advertisement) continue;
    hosts_[i].next_advertisement = now + advertisement_interval;
    send_advertisement(static_cast<HostId>(i), all_nodes(), now, arrived);
  }
  while (!departures_.empty() && departures_.front().at <= now) {
    std::ranges::pop_heap(departures_, LeavesLater());
    Departure departure = std::move(departures_.back());
    departures_.pop_back();
    held_back(departure.inner, departure.direction) -=
        Departure::footprint(departure.transit.packet);
    recorder_.record(now, departure.transit.id, at(departure.inner).gateway_hop, Event::forwarded,
                     departure.transit.packet.bytes(), departure.direction);
    carry(std::move(departure.transit), now, arrived);
  }
}

void Fabric::carry(Transit transit, Instant now, std::vector<Delivery>& arrived) {
  while (step(transit, now, arrived)) {
  }
}

bool Fabric::step(Transit& transit, Instant now, std::vector<Delivery>& arrived) {
  Network& network = at(transit.where);
  const bool on_internet = !network.gateway;
  const Place* place = network.find(transit.packet.destination().address);

  if (place == nullptr) {
    if (!on_internet && may_cross(transit.packet, transit.where))
      return pass(transit, transit.where, Direction::outbound, now, arrived);
    drop_unrouted(transit, now);
    return false;
  }
  const auto* inner = std::get_if<NetworkId>(&place->target);
  if ((on_internet && stays_on_link(transit.packet)) ||
      (inner && !may_cross(transit.packet, *inner))) {
    drop_unrouted(transit, now);
    return false;
  }

  if (on_internet)
    recorder_.record(now, transit.id, internet_hop_, Event::forwarded, transit.packet.bytes());
  if (inner) return pass(transit, *inner, Direction::inbound, now, arrived);
  deliver(std::move(transit), std::get<HostId>(place->target), now, arrived);
  return false;
}

bool Fabric::may_cross(const Packet& packet, NetworkId inner) {
  if (!stays_on_link(packet)) return true;
  return at(inner).is_cabled() && !packet.destination().address.is_multicast();
}

void Fabric::deliver(Transit transit, HostId host, Instant now, std::vector<Delivery>& arrived) {
  const HostSide& side = hosts_[static_cast<size_t>(host)];
  if (!side.connected) return drop(transit, side.hop, now, link_is_down());
  recorder_.record(now, transit.id, side.hop, Event::delivered, transit.packet.bytes());
  arrived.push_back({host, std::move(transit.packet)});
}

/// What no router sends on from where it is.
void Fabric::drop_unrouted(const Transit& transit, Instant now) {
  const HopId hop = router_of(transit.where);
  const IpAddress source = transit.packet.source().address;
  const IpAddress destination = transit.packet.destination().address;
  std::string rule;
  if (stays_on_link(transit.packet)) {
    rule =
        destination.is_multicast()
            ? fmt::format("{} is a multicast address, which is not routed", destination.to_string())
            : fmt::format("{} is a link-local address, which does not leave its network",
                          (destination.is_link_local() ? destination : source).to_string());
  } else if (destination.is_private()) {
    rule = fmt::format("{} is a private address, which the internet does not route",
                       destination.to_string());
  } else {
    rule = fmt::format("no host on the internet has the address {}", destination.to_string());
  }
  drop(transit, hop, now, {DropReason::unroutable, std::move(rule)});
}

/// Through the box between `inner` and the network outside it.
bool Fabric::pass(Transit& transit, NetworkId inner, Direction direction, Instant now,
                  std::vector<Delivery>& arrived) {
  Network& network = at(inner);
  const NetworkId next = direction == Direction::outbound ? network.outer : inner;
  // A box with a cable pulled out on its outer side still sees what comes from inside; a cable
  // that is pulled out sees nothing.
  if (!network.connected && (direction == Direction::inbound || !network.gateway->is_router())) {
    drop(transit, network.gateway_hop, now, link_is_down(), direction);
    return false;
  }
  if (network.gateway->is_router() && !transit.packet.decrement_ttl()) {
    drop(transit, network.gateway_hop, now,
         {DropReason::unroutable, "its time to live ran out here"}, direction);
    return false;
  }
  Verdict verdict = network.gateway->pass(transit.packet, direction, now);
  if (auto* dropped = std::get_if<Drop>(&verdict)) {
    auto answer = std::exchange(dropped->answer, std::nullopt);
    drop(transit, network.gateway_hop, now, std::move(*dropped), direction);
    if (!answer) return false;
    const auto id = static_cast<PacketId>(packets_++);
    const bool goes_in = direction == Direction::outbound;
    recorder_.record(now, id, network.gateway_hop, Event::sent, answer->bytes(),
                     goes_in ? Direction::inbound : Direction::outbound);
    carry({std::move(*answer), id, transit.where}, now, arrived);
    return false;
  }
  if (std::holds_alternative<Hold>(verdict)) {
    recorder_.record(now, transit.id, network.gateway_hop, Event::held, transit.packet.bytes(),
                     direction);
    return false;
  }
  if (auto* queue = std::get_if<Queue>(&verdict)) {
    hold_back(std::move(*queue), transit, inner, direction, now);
    return false;
  }
  const bool goes_on = std::holds_alternative<Forward>(verdict);
  if (!network.connected && goes_on) {
    drop(transit, network.gateway_hop, now, link_is_down(), direction);
    return false;
  }
  recorder_.record(now, transit.id, network.gateway_hop, Event::forwarded, transit.packet.bytes(),
                   goes_on ? std::optional(direction) : std::nullopt);
  if (goes_on) transit.where = next;
  return true;
}

size_t& Fabric::held_back(NetworkId inner, Direction direction) {
  Network& network = at(inner);
  return direction == Direction::outbound ? network.held_outbound : network.held_inbound;
}

/// All of what has become of a packet, or nothing: without one of its fragments it is lost anyway.
void Fabric::hold_back(Queue queue, const Transit& transit, NetworkId inner, Direction direction,
                       Instant now) {
  size_t needed = 0;
  for (const auto& entry : queue.entries) needed += Departure::footprint(entry.packet);
  size_t& held = held_back(inner, direction);
  if (held + needed > most_held_back) {
    const Transit lost{std::move(queue.entries.front().packet), transit.id, transit.where};
    return drop(lost, at(inner).gateway_hop, now, too_much_under_way(), direction);
  }
  held += needed;
  const NetworkId next = direction == Direction::outbound ? at(inner).outer : inner;
  for (auto& entry : queue.entries) {
    departures_.push_back({.at = entry.at,
                           .number = departures_so_far_++,
                           .transit = {std::move(entry.packet), transit.id, next},
                           .inner = inner,
                           .direction = direction});
    std::ranges::push_heap(departures_, LeavesLater());
  }
}

void Fabric::drop(const Transit& transit, HopId hop, Instant now, Drop why,
                  std::optional<Direction> direction) {
  recorder_.record(now, transit.id, hop, Event::dropped, transit.packet.bytes(), direction,
                   std::move(why));
}

void Fabric::overhear(HopId loopback, std::span<const std::uint8_t> bytes, Instant now) {
  recorder_.record(now, static_cast<PacketId>(packets_++), loopback, Event::overheard, bytes);
}

}  // namespace icelab
