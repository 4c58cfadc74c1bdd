#pragma once

#include "netns/fabric/mapping_table.h"
#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/nat_mapping.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace icelab {

// A NAT's rules in words: why it drops a packet.

/// An endpoint, or the address alone where there is no port to name.
std::string name(const Endpoint& endpoint);
/// "from 10.0.2.2:5000 to 203.0.113.10:3478".
std::string from_to(const Packet& packet);

/// What no direction lets through: what NATs do not know how to translate.
std::optional<Drop> refuse_untranslatable(const Packet& packet);
/// What does not leave, whatever the tables say.
std::optional<Drop> refuse_outbound(const Packet& packet, const MappingTable& table);
/// What does not enter, whatever the tables say.
std::optional<Drop> refuse_inbound(const Packet& packet, const MappingTable& table);

/// There is no such packet in the other IP version.
Drop untranslatable(const Packet& packet, std::string_view why);

Drop no_hairpinning(const Packet& packet, const NatBehavior& behavior);
Drop no_mapping_left(Shortage shortage, Protocol protocol, const Endpoint& internal,
                     const NatBehavior& behavior, const MappingTable& table);
/// `mapping`: one that has expired, or that nobody has; null if none is remembered. `instead`:
/// another mapping, through which the same internal endpoint reaches this remote one.
Drop not_mapped(const Mapping* mapping, const Mapping* instead, const Endpoint& external,
                const Endpoint& remote, Instant now);
/// Or a mismatch, if there is another mapping through which the sender was sent to.
Drop filtered(const Mapping& mapping, const Mapping* instead, Dependence filtering,
              const Endpoint& remote, Instant now);
Drop source_blocked(const Endpoint& external, const Endpoint& remote, Duration left);
Drop unknown_connection(DropReason reason, const Packet& packet);
Drop no_simultaneous_open(const Packet& packet);

Drop icmp_error_swallowed(const Packet& packet);
Drop unreadable_quote(const Packet& packet);
Drop not_received(const Packet& error, const Packet::Quoted& quoted);
Drop not_sent(const Packet& error, const Mapping& mapping, const Endpoint& remote);

}  // namespace icelab
