#pragma once

#include "src/base/clock.h"
#include "src/net/packet.h"
#include "src/net/prefix.h"

#include <cstdint>

namespace icelab {

/// What a router tells the hosts on one link, so that they form addresses of their own (RFC 4862)
/// and send through it: RFC 4861 section 4.2. The defaults are those of section 6.2.1.
struct RouterAdvertisement {
  IpPrefix prefix{};         // on-link, and for autonomous address configuration
  std::uint32_t mtu = 1500;  // bytes
  std::chrono::seconds valid_lifetime = std::chrono::hours(30 * 24);
  std::chrono::seconds preferred_lifetime = std::chrono::hours(7 * 24);
  std::chrono::seconds router_lifetime = 3 * std::chrono::seconds(600);
};

/// How often it tells them unasked: MaxRtrAdvInterval.
inline constexpr Duration advertisement_interval = std::chrono::seconds(600);

/// The address of every router on its links.
IpAddress router_link_local();

/// The advertisement as a packet from there; `to`: a host that asked, or all_nodes().
Packet make_packet(const RouterAdvertisement& told, const IpAddress& to);
IpAddress all_nodes();

/// Whether a host asks for one (RFC 4861 section 4.1), in a way that routers answer (section
/// 6.1.1).
bool is_router_solicitation(const Packet& packet);

}  // namespace icelab
