#include "harness/certify/setting.h"

#include "harness/lab/addressing.h"
#include "harness/lab/boxes.h"

namespace icelab {
namespace {

constexpr int site = 1;

IpAddress external_ipv4() {
  return Subnet::internet().take(uplink_site(site, 0)).address;
}

/// The first two hosts of a network.
std::array<IpAddress, 2> hosts_in(Subnet subnet) {
  const IpAddress first = subnet.take(site).address;
  return {first, subnet.take(site).address};
}

std::array<IpAddress, 2> hosts_in(const IpPrefix& prefix) {
  Ipv6Subnet subnet(prefix);
  const IpAddress first = subnet.take_for_host().address;
  return {first, subnet.take_for_host().address};
}

std::array<IpAddress, 2> server(bool ipv6) {
  const auto both = ipv6 ? server_ipv6_addresses(0) : server_addresses(0);
  return {both[0].address, both[1].address};
}

std::array<IpAddress, 2> as_ipv6(const std::array<IpAddress, 2>& ipv4) {
  return {embed(well_known_prefix(), ipv4[0]), embed(well_known_prefix(), ipv4[1])};
}

bool is_inside_translated(const BoxBehavior& behavior) {
  return std::holds_alternative<Nat66Behavior>(behavior) ||
         std::holds_alternative<Nptv6Behavior>(behavior);
}

}  // namespace

Endpoint Setting::called_inside(const Endpoint& outside_endpoint) const {
  const bool has_ipv4 = inside[0].is_v4();
  const IpAddress& address = outside_endpoint.address;
  if (has_ipv4 == address.is_v4()) return outside_endpoint;
  return {has_ipv4 ? embedded(address) : embed(well_known_prefix(), address),
          outside_endpoint.port};
}

Setting setting_of(const BoxBehavior& behavior) {
  if (is_inside_translated(behavior))
    return {.inside = hosts_in(private_prefix(site, 0)), .outside = server(true)};
  if (std::holds_alternative<Nat64Behavior>(behavior))
    return {.inside = hosts_in(public_prefix(site)), .outside = server(false)};
  if (std::holds_alternative<ClatBehavior>(behavior))
    return {.inside = hosts_in(Subnet::behind_clat()), .outside = as_ipv6(server(false))};
  return {.inside = hosts_in(Subnet::inside(site, 0)), .outside = server(false)};
}

Setting plain_setting(bool ipv6) {
  if (ipv6) return {.inside = hosts_in(public_prefix(site)), .outside = server(true)};
  return {.inside = hosts_in(Subnet::internet()), .outside = server(false)};
}

Setting setting_of_464xlat() {
  return {.inside = hosts_in(Subnet::behind_clat()), .outside = server(false), .has_nat64 = true};
}

IpPrefix external_network() {
  return public_prefix(site);
}

IpPrefix clat_prefix() {
  return translated_prefix(external_network());
}

std::unique_ptr<Box> make_in_setting(const BoxBehavior& behavior, std::uint64_t seed) {
  const IpPrefix outside = external_network();
  return make_box(behavior, external_ipv4(), Subnet::inside(site, 0).router().address, seed,
                  {.external = Ipv6Subnet(outside).take_for_box(),
                   .inside = is_inside_translated(behavior) ? private_prefix(site, 0) : outside,
                   .outside = outside});
}

std::unique_ptr<Box> make_outer_nat64() {
  return make_in_setting(Nat64Behavior{}, 1);
}

}  // namespace icelab
