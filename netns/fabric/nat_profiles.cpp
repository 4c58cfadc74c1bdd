#include "netns/fabric/nat_behavior.h"

#include <array>

namespace icelab {
namespace {

using namespace std::chrono_literals;

constexpr auto independent = Dependence::endpoint_independent;
constexpr auto address = Dependence::address_dependent;
constexpr auto address_and_port = Dependence::address_and_port_dependent;

// Documentation/networking/nf_conntrack-sysctl.rst of the kernel for the lifetimes, which every
// packet renews; nf_nat_core.c for ports: kept where the pair with the remote endpoint is free,
// else random.
constexpr NatBehavior linux_masquerade{
    .mapping = independent,
    .filtering = address_and_port,
    .port_overloading = true,
    .mapping_lifetime = 120s,
    .refresh = Refresh::both,
    .early_packet = EarlyPacket::steals_port,
    .unsolicited_syn = UnsolicitedSyn::reset,
    .tcp_established_lifetime = 432000s,
    .tcp_transitory_lifetime = 120s,
    .icmp_lifetime = 30s,
    .fragments = Fragments::reassembled,
};

// The same behind a firewall that rejects what comes to the router itself, before it is tracked:
// the wan zone of OpenWrt's default /etc/config/firewall (openwrt.org, "Firewall configuration").
constexpr NatBehavior home_router = [] {
  NatBehavior behavior = linux_masquerade;
  behavior.early_packet = EarlyPacket::ignored;
  return behavior;
}();

// RFC 6888 REQ-1 (all of RFC 4787), REQ-2, REQ-4 and REQ-7; blocks of 128 ports and at most 8 of
// them: the defaults of Junos ("block-allocation (Source NAT Next Gen Services)", juniper.net).
constexpr NatBehavior carrier_grade{
    .mapping = independent,
    .filtering = independent,
    .port_assignment = PortAssignment::random,
    .port_block = 128,
    .external_addresses = 4,
    .pooling = Pooling::paired,
    .mappings_per_subscriber = 1024,
    .hairpinning = Hairpinning::external_source,
    .fragments = Fragments::reassembled,
};

// Amazon VPC User Guide, "NAT gateway basics": ports 1024-65535, connections counted for each
// destination apart, 350 s of idle time, fragments of UDP packets.
constexpr NatBehavior cloud_nat_gateway{
    .mapping = address_and_port,
    .filtering = address_and_port,
    .port_assignment = PortAssignment::random,
    .port_overloading = true,
    .ports = PortRange{1024, 65535},
    .mapping_lifetime = 350s,
    .refresh = Refresh::both,
    .tcp_established_lifetime = 350s,
    .icmp_lifetime = 350s,
    .fragments = Fragments::passed,
};

// PAN-OS Networking Administrator's Guide: "Dynamic IP and Port NAT" for the ports, "Session
// Settings and Timeouts" for the lifetimes.
constexpr NatBehavior corporate_firewall{
    .mapping = address_and_port,
    .filtering = address_and_port,
    .port_assignment = PortAssignment::random,
    .mapping_lifetime = 30s,
    .refresh = Refresh::both,
    .tcp_established_lifetime = 1h,
    .tcp_transitory_lifetime = 30s,
    .icmp_lifetime = 6s,
    .fragments = Fragments::reassembled,
};

const std::array<NatProfile, 9> profiles{{
    {"full-cone",
     "one external port an internal one, open to everyone: game consoles' and many home routers' "
     "'open NAT'",
     {.mapping = independent, .filtering = independent}},
    {"restricted-cone",
     "open to every port of the addresses that were sent to: older home routers",
     {.mapping = independent, .filtering = address}},
    {"port-restricted-cone",
     "open only to the endpoints that were sent to: most home routers, Linux masquerading for a "
     "lone host",
     {.mapping = independent, .filtering = address_and_port}},
    {"symmetric",
     "a new external port for each destination: corporate firewalls, mobile carriers, pfSense's "
     "default",
     {.mapping = address_and_port, .filtering = address_and_port}},
    {"home-router",
     "shares a port between hosts where their destinations differ: OpenWrt and most routers built "
     "on Linux",
     home_router},
    {"linux-masquerade",
     "the same, but an early packet takes a port away: a Linux machine with masquerading and no "
     "other rules, hotspots",
     linux_masquerade},
    {"carrier-grade",
     "ports in blocks from a pool of addresses, open to everyone: carriers' NATs as RFC 6888 wants "
     "them, Juniper's and others",
     carrier_grade},
    {"cloud-nat-gateway",
     "a random port for each destination, gone after 350 s of silence: Amazon's NAT gateway",
     cloud_nat_gateway},
    {"corporate-firewall",
     "a random port for each destination, gone after 30 s of silence: Palo Alto Networks' "
     "firewalls",
     corporate_firewall},
}};

}  // namespace

std::span<const NatProfile> nat_profiles() {
  return profiles;
}

const NatProfile* find_nat_profile(std::string_view name) {
  for (const auto& profile : profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace icelab
