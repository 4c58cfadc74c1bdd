#include "harness/lab/layout.h"

#include "harness/lab/boxes.h"

#include <algorithm>

namespace icelab {

namespace {

bool is_nat(const BoxSpec& box) {
  return kind_of(box.behavior) == "nat";
}
bool translates_ipv6(const BoxSpec& box) {
  return std::holds_alternative<Nat66Behavior>(box.behavior) ||
         std::holds_alternative<Nptv6Behavior>(box.behavior);
}

}  // namespace

Layout::Layout(unsigned seed, size_t evidence) : fabric(evidence), seed_(seed) {
  networks_[""] = {.network = Fabric::internet(),
                   .subnet = std::make_shared<Subnet>(Subnet::internet())};
}

void Layout::add(const Topology& topology) {
  const bool with_ipv6 = std::ranges::any_of(
      topology.peers, [](const PeerSpec& peer) { return peer.ip != IpVersions::ipv4; });
  int number = 0;
  for (const auto& server : topology.servers) add_server(server, number++, with_ipv6);
  number = 0;
  for (const auto& network : topology.networks)
    networks_[network.name] = follow(network.way, shared_site(number++));
  number = 1;
  for (const auto& peer : topology.peers) add_peer(peer, number++);
}

void Layout::add_server(const ServerSpec& server, int number, bool with_ipv6) {
  auto addresses = server_addresses(number);
  const auto ipv6 = server_ipv6_addresses(number);
  if (with_ipv6) addresses.insert(addresses.end(), ipv6.begin(), ipv6.end());
  add_host(server.name, {.watch_loopback = true});
  add_interface({.addresses = addresses}, Fabric::internet());
  wires.back().loopback_hop = fabric.add_loopback(server.name + ".lo");
}

void Layout::add_peer(const PeerSpec& peer, int number) {
  add_host(peer.name, {});
  int uplink = 0;
  for (const auto& [interface, way] : peer.uplinks) {
    const int site = uplink_site(number, uplink++);
    const Attachment at = follow(way, site);
    add_interface({.name = interface,
                   .addresses = take_addresses(at, site, peer),
                   .autoconfigured = peer.ipv6_addresses == Ipv6Addresses::advertised},
                  at.network);
    if (peer.ipv6_addresses == Ipv6Addresses::advertised)
      fabric.advertise(wires.back().host, {.prefix = at.ipv6->prefix()});
    places.back().has_nat64 = at.has_nat64 && (uplink == 1 || places.back().has_nat64);
  }
}

std::vector<InterfaceAddress> Layout::take_addresses(const Attachment& at, int site,
                                                     const PeerSpec& peer) {
  std::vector<InterfaceAddress> addresses;
  if (peer.ip != IpVersions::ipv6) addresses.push_back(at.subnet->take(site));
  if (peer.ip == IpVersions::ipv4) return addresses;
  addresses.push_back(peer.ipv6_addresses == Ipv6Addresses::advertised
                          ? formed_address(at.ipv6->prefix(), site)
                          : at.ipv6->take_for_host());
  if (peer.ipv6_addresses != Ipv6Addresses::fixed) addresses.push_back(link_local_address(site));
  return addresses;
}

Layout::Attachment Layout::follow(const Way& way, int site) {
  Attachment inner = networks_.at(way.network);
  inner.shares_ipv6 = inner.ipv6 != nullptr;
  if (!inner.ipv6) inner.ipv6 = std::make_shared<Ipv6Subnet>(public_prefix(site));
  Depth depth{.ipv4 = static_cast<int>(std::ranges::count_if(way.boxes, is_nat)),
              .ipv6 = static_cast<int>(std::ranges::count_if(way.boxes, translates_ipv6))};
  auto inwards = way.boxes;
  std::ranges::reverse(inwards);
  for (const BoxSpec& box : inwards) add_box(box, inner, site, depth);
  return inner;
}

void Layout::add_box(const BoxSpec& box, Attachment& inner, int site, Depth& depth) {
  const Attachment outer = inner;
  const bool is_nat64 = std::holds_alternative<Nat64Behavior>(box.behavior);
  if (is_nat(box)) inner.subnet = std::make_shared<Subnet>(Subnet::inside(site, --depth.ipv4));
  if (std::holds_alternative<ClatBehavior>(box.behavior)) inner.subnet = behind_clats_;
  if (translates_ipv6(box)) {
    inner.ipv6 = std::make_shared<Ipv6Subnet>(private_prefix(site, --depth.ipv6));
    inner.shares_ipv6 = false;
  }
  inner.has_nat64 = outer.has_nat64 || is_nat64;

  BoxPlace place{
      .network = {},
      .behavior = box.behavior,
      .seed = (static_cast<std::uint64_t>(seed_) << 16) + boxes.size() + 1,
      .external = {},
      .internal = inner.subnet->router().address,
      .ipv6 = {.external = {},
               .inside = inner.ipv6->prefix(),
               .outside = outer.shares_ipv6 ? public_prefix(site) : outer.ipv6->prefix()},
      .outside = outer.subnet,
      .outside_ipv6 = outer.ipv6,
      .site = site};
  if (is_nat(box) || is_nat64) place.external = outer.subnet->take(site).address;
  if (std::holds_alternative<Nat66Behavior>(box.behavior))
    place.ipv6.external = outer.ipv6->take_for_box();
  place.network = fabric.add_network(
      outer.network, box.name,
      make_box(box.behavior, place.external, place.internal, place.seed, place.ipv6));
  inner.network = place.network;
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
