#include "harness/lab/lab.h"

#include "harness/lab/boxes.h"
#include "harness/lab/layout.h"
#include "src/base/error.h"
#include "src/base/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {

namespace {

size_t count_kernel_routers(const Topology& topology) {
  size_t count = 0;
  const auto add = [&](const Way& way) {
    count += static_cast<size_t>(std::ranges::count_if(way.boxes, [](const BoxSpec& box) {
      return std::holds_alternative<KernelRouterBehavior>(box.behavior);
    }));
  };
  for (const auto& network : topology.networks) add(network.way);
  for (const auto& peer : topology.peers)
    for (const auto& uplink : peer.uplinks) add(uplink.way);
  return count;
}

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
  boxes_ = std::move(layout.boxes);
  interfaces_ = std::move(layout.interfaces);
  pump_ = std::make_unique<Pump>(std::move(layout.fabric), std::move(layout.wires));
  for (const auto& [name, host] : hosts_) host.await_addresses();
}

void Lab::reboot(const std::string& box) {
  BoxPlace& place = boxes_.at(box);
  // Other ports than the last time, where they are left to chance.
  constexpr std::uint64_t another = std::uint64_t{1} << 48;
  place.seed += another;
  auto anew = make_box(place.behavior, place.external, place.internal, place.seed, place.ipv6);
  pump_->with_fabric(
      [&](Fabric& fabric, Instant) { fabric.replace_gateway(place.network, std::move(anew)); });
}

void Lab::change_address(const std::string& nat) {
  BoxPlace& place = boxes_.at(nat);
  if (std::holds_alternative<Nat66Behavior>(place.behavior)) {
    place.ipv6.external = place.outside_ipv6->take_for_box();
  } else {
    place.external = place.outside->take(place.site).address;
  }
  reboot(nat);
}

void Lab::replace(const std::string& box, const BoxBehavior& behavior) {
  boxes_.at(box).behavior = behavior;
  reboot(box);
}

void Lab::expire(const std::string& box) {
  pump_->with_fabric(
      [&](Fabric& fabric, Instant now) { fabric.gateway(boxes_.at(box).network).expire(now); });
}

void Lab::set_connected(const std::string& target, bool connected) {
  pump_->with_fabric([&](Fabric& fabric, Instant) {
    const auto interface = interfaces_.find(target);
    if (interface != interfaces_.end()) return fabric.set_connected(interface->second, connected);
    fabric.set_connected(boxes_.at(target).network, connected);
  });
}

Recording Lab::stop() {
  Recording recording = pump_->stop();
  for (const auto& [name, host] : hosts_) {
    auto counts = host.count_drops();
    for (size_t i = 0; i < counts.size(); ++i) {
      if (!counts[i] || !counts[i]->any()) continue;
      const std::string& interface = places_.at(name).interfaces.at(i);
      counts[i]->received += pump_->uncounted_drops(interfaces_.at(interface));
      recording.host_drops.emplace(interface, *counts[i]);
    }
    if (const auto unheard = host.count_unheard(); unheard > 0)
      recording.unheard.emplace(name + ".lo", unheard);
  }
  return recording;
}

IpAddress Lab::own_address(const std::string& server, const std::string& peer) const {
  return place(peer).has_ipv4() ? place(server).addresses[0] : place(server).first_ipv6();
}

bool has_kernel_routers(const Topology& topology) {
  return count_kernel_routers(topology) > 0;
}

size_t descriptors_for(const Topology& topology) {
  // Thirty when a lab stands with two agents and a server in it, and a few more while it is built.
  constexpr size_t usual = 34, usual_hosts = 3;
  // A namespace and two interfaces.
  constexpr size_t for_a_router = 3;
  constexpr size_t for_a_host = 5;
  size_t uplinks = 0;
  for (const auto& peer : topology.peers) uplinks += peer.uplinks.size();
  const size_t hosts = topology.peers.size() + topology.servers.size();
  const auto above = [](size_t number, size_t floor) {
    return number > floor ? number - floor : 0;
  };
  const bool has_resolver =
      std::ranges::count(topology.servers, ToldBy::name, &ServerSpec::told_by) > 0;
  return usual + for_a_router * count_kernel_routers(topology) +
         above(uplinks, topology.peers.size()) +
         for_a_host * (above(hosts, usual_hosts) + (has_resolver ? 1 : 0));
}

size_t affordable_labs(size_t descriptors) {
  constexpr size_t besides = 32;  // what the program needs
  const size_t limit = descriptor_limit();
  if (limit < besides + descriptors) {
    throw MachineError(fmt::format(
        "no more than {} files may be open, and a lab needs {}\nTo allow them: ulimit -n 1024",
        limit, besides + descriptors));
  }
  return (limit - besides) / descriptors;
}

}  // namespace icelab
