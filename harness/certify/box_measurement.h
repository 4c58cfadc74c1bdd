#pragma once

#include "harness/certify/testbed.h"

#include <cstdint>
#include <span>
#include <string>

namespace icelab {

// What a box lets through and what it makes of addresses, found out from its two sides with plain
// sockets: the questions that are not about NATs alone. As in nat_measurement.h, each is asked of a
// fresh testbed.

/// To which of these ports outside something leaves: "all", "none" or "80, 443".
std::string measure_outgoing_udp(Testbed& bed, std::span<const std::uint16_t> ports);
std::string measure_outgoing_tcp(Testbed& bed, std::span<const std::uint16_t> ports);
/// Who answers HTTP that does not reach its server: "none", or a portal that "redirects".
std::string measure_captive_portal(Testbed& bed);
/// What becomes of it at a port to which it may not: "dropped", without a word, or "rejected".
std::string measure_outgoing_udp_refusal(Testbed& bed, std::uint16_t port);
std::string measure_outgoing_tcp_refusal(Testbed& bed, std::uint16_t port);
/// Whether a ping is answered: "allowed" or "blocked".
std::string measure_outgoing_echo(Testbed& bed);

// What comes in unasked. `aim`: the address outside that stands for host 0.

/// "allowed" or "blocked".
std::string measure_incoming_echo(Testbed& bed, const IpAddress& aim);
/// "allowed", "dropped" or "rejected".
std::string measure_incoming_udp(Testbed& bed, const IpAddress& aim);
std::string measure_incoming_tcp(Testbed& bed, const IpAddress& aim);

/// Where host 0 appears outside.
IpAddress external_address(const Testbed& bed);
/// The first so many bits of it: "2001:db8:0:1::/64".
std::string measure_prefix(Testbed& bed, int bits);
/// How a host's address outside depends on host, port and destination: "one each", "varies" or
/// "shared".
std::string measure_addresses(Testbed& bed);
/// "untouched" or "translated".
std::string measure_ports(Testbed& bed);
/// Whether an address outside adds as much to a checksum as the one inside (RFC 6296 section 2.6):
/// "neutral" or "changed".
std::string measure_checksum(Testbed& bed);
/// Whether a host is reached as ever after a day of silence: "none needed", or "forgotten".
std::string measure_memory(Testbed& bed);
/// A datagram and its answer, a connection and data over it both ways: "both ways", or how far it
/// came.
std::string measure_udp_round_trip(Testbed& bed);
std::string measure_tcp_round_trip(Testbed& bed);

}  // namespace icelab
