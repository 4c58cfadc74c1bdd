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

/// A lab on paper: who is attached where. Its hosts are then made all at once.
class Layout {
 public:
  explicit Layout(size_t evidence) : fabric(evidence) {}

  void add_server(const ServerSpec& server, int number) {
    add_host(Fabric::internet(), server.name,
             {.addresses = server_addresses(number), .watch_loopback = true});
  }

  void add_peer(const PeerSpec& peer, int number, unsigned seed) {
    NetworkId network = Fabric::internet();
    InterfaceAddress address = public_address(number);
    auto position = peer.behind.size();
    auto depth = std::ranges::count_if(peer.behind, is_nat);
    // Built from the internet inwards: each NAT takes the address so far, and gives its inside one.
    auto inwards = peer.behind;
    std::ranges::reverse(inwards);
    for (const BoxSpec& box : inwards) {
      const auto box_seed =
          (static_cast<std::uint64_t>(seed) << 16) + places.size() * 64 + position--;
      network =
          fabric.add_network(network, box.name, make_box(box.behavior, address.address, box_seed));
      if (is_nat(box)) address = private_address(number, static_cast<int>(--depth));
    }
    add_host(network, peer.name, {.addresses = {address}});
  }

  Fabric fabric;
  // One of each a host, in the order of HostId.
  std::vector<HostPlace> places;
  std::vector<HostConfig> configs;
  std::vector<Wire> wires;

 private:
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
  for (const auto& server : servers) layout.add_server(server, number++);
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
