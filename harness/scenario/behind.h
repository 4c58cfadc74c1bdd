#pragma once

#include "harness/scenario/scenario.h"

#include <string>
#include <vector>

namespace icelab {

/// Reads a chain of boxes as on the command line of `icelab behind`: each word is a profile's name,
/// an inline JSON object as in `behind`, or @FILE holding one. Throws UsageError.
std::vector<BoxSpec> parse_behind(const std::vector<std::string>& words, const std::string& peer);

/// Of which IP versions a host behind these boxes has addresses, of which nobody has said it: of
/// IPv6 where there is a box for it, and of IPv4 unless it ends on the way. Throws UsageError if
/// the boxes make no sense in this order.
IpVersions choose_ip_versions(const std::vector<BoxSpec>& boxes);

}  // namespace icelab
