#include "harness/certify/certificate.h"

#include "harness/certify/box_certificates.h"
#include "src/base/overloaded.h"
#include "src/base/path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace icelab {

std::string_view to_string(Witness witness) {
  switch (witness) {
    case Witness::both_sides:
      return "both sides";
    case Witness::rfc5780:
      return "RFC 5780";
    case Witness::natdiscovery:
      break;
  }
  return "natdiscovery";
}

bool Property::agrees() const {
  return std::ranges::all_of(testimonies, &Testimony::agrees);
}

std::string describe_measurement(const Property& property) {
  if (property.testimonies.empty()) return "not measured: " + property.why_not;
  std::vector<std::string> all;
  const bool agrees = property.agrees();
  for (const auto& each : property.testimonies) {
    const auto who = to_string(each.witness);
    if (!agrees) {
      all.push_back(fmt::format("{} ({})", each.measured, who));
    } else {
      all.push_back(each.is_hidden ? fmt::format("hidden from {}", who) : std::string(who));
    }
  }
  if (!agrees) return fmt::format("measured: {}", fmt::join(all, ", "));
  return fmt::format("as measured: {}", fmt::join(all, ", "));
}

Witnesses Witnesses::installed() {
  const bool server = find_program("turnserver").has_value();
  return {.rfc5780 = server,
          .natdiscovery = server && find_program("turnutils_natdiscovery").has_value()};
}

std::vector<Property> certify(const BoxBehavior& claim, const BoxFactory& make,
                              const Witnesses& witnesses) {
  const Setting setting = setting_of(claim);
  // Between IPv6 and IPv4 no server inside the NAT64 says where the other address is.
  const Witnesses nobody_inside{.rfc5780 = false, .natdiscovery = false};
  return std::visit(
      Overloaded{
          [&](const NatBehavior& nat) { return certify_nat(nat, setting, make, witnesses); },
          [&](const Nat66Behavior& nat66) {
            return certify_nat(nat66.nat, setting, make, witnesses);
          },
          [&](const Nat64Behavior& nat64) {
            return certify_nat(nat64.nat, setting, make, nobody_inside);
          },
          [&](const KernelRouterBehavior& router) {
            return certify_kernel_router(router, setting, make, witnesses);
          },
          [&](const FirewallBehavior& firewall) { return certify_firewall(firewall, make); },
          [&](const Nptv6Behavior&) { return certify_nptv6(make); },
          [&](const ClatBehavior&) { return certify_clat(make); },
          [&](const DuplexLinkBehavior& link) { return certify_link(link, make); },
      },
      claim);
}

std::vector<Property> certify(const BoxBehavior& claim, std::uint64_t seed,
                              const Witnesses& witnesses) {
  return certify(
      claim, [&] { return make_in_setting(claim, seed); }, witnesses);
}

}  // namespace icelab
