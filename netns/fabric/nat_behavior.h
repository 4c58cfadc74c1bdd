#pragma once

#include "src/base/clock.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace icelab {

/// Whether something depends on the remote endpoint: not at all, on its address, or on address and
/// port. RFC 4787 section 4.1 uses these words for mapping, section 5 for filtering.
enum class Dependence { endpoint_independent, address_dependent, address_and_port_dependent };

std::string_view to_string(Dependence dependence);
std::optional<Dependence> parse_dependence(std::string_view text);

/// How one NAT behaves, in the words of RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508 (ICMP). Plain
/// data; the defaults are what RFC 4787 asks of a well-behaved NAT.
/// Ports are preserved where free and random on a clash.
struct NatBehavior {
  Dependence mapping = Dependence::endpoint_independent;
  Dependence filtering = Dependence::endpoint_independent;
  /// How long a mapping lives after the last packet that leaves through it (RFC 4787 REQ-5: at
  /// least two minutes, five recommended).
  Duration mapping_lifetime = std::chrono::minutes(5);

  bool operator==(const NatBehavior&) const = default;
};

/// A friendly name for a behaviour: the four NATs of RFC 3489 section 5, in which the field still
/// thinks.
struct NatProfile {
  std::string name;
  std::string description;  // one line, naming real devices
  NatBehavior behavior;
};

std::span<const NatProfile> nat_profiles();
const NatProfile* find_nat_profile(std::string_view name);

}  // namespace icelab
