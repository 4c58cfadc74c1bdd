#include "netns/linux/kernel_router.h"

#include "netns/linux/conntrack.h"
#include "netns/linux/netlink.h"
#include "netns/linux/nftables.h"
#include "netns/linux/router_rules.h"
#include "netns/linux/sysctl.h"
#include "src/base/error.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace icelab {
namespace {

constexpr size_t largest_packet = 65536;

/// The outer interface first: the default route of the router's own answers leads there.
Host create_host(const KernelRouter::Addresses& addresses) {
  return Host::create({.interfaces = {{.name = outer_interface, .addresses = {addresses.outer}},
                                      {.name = inner_interface, .addresses = {addresses.inner}}}});
}

/// What comes in on one side leaves on the other, whatever addresses there are: networks further in
/// and further out are not the router's business.
void route_across() {
  constexpr std::uint32_t to_outer = 201, to_inner = 202;
  Netlink netlink;
  const auto inner = netlink.find(inner_interface), outer = netlink.find(outer_interface);
  netlink.add_default_route(outer, AF_INET, {.table = to_outer});
  netlink.add_default_route(inner, AF_INET, {.table = to_inner});
  netlink.add_rule(inner, to_outer);
  netlink.add_rule(outer, to_inner);
}

void set_forwarding() {
  for (const std::string interface : {"all", inner_interface, outer_interface}) {
    set_sysctl(fmt::format("ipv4/conf/{}/rp_filter", interface), "0");
    set_sysctl(fmt::format("ipv4/conf/{}/send_redirects", interface), "0");
  }
  set_sysctl("ipv4/ip_forward", "1");
}

/// Only once there are rules that need connection tracking has it any.
void set_timeouts(const KernelRouterBehavior& behavior) {
  const auto set = [](const char* name, std::chrono::seconds timeout) {
    set_sysctl(fmt::format("netfilter/nf_conntrack_{}", name), std::to_string(timeout.count()));
  };
  set("udp_timeout", behavior.udp_timeout);
  set("udp_timeout_stream", behavior.udp_stream_timeout);
  set("tcp_timeout_established", behavior.tcp_established_timeout);
  set("icmp_timeout", behavior.icmp_timeout);
}

}  // namespace

KernelRouter::KernelRouter(const KernelRouterBehavior& behavior, const Addresses& addresses)
    : behavior_(behavior), host_(create_host(addresses)), buffer_(largest_packet) {
  run_inside(host_.network(), [&] {
    route_across();
    load_nftables(router_rules(behavior, addresses.outer.address));
    try {
      set_timeouts(behavior);
      set_forwarding();
    } catch (const SystemError& error) {
      throw MachineError(fmt::format(
          "this kernel does not let a namespace be a router: {}\nLeave out \"engine\": \"linux\"",
          error.what()));
    }
  });
}

int KernelRouter::tun(Port port) const {
  return host_.tun(port == Port::outer ? 0 : 1);
}

std::vector<RouterPorts::Emerged> KernelRouter::exchange(Port in, const Packet& packet) {
  discard_late();
  segments_.clear();
  segments_.join(packet);
  writer_.write(tun(in), segments_);
  std::vector<Emerged> emerged;
  collect(Port::inner, emerged);
  collect(Port::outer, emerged);
  return emerged;
}

void KernelRouter::collect(Port port, std::vector<Emerged>& emerged) {
  while (const auto length = read_packet(tun(port), buffer_)) {
    auto packet = Packet::parse({buffer_.begin(), buffer_.begin() + static_cast<ssize_t>(*length)});
    if (packet) emerged.push_back({port, std::move(*packet)});
  }
}

/// All that a router says unasked is that fragments have waited too long for the others.
void KernelRouter::discard_late() {
  std::vector<Emerged> late;
  collect(Port::inner, late);
  collect(Port::outer, late);
  const bool expected =
      std::ranges::all_of(late, [](const Emerged& each) { return each.packet.is_icmp_error(); });
  if (expected) return;
  throw MachineError(
      "a kernel router sent a packet on only after a while, so that nobody can tell what became of "
      "which\nReceive packet steering does that: 'sysctl net.core.rps_default_mask=0' as root");
}

void KernelRouter::forget() {
  run_inside(host_.network(), [&] {
    flush_conntrack();
    const std::string commands = forget_learned(behavior_);
    if (!commands.empty()) load_nftables(commands);
  });
}

void require_kernel_routers() {
  const auto address = [](std::uint32_t bits) {
    return InterfaceAddress{.address = IpAddress::v4(bits), .prefix_length = 24};
  };
  const KernelRouter attempt({.nat = KernelNat::full_cone, .input = RouterInput::reject},
                             {address(0x0a000101), address(0xcb007115)});
}

}  // namespace icelab
