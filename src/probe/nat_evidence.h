#pragma once

#include "src/probe/stun_exchange.h"

#include <optional>
#include <vector>

namespace icelab {

// What NAT discovery did and what came of it: all that classify_nat judges by.

/// RFC 5780 section 4.4: a request to the server's primary address, and from the same socket, which
/// has sent nothing else before, one that asks for an answer from another endpoint.
struct FilteringTest {
  StunExchange primary;
  std::optional<StunExchange> changed;  // not sent if the first was not answered
};

/// The proof that a server does answer from its other endpoint, where silence might mean that it
/// does not: asked at that endpoint first, so that filtering lets its packets in.
struct OpenedTest {
  StunExchange primary;
  std::optional<StunExchange> other;
  std::optional<StunExchange> changed;  // sent if both had the same mapping
};

/// RFC 5780 section 4.5: two sockets send to each other's mapped address, so that each has opened
/// its filter for the other. The sender is the neighbor's, if there is one.
struct HairpinTest {
  StunExchange receiver;
  StunExchange sender;
  std::optional<StunExchange> hairpin;  // from the sender to the receiver's mapped address
  std::optional<Endpoint> seen_from;    // the source under which it arrived
};

/// All that waits for silence, at the same time.
struct SilentRound {
  FilteringTest change_both;
  FilteringTest change_port;
  std::optional<HairpinTest> hairpin;
};

/// RFC 5780 section 4.3: one socket asks at three endpoints.
struct MappingSeries {
  bool by_neighbor = false;  // the other host with the same source port
  StunExchange primary;
  std::optional<StunExchange> other_address;  // with the primary port
  std::optional<StunExchange> other;          // other address, other port
};

struct NatEvidence {
  std::optional<StunExchange> contact = {};
  std::optional<StunExchange> classic = {};  // asks for MAPPED-ADDRESS, from the same socket
  std::vector<SilentRound> rounds = {};
  std::optional<OpenedTest> opened_both = {};
  std::optional<OpenedTest> opened_port = {};
  std::vector<MappingSeries> mapping = {};
};

}  // namespace icelab
