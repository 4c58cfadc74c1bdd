#pragma once

#include "src/net/packet.h"
#include "src/net/prefix.h"

#include <cstdint>
#include <string_view>
#include <variant>

namespace icelab {

// Packets of one IP version made into packets of the other, without remembering anything: RFC 7915.
// UDP, TCP, ICMP echo and ICMP errors with what they quote; other protocols as they are. IPv4
// options and IPv6 extension headers do not survive, but fragments stay fragments. A transport
// checksum follows, so a packet that arrived corrupt stays corrupt. The time to live stays: it is
// the router's matter.

/// Under which prefixes, of 96 bits, the IPv4 addresses of a packet's two ends are known in IPv6.
struct TranslationPrefixes {
  IpPrefix source{}, destination{};
};

/// Why there is no such packet in the other version.
struct Untranslatable {
  std::string_view why;
};

using Translation = std::variant<Packet, Untranslatable>;

Translation translate_to_ipv6(const Packet& packet, const TranslationPrefixes& prefixes);

/// An ICMP error from a router that has no IPv4 address comes from 192.0.0.8 (RFC 7600 section 4.8,
/// RFC 6791). `identification`: for a packet that routers may have to fragment.
Translation translate_to_ipv4(const Packet& packet, const TranslationPrefixes& prefixes,
                              std::uint16_t identification);

}  // namespace icelab
