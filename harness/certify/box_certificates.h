#pragma once

#include "harness/certify/certificate.h"
#include "harness/certify/setting.h"

namespace icelab {

// What each kind of box is asked; see certify().

/// In the settings of a NAT, a NAT66 or a NAT64.
std::vector<Property> certify_nat(const NatBehavior& behavior, const Setting& setting,
                                  const BoxFactory& make, const Witnesses& witnesses);
/// It is to behave as nat_behavior_of() says.
std::vector<Property> certify_kernel_router(const KernelRouterBehavior& router,
                                            const Setting& setting, const BoxFactory& make,
                                            const Witnesses& witnesses);
/// Over both IP versions: whatever the one is let through is no proof of the other.
std::vector<Property> certify_firewall(const FirewallBehavior& behavior, const BoxFactory& make);
/// Over IPv4, each direction apart: what its options say, as far as the others let it be seen.
std::vector<Property> certify_link(const DuplexLinkBehavior& link, const BoxFactory& make);
// The two translators that remember nothing. A CLAT is measured by itself, between IPv4 and IPv6,
// and together with a NAT64, between IPv4 and IPv4.
std::vector<Property> certify_nptv6(const BoxFactory& make);
std::vector<Property> certify_clat(const BoxFactory& make);

}  // namespace icelab
