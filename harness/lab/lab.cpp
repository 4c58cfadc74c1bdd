#include "harness/lab/lab.h"

#include "harness/lab/addressing.h"
#include "netns/fabric/nat_box.h"

namespace icelab {

Lab::Lab(const std::vector<PeerSpec>& peers, const std::vector<ServerSpec>& servers, unsigned seed,
         size_t evidence_limit) {
  Fabric fabric(evidence_limit);
  int number = 0;
  for (const auto& server : servers) add_server(fabric, server, number++);
  number = 1;
  for (const auto& peer : peers) add_peer(fabric, peer, number++, seed);
  pump_ = std::make_unique<Pump>(std::move(fabric), wires_);
}

void Lab::add_server(Fabric& fabric, const ServerSpec& server, int number) {
  add_host(fabric, fabric.internet(), server.name,
           {.addresses = server_addresses(number), .watch_loopback = true});
}

void Lab::add_peer(Fabric& fabric, const PeerSpec& peer, int number, unsigned seed) {
  NetworkId network = fabric.internet();
  auto depth = static_cast<int>(peer.behind.size());
  InterfaceAddress address = public_address(number);
  // Built from the internet inwards: each box takes the address so far, and gives its inside one.
  for (auto box = peer.behind.rbegin(); box != peer.behind.rend(); ++box) {
    const auto box_seed = (static_cast<std::uint64_t>(seed) << 16) + wires_.size() * 64 +
                          static_cast<std::uint64_t>(depth);
    network = fabric.add_network(network, box->name,
                                 std::make_unique<NatBox>(box->nat, address.address, box_seed));
    address = private_address(number, --depth);
  }
  add_host(fabric, network, peer.name, {.addresses = {address}});
}

void Lab::add_host(Fabric& fabric, NetworkId network, const std::string& name,
                   const HostConfig& config) {
  HostPlace place{.name = name, .interface = name + "." + config.interface, .addresses = {}};
  for (const auto& interface_address : config.addresses)
    place.addresses.push_back(interface_address.address);

  const Host& host = hosts_.emplace(name, Host::create(config)).first->second;
  wires_.push_back({.host = fabric.add_host(network, place.interface, place.addresses),
                    .tun = host.tun(),
                    .loopback = host.loopback(),
                    .loopback_hop = {}});
  if (host.loopback() >= 0) wires_.back().loopback_hop = fabric.add_loopback(name + ".lo");
  places_.emplace(name, std::move(place));
}

}  // namespace icelab
