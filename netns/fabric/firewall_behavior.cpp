#include "netns/fabric/firewall_behavior.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

const AllowedPorts none{.all = false};

const std::array<FirewallProfile, 5> profiles{{
    {"stateful-firewall", "everything goes out, only answers come in: hosted servers' default", {}},
    {"ipv6-firewall",
     "the same for IPv6 alone, and echo requests come in: IPv6 home routers (RFC 6092, RFC 4890)",
     {.families = Families::ipv6, .incoming_echo = Unsolicited::allowed}},
    {"udp-blocked",
     "no UDP at all, TCP both ways: offices that know UDP only as a danger",
     {.udp = none, .incoming_tcp = Unsolicited::allowed}},
    {"udp-and-incoming-tcp-blocked",
     "no UDP, and TCP from inside only: most corporate firewalls",
     {.udp = none}},
    {"web-only",
     "TCP to ports 80 and 443 from inside and nothing else: banks, schools, hotels",
     {.udp = none, .tcp = {.all = false, .some = {80, 443}}, .icmp = false}},
}};

}  // namespace

bool AllowedPorts::allows(std::uint16_t port) const {
  return all || std::ranges::find(some, port) != some.end();
}

std::span<const FirewallProfile> firewall_profiles() {
  return profiles;
}

const FirewallProfile* find_firewall_profile(std::string_view name) {
  const auto* const found = std::ranges::find(profiles, name, &FirewallProfile::name);
  return found == profiles.end() ? nullptr : &*found;
}

}  // namespace icelab
