#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace icelab {

/// Why a packet was dropped. The cause codes of a report's failed pairs are these and the
/// observer's.
enum class DropReason {
  filtered,    // a NAT has the mapping, but its filtering lets this sender in only if sent to first
  no_mapping,  // a NAT has no mapping for the port that was aimed at
  mapping_expired,      // it had one, which timed out
  port_exhausted,       // no external port left for a new mapping
  hairpin_unsupported,  // a host inside aimed at its own NAT's external address
  blocked,              // firewall policy, or something the box cannot translate
  unroutable,  // no host has the destination address, or it is private and left for the internet
};

std::string_view to_string(DropReason reason);

/// What a box did with a packet: passed it on (rewritten in place), or dropped it, recorded where
/// decided.
struct Forward {};
struct Drop {
  DropReason reason;
  std::string detail;  // the rule, in words, with the addresses it decided by
};
using Verdict = std::variant<Forward, Drop>;

/// Outbound is away from the host, towards the internet.
enum class Direction { outbound, inbound };

std::string_view to_string(Direction direction);

}  // namespace icelab
