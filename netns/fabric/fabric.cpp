#include "netns/fabric/fabric.h"

#include <fmt/format.h>

#include <variant>

namespace icelab {

/// An address leads to a host, or to a box behind which there is another network.
struct Fabric::Place {
  std::variant<HostId, NetworkId> target;
};

struct Fabric::Network {
  std::unordered_map<IpAddress, Place> places;
  // The way out; absent for the internet.
  std::unique_ptr<Box> gateway;
  HopId gateway_hop{};
  NetworkId outer{};
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
  if (gateway && gateway->external_addresses().empty())
    announce(at(network).outer, address, {network});
}

void Fabric::send(HostId from, Packet packet, Instant now, std::vector<Delivery>& arrived) {
  const auto id = static_cast<PacketId>(packets_++);
  const HostSide& side = hosts_[static_cast<size_t>(from)];
  recorder_.record(now, id, side.hop, Event::sent, packet.bytes());
  NetworkId where = side.network;
  while (step(packet, id, where, now, arrived)) {
  }
}

bool Fabric::step(Packet& packet, PacketId id, NetworkId& where, Instant now,
                  std::vector<Delivery>& arrived) {
  Network& network = at(where);
  const bool on_internet = !network.gateway;
  const IpAddress destination = packet.destination().address;
  const auto found = network.places.find(destination);

  if (found == network.places.end()) {
    if (on_internet) {
      const bool is_private = destination.is_private();
      drop(
          packet, id, internet_hop_, now,
          {DropReason::unroutable,
           fmt::format(fmt::runtime(
                           is_private ? "{} is a private address, which the internet does not route"
                                      : "no host on the internet has the address {}"),
                       destination.to_string())});
      return false;
    }
    if (!pass(packet, id, where, Direction::outbound, now)) return false;
    where = network.outer;
    return true;
  }

  if (on_internet) recorder_.record(now, id, internet_hop_, Event::forwarded, packet.bytes());
  if (const auto* host = std::get_if<HostId>(&found->second.target)) {
    recorder_.record(now, id, hosts_[static_cast<size_t>(*host)].hop, Event::delivered,
                     packet.bytes());
    arrived.push_back({*host, std::move(packet)});
    return false;
  }
  const NetworkId inner = std::get<NetworkId>(found->second.target);
  if (!pass(packet, id, inner, Direction::inbound, now)) return false;
  where = inner;
  return true;
}

bool Fabric::pass(Packet& packet, PacketId id, NetworkId inner, Direction direction, Instant now) {
  Network& network = at(inner);
  if (!packet.decrement_ttl()) {
    drop(packet, id, network.gateway_hop, now,
         {DropReason::unroutable, "its time to live ran out here"});
    return false;
  }
  Verdict verdict = network.gateway->pass(packet, direction, now);
  if (auto* dropped = std::get_if<Drop>(&verdict)) {
    drop(packet, id, network.gateway_hop, now, std::move(*dropped));
    return false;
  }
  recorder_.record(now, id, network.gateway_hop, Event::forwarded, packet.bytes());
  return true;
}

void Fabric::drop(const Packet& packet, PacketId id, HopId hop, Instant now, Drop why) {
  recorder_.record(now, id, hop, Event::dropped, packet.bytes(), std::move(why));
}

void Fabric::overhear(HopId loopback, std::span<const std::uint8_t> bytes, Instant now) {
  recorder_.record(now, static_cast<PacketId>(packets_++), loopback, Event::overheard, bytes);
}

}  // namespace icelab
