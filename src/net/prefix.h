#pragma once

#include "src/net/address.h"

#include <optional>
#include <string>
#include <string_view>

namespace icelab {

/// The addresses that begin with the same bits: "2001:db8::/32".
struct IpPrefix {
  IpAddress address{};  // what is beyond the length does not matter
  int length = 0;       // in bits of the address's own family: up to 32, or 128

  static std::optional<IpPrefix> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string to_string() const;
  bool operator==(const IpPrefix&) const = default;
};

/// The well-known prefix under which IPv6 hosts know all of IPv4: RFC 6052 section 2.1.
IpPrefix well_known_prefix();

/// The IPv6 address that stands for an IPv4 address: RFC 6052 section 2.2, for a prefix of 96 bits.
IpAddress embed(const IpPrefix& prefix, const IpAddress& ipv4);
/// And back: the IPv4 address in the last 32 bits.
IpAddress embedded(const IpAddress& ipv6);

}  // namespace icelab
