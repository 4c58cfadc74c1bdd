#include "harness/lab/lab.h"

#include "harness/lab/addressing.h"
#include "harness/lab/boxes.h"
#include "src/base/error.h"
#include "src/base/limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

bool is_nat(const BoxSpec& box) {
  return std::holds_alternative<NatBehavior>(box.behavior);
}
bool translates_ipv6(const BoxSpec& box) {
  return std::holds_alternative<Nat66Behavior>(box.behavior) ||
         std::holds_alternative<Nptv6Behavior>(box.behavior);
}

/// Where the next box or the host stands on the way from the internet inwards.
struct Site {
  InterfaceAddress ipv4;
  IpPrefix ipv6;
};

/// A lab on paper: who is attached where. Its hosts are then made all at once.
class Layout {
 public:
  explicit Layout(size_t evidence) : fabric(evidence) {}

  void add_server(const ServerSpec& server, int number, bool with_ipv6) {
    auto addresses = server_addresses(number);
    const auto ipv6 = server_ipv6_addresses(number);
    if (with_ipv6) addresses.insert(addresses.end(), ipv6.begin(), ipv6.end());
    add_host(Fabric::internet(), server.name, {.addresses = addresses, .watch_loopback = true});
  }

  void add_peer(const PeerSpec& peer, int number, unsigned seed) {
    NetworkId network = Fabric::internet();
    Site site{public_address(number), public_prefix(number)};
    auto position = peer.behind.size();
    auto depth = static_cast<int>(std::ranges::count_if(peer.behind, is_nat));
    auto ipv6_depth = static_cast<int>(std::ranges::count_if(peer.behind, translates_ipv6));
    // Built from the internet inwards: each NAT takes the address so far, and gives its inside one.
    auto inwards = peer.behind;
    std::ranges::reverse(inwards);
    for (const BoxSpec& box : inwards) {
      Site inside = site;
      if (is_nat(box)) inside.ipv4 = private_address(number, --depth);
      if (translates_ipv6(box)) inside.ipv6 = private_prefix(number, --ipv6_depth);
      if (std::holds_alternative<ClatBehavior>(box.behavior)) inside.ipv4 = clat_host_address();
      const auto box_seed =
          (static_cast<std::uint64_t>(seed) << 16) + places.size() * 64 + position--;
      const Ipv6Place place{address_in(site.ipv6, 1), inside.ipv6, site.ipv6};
      network = fabric.add_network(network, box.name,
                                   make_box(box.behavior, site.ipv4.address, box_seed, place));
      site = inside;
    }
    add_host(network, peer.name, {.addresses = addresses_of(peer, site)});
    places.back().has_nat64 = std::ranges::any_of(peer.behind, [](const BoxSpec& box) {
      return std::holds_alternative<Nat64Behavior>(box.behavior);
    });
  }

  Fabric fabric;
  // One of each a host, in the order of HostId.
  std::vector<HostPlace> places;
  std::vector<HostConfig> configs;
  std::vector<Wire> wires;

 private:
  static std::vector<InterfaceAddress> addresses_of(const PeerSpec& peer, const Site& site) {
    const InterfaceAddress ipv6{address_in(site.ipv6, 2), site.ipv6.length};
    switch (peer.ip) {
      case IpVersions::ipv4:
        return {site.ipv4};
      case IpVersions::dual_stack:
        return {site.ipv4, ipv6};
      case IpVersions::ipv6:
        break;
    }
    return {ipv6};
  }

  void add_host(NetworkId network, const std::string& name, HostConfig config) {
    HostPlace place{.name = name, .interface = name + "." + config.interface, .addresses = {}};
    for (const auto& interface_address : config.addresses)
      place.addresses.push_back(interface_address.address);
    Wire wire{.host = fabric.add_host(network, place.interface, place.addresses)};
    if (config.watch_loopback) wire.loopback_hop = fabric.add_loopback(name + ".lo");
    wires.push_back(wire);
    configs.push_back(std::move(config));
    places.push_back(std::move(place));
  }
};

}  // namespace

Lab::Lab(const std::vector<PeerSpec>& peers, const std::vector<ServerSpec>& servers, unsigned seed,
         size_t evidence) {
  Layout layout(evidence);
  int number = 0;
  const bool with_ipv6 =
      std::ranges::any_of(peers, [](const PeerSpec& peer) { return peer.ip != IpVersions::ipv4; });
  for (const auto& server : servers) layout.add_server(server, number++, with_ipv6);
  number = 1;
  for (const auto& peer : peers) layout.add_peer(peer, number++, seed);

  auto hosts = Host::create_all(layout.configs);
  for (size_t i = 0; i < hosts.size(); ++i) {
    layout.wires[i].tun = hosts[i].tun();
    layout.wires[i].loopback = hosts[i].loopback();
    const std::string name = layout.places[i].name;
    hosts_.emplace(name, std::move(hosts[i]));
    places_.emplace(name, std::move(layout.places[i]));
  }
  pump_ = std::make_unique<Pump>(std::move(layout.fabric), std::move(layout.wires));
}

std::vector<IpAddress> Lab::known_addresses(const std::string& server,
                                            const std::string& peer) const {
  const auto is_v4 = [](const IpAddress& address) { return address.is_v4(); };
  const HostPlace& there = place(server);
  const HostPlace& here = place(peer);
  const bool has_ipv4 = std::ranges::any_of(here.addresses, is_v4);
  const bool has_ipv6 = !std::ranges::all_of(here.addresses, is_v4);
  std::vector<IpAddress> known;
  const IpAddress& ipv4 = there.addresses[0];
  if (has_ipv4) known.push_back(ipv4);
  if (has_ipv6 && !has_ipv4 && here.has_nat64) {
    known.push_back(embed(well_known_prefix(), ipv4));
  } else if (has_ipv6) {
    known.push_back(*std::ranges::find_if_not(there.addresses, is_v4));
  }
  return known;
}

size_t affordable_labs() {
  // Twenty when a lab stands with two agents and a server in it, a few more while it is built; and
  // what the program needs besides.
  constexpr size_t for_a_lab = 24;
  constexpr size_t besides = 32;
  const size_t limit = descriptor_limit();
  if (limit < besides + for_a_lab) {
    throw MachineError(fmt::format(
        "no more than {} files may be open, and a lab needs {}\nTo allow them: ulimit -n 1024",
        limit, besides + for_a_lab));
  }
  return (limit - besides) / for_a_lab;
}

}  // namespace icelab
