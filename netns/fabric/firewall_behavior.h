#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/base/clock.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace icelab {

/// To which remote ports a protocol may leave: all, none or some.
struct AllowedPorts {
  bool all = true;
  std::vector<std::uint16_t> some{};  // where not all

  [[nodiscard]] bool allows(std::uint16_t port) const;
  bool operator==(const AllowedPorts&) const = default;
};

/// What comes in unasked: nothing (as "simple security" of RFC 6092 has it) or everything.
enum class Unsolicited { blocked, allowed };

/// How what is not allowed is refused: without a word, or with a TCP reset or an ICMP error
/// (RFC 6092 REC-39 leaves the choice for what goes out).
enum class Refusal { dropped, rejected };

/// Of which packets a box takes notice; the others pass it as they pass a router.
enum class Families { both, ipv4, ipv6 };

template <>
inline constexpr auto words_of<Families> = std::to_array<std::string_view>({"both", "ipv4",
                                                                            "ipv6"});
template <>
inline constexpr auto words_of<Unsolicited> = std::to_array<std::string_view>({"blocked",
                                                                               "allowed"});
template <>
inline constexpr auto words_of<Refusal> = std::to_array<std::string_view>({"dropped", "rejected"});

/// A stateful firewall: what goes out is allowed by protocol and port, what comes in is allowed as
/// an answer. ICMP errors pass where they are about a packet that did (RFC 6092 REC-10, RFC 4890
/// section 4.3.1).
struct FirewallBehavior {
  Families families = Families::both;
  AllowedPorts udp{}, tcp{};                         // outbound
  bool icmp = true;                                  // echo, from inside, and its replies
  Unsolicited incoming_echo = Unsolicited::blocked;  // RFC 4890 section 4.3.1 wants it allowed
  Unsolicited incoming_udp = Unsolicited::blocked;
  Unsolicited incoming_tcp = Unsolicited::blocked;
  /// Who may answer a UDP packet: RFC 6092 REC-13 to 16.
  Dependence filtering = Dependence::address_and_port_dependent;
  Refusal refusal = Refusal::dropped;
  Duration udp_lifetime = std::chrono::minutes(5);  // RFC 6092 REC-14: at least two minutes

  /// TCP to port 80, where it is not allowed out, is answered by a captive portal.
  bool captive_portal = false;

  bool operator==(const FirewallBehavior&) const = default;
};

/// The port of HTTP.
inline constexpr std::uint16_t web_port = 80;

}  // namespace icelab
