#pragma once

#include <cstdint>
#include <optional>

namespace icelab {

/// The first eight bytes of an ICMP message without its checksum.
struct IcmpHeader {
  std::uint8_t type, code;
  std::uint32_t rest;  // identifier and sequence, MTU, or pointer

  bool operator==(const IcmpHeader&) const = default;
};

/// The same in ICMPv6: RFC 7915 section 4.2; nullopt for what it has no word for.
std::optional<IcmpHeader> icmp_to_icmpv6(const IcmpHeader& icmp);
/// And back: section 5.2.
std::optional<IcmpHeader> icmpv6_to_icmp(const IcmpHeader& icmpv6);

}  // namespace icelab
