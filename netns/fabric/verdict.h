#pragma once

#include "src/base/clock.h"
#include "src/net/packet.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

/// Why a packet was dropped. The cause codes of a report's failed pairs are these and the
/// observer's.
enum class DropReason {
  filtered,    // a NAT has the mapping, but its filtering lets this sender in only if sent to first
  no_mapping,  // a NAT has no mapping for the port that was aimed at
  /// The port that was aimed at is that of a mapping towards somebody else: to this sender the
  /// internal endpoint sends from another one.
  mapping_mismatch,
  mapping_expired,      // it had one, which timed out
  port_exhausted,       // no external port left for a new mapping
  hairpin_unsupported,  // a host inside aimed at its own NAT's external address
  blocked,              // firewall policy, or something the box cannot translate
  lost,                 // a link lost it, or its queue was full
  too_big,              // more than a link's MTU, and not to be fragmented
  unroutable,  // no host has the destination address, or it is private and left for the internet
};

std::string_view to_string(DropReason reason);

/// The packet, rewritten in place, goes on.
struct Forward {};
/// Rewritten in place, it turns back into the network that it came from: hairpinning.
struct Reflect {};
/// It stays in the box for now: a fragment that waits for the others.
struct Hold {};
/// In its place these go on, each at its time, which may be now: a link's delay, duplicates,
/// fragments.
struct Queue {
  struct Entry {
    Instant at;
    Packet packet;
  };
  std::vector<Entry> entries;
};
/// Its way ends here; recorded where it was decided.
struct Drop {
  DropReason reason;
  std::string detail;  // the rule, in words, with the addresses it decided by
  /// What the box sends back to whoever sent it: a TCP reset, an ICMP error.
  std::optional<Packet> answer = std::nullopt;
};
/// What a box did with a packet.
using Verdict = std::variant<Forward, Reflect, Hold, Queue, Drop>;

/// Outbound is away from the host, towards the internet.
enum class Direction { outbound, inbound };

std::string_view to_string(Direction direction);

}  // namespace icelab
