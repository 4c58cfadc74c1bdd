#include "harness/lab/host_place.h"

#include "src/net/prefix.h"

#include <algorithm>

namespace icelab {

bool HostPlace::has_ipv4() const {
  return std::ranges::any_of(addresses, &IpAddress::is_v4);
}

bool HostPlace::has_ipv6() const {
  return !std::ranges::all_of(addresses, &IpAddress::is_v4);
}

IpAddress HostPlace::first_ipv6() const {
  return *std::ranges::find(addresses, false, &IpAddress::is_v4);
}

std::vector<IpAddress> first_of_each_family(const std::vector<IpAddress>& addresses) {
  std::vector<IpAddress> firsts;
  for (const bool ipv4 : {true, false}) {
    const auto first = std::ranges::find(addresses, ipv4, &IpAddress::is_v4);
    if (first != addresses.end()) firsts.push_back(*first);
  }
  return firsts;
}

std::vector<IpAddress> known_addresses(const HostPlace& server, const HostPlace& peer) {
  std::vector<IpAddress> known;
  const IpAddress& ipv4 = server.addresses[0];
  if (peer.has_ipv4()) known.push_back(ipv4);
  if (peer.needs_nat64()) {
    known.push_back(embed(well_known_prefix(), ipv4));
  } else if (peer.has_ipv6()) {
    known.push_back(server.first_ipv6());
  }
  return known;
}

}  // namespace icelab
