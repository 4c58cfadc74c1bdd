#include "harness/lab/layout.h"

#include "harness/lab/boxes.h"

#include <algorithm>

namespace icelab {

Layout::Layout(unsigned seed, size_t evidence) : fabric(evidence), seed_(seed) {
  networks_[""] = {Fabric::internet(), std::make_shared<Subnet>(Subnet::internet())};
}

void Layout::add(const Topology& topology) {
  int number = 0;
  for (const auto& server : topology.servers) add_server(server, number++);
  number = 0;
  for (const auto& network : topology.networks)
    networks_[network.name] = follow(network.way, shared_site(number++));
  number = 1;
  for (const auto& peer : topology.peers) add_peer(peer, number++);
}

void Layout::add_server(const ServerSpec& server, int number) {
  add_host(server.name, {.watch_loopback = true});
  add_interface({.addresses = server_addresses(number)}, Fabric::internet());
  wires.back().loopback_hop = fabric.add_loopback(server.name + ".lo");
}

void Layout::add_peer(const PeerSpec& peer, int number) {
  add_host(peer.name, {});
  int uplink = 0;
  for (const auto& [interface, way] : peer.uplinks) {
    const int site = uplink_site(number, uplink++);
    const auto [network, subnet] = follow(way, site);
    add_interface({.name = interface, .addresses = {subnet->take(site)}}, network);
  }
}

Layout::Attachment Layout::follow(const Way& way, int site) {
  Attachment inner = networks_.at(way.network);
  int depth = 0;
  for (const auto& box : way.boxes) depth += has_addresses(box.behavior) ? 1 : 0;
  auto inwards = way.boxes;
  std::ranges::reverse(inwards);
  for (const BoxSpec& box : inwards) {
    if (has_addresses(box.behavior)) --depth;
    add_box(box, inner, site, depth);
  }
  return inner;
}

void Layout::add_box(const BoxSpec& box, Attachment& inner, int site, int depth) {
  const bool hides_addresses = has_addresses(box.behavior);
  BoxPlace place{.network = {},
                 .behavior = box.behavior,
                 .seed = (static_cast<std::uint64_t>(seed_) << 16) + boxes.size() + 1,
                 .external = hides_addresses ? inner.subnet->take(site).address : IpAddress(),
                 .outside = inner.subnet,
                 .site = site};
  place.network = fabric.add_network(inner.network, box.name,
                                     make_box(box.behavior, place.external, place.seed));
  inner.network = place.network;
  if (hides_addresses) inner.subnet = std::make_shared<Subnet>(Subnet::inside(site, depth));
  boxes.emplace(box.name, std::move(place));
}

void Layout::add_host(const std::string& name, HostConfig config) {
  places.push_back({.name = name, .interfaces = {}, .addresses = {}});
  config.interfaces.clear();
  configs.push_back(std::move(config));
}

void Layout::add_interface(InterfaceConfig config, NetworkId network) {
  HostPlace& place = places.back();
  const std::string name = place.name + "." + config.name;
  std::vector<IpAddress> addresses;
  for (const auto& each : config.addresses) addresses.push_back(each.address);
  const HostId id = fabric.add_host(network, name, addresses);
  interfaces.emplace(name, id);
  wires.push_back({.host = id});
  place.interfaces.push_back(name);
  place.addresses.insert(place.addresses.end(), addresses.begin(), addresses.end());
  configs.back().interfaces.push_back(std::move(config));
}

}  // namespace icelab
