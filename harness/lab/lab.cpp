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

/// A network, and the addresses that are used in it: behind boxes that have none of their own,
/// those of the network outside.
struct Attachment {
  NetworkId network = Fabric::internet();
  std::shared_ptr<Subnet> subnet;
};

/// A lab on paper: who is attached where. Its hosts are then made all at once.
class Layout {
 public:
  Layout(unsigned seed, size_t evidence) : fabric(evidence), seed_(seed) {
    networks_[""] = {Fabric::internet(), std::make_shared<Subnet>(Subnet::internet())};
  }

  void add(const Topology& topology) {
    int number = 0;
    for (const auto& server : topology.servers) add_server(server, number++);
    number = 0;
    for (const auto& network : topology.networks)
      networks_[network.name] = follow(network.way, shared_site(number++));
    number = 1;
    for (const auto& peer : topology.peers) add_peer(peer, number++);
  }

  Fabric fabric;
  // One of each a host.
  std::vector<HostPlace> places;
  std::vector<HostConfig> configs;
  std::vector<Wire> wires;  // of each interface of each host

 private:
  void add_server(const ServerSpec& server, int number) {
    add_host(server.name, {.watch_loopback = true});
    add_interface({.addresses = server_addresses(number)}, Fabric::internet());
    wires.back().loopback_hop = fabric.add_loopback(server.name + ".lo");
  }

  void add_peer(const PeerSpec& peer, int number) {
    add_host(peer.name, {});
    int uplink = 0;
    for (const auto& [interface, way] : peer.uplinks) {
      const int site = uplink_site(number, uplink++);
      const auto [network, subnet] = follow(way, site);
      add_interface({.name = interface, .addresses = {subnet->take(site)}}, network);
    }
  }

  /// Builds a way from the internet inwards: each NAT takes an address outside, and begins a
  /// network with addresses of its own inside.
  Attachment follow(const Way& way, int site) {
    Attachment inner = networks_.at(way.network);
    auto depth = std::ranges::count_if(way.boxes, is_nat);
    auto inwards = way.boxes;
    std::ranges::reverse(inwards);
    for (const BoxSpec& box : inwards) {
      const auto external = is_nat(box) ? inner.subnet->take(site).address : IpAddress();
      const auto box_seed = (static_cast<std::uint64_t>(seed_) << 16) + ++boxes_;
      inner.network =
          fabric.add_network(inner.network, box.name, make_box(box.behavior, external, box_seed));
      if (is_nat(box))
        inner.subnet = std::make_shared<Subnet>(Subnet::inside(site, static_cast<int>(--depth)));
    }
    return inner;
  }

  void add_host(const std::string& name, HostConfig config) {
    places.push_back({.name = name, .interfaces = {}, .addresses = {}});
    config.interfaces.clear();
    configs.push_back(std::move(config));
  }

  /// Of the host that was added last.
  void add_interface(InterfaceConfig config, NetworkId network) {
    HostPlace& place = places.back();
    std::vector<IpAddress> addresses;
    for (const auto& each : config.addresses) addresses.push_back(each.address);
    place.interfaces.push_back(place.name + "." + config.name);
    wires.push_back({.host = fabric.add_host(network, place.interfaces.back(), addresses)});
    place.addresses.insert(place.addresses.end(), addresses.begin(), addresses.end());
    configs.back().interfaces.push_back(std::move(config));
  }

  unsigned seed_;
  std::uint64_t boxes_ = 0;
  std::map<std::string, Attachment> networks_;
};

}  // namespace

Lab::Lab(const Topology& topology, unsigned seed, size_t evidence) {
  Layout layout(seed, evidence);
  layout.add(topology);
  auto hosts = Host::create_all(layout.configs);
  auto wire = layout.wires.begin();
  for (size_t i = 0; i < hosts.size(); ++i) {
    wire->loopback = hosts[i].loopback();
    for (size_t each = 0; each < layout.configs[i].interfaces.size(); ++each)
      (wire++)->tun = hosts[i].tun(each);
    const std::string name = layout.places[i].name;
    hosts_.emplace(name, std::move(hosts[i]));
    places_.emplace(name, std::move(layout.places[i]));
  }
  pump_ = std::make_unique<Pump>(std::move(layout.fabric), std::move(layout.wires));
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
