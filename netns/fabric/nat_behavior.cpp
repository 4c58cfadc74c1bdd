#include "netns/fabric/nat_behavior.h"

#include <array>

namespace icelab {
namespace {

constexpr auto independent = Dependence::endpoint_independent;
constexpr auto address = Dependence::address_dependent;
constexpr auto address_and_port = Dependence::address_and_port_dependent;

const std::array<NatProfile, 4> profiles{{
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
}};

}  // namespace

std::string_view to_string(Dependence dependence) {
  switch (dependence) {
    case Dependence::endpoint_independent:
      return "endpoint-independent";
    case Dependence::address_dependent:
      return "address-dependent";
    case Dependence::address_and_port_dependent:
      break;
  }
  return "address-and-port-dependent";
}

std::optional<Dependence> parse_dependence(std::string_view text) {
  for (const auto dependence : {independent, address, address_and_port}) {
    if (text == to_string(dependence)) return dependence;
  }
  return std::nullopt;
}

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
