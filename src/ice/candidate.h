#pragma once

#include "src/net/address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icelab {

/// RFC 8445 section 4.
enum class CandidateType { host, server_reflexive, peer_reflexive, relayed };

/// UDP, or one of the TCP types of RFC 6544 section 4.5.
enum class CandidateTransport { udp, tcp_active, tcp_passive, tcp_simultaneous_open };

/// What stands for a port where there is none, as an active TCP candidate has it (RFC 6544 section
/// 4.5).
inline constexpr std::uint16_t discard_port = 9;

/// The words of a candidate's SDP line: "host", "srflx", "prflx", "relay".
std::string_view to_string(CandidateType type);
/// "udp", "tcp-active", "tcp-passive", "tcp-so".
std::string_view to_string(CandidateTransport transport);

/// One ICE candidate, as signalled between agents.
struct Candidate {
  std::string foundation;
  int component = 1;
  CandidateTransport transport = CandidateTransport::udp;
  std::uint32_t priority = 0;
  Endpoint endpoint;
  CandidateType type = CandidateType::host;
  std::optional<Endpoint> related;  // raddr and rport

  /// From the SDP attribute's value, "candidate:..." (RFC 8839 section 5.1), with or without a
  /// leading "a=". nullopt if it is malformed or names a host by anything but a literal address.
  static std::optional<Candidate> parse(std::string_view sdp);
  /// "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host".
  [[nodiscard]] std::string to_sdp() const;

  bool operator==(const Candidate&) const = default;
};

/// Where a candidate's checks leave from (RFC 8445 section 4, "base"): a host or relayed candidate
/// is its own. An active TCP candidate has a port of its own for each connection, and as a base
/// none.
Endpoint base_of(const Candidate& candidate);

/// RFC 8445 section 6.1.2.3: the priority of a pair, from the controlling (G) and controlled (D)
/// side's.
std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled);

}  // namespace icelab
