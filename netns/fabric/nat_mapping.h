#pragma once

#include "netns/fabric/nat_behavior.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstdint>
#include <vector>

namespace icelab {

// What a Nat remembers: its mappings, and for each the sessions that it serves.

/// As much of a remote endpoint as something depends on: nothing, its address, or all of it.
Endpoint depended_on(Dependence dependence, const Endpoint& remote);

/// What a protocol's mappings depend on, and its filtering.
constexpr Dependence mapping_of(const NatBehavior& behavior, Protocol protocol) {
  return protocol == Protocol::tcp && behavior.tcp_mapping ? *behavior.tcp_mapping
                                                           : behavior.mapping;
}
constexpr Dependence filtering_of(const NatBehavior& behavior, Protocol protocol) {
  return protocol == Protocol::tcp && behavior.tcp_filtering ? *behavior.tcp_filtering
                                                             : behavior.filtering;
}

/// Whether this segment asks for a new connection: SYN, and neither ACK nor RST.
bool opens_connection(const Packet::TcpHeader& tcp);

/// How far a TCP connection has come, as far as a NAT can see it from the flags (RFC 5382 section
/// 5).
class TcpProgress {
 public:
  void observe(const Packet::TcpHeader& tcp, Direction direction);
  [[nodiscard]] bool is_established() const { return syn_out_ && syn_in_ && !is_closed(); }
  [[nodiscard]] bool is_closed() const { return reset_ || (fin_out_ && fin_in_); }
  /// The inside has asked for a connection, and the outside has said nothing of the kind yet.
  [[nodiscard]] bool awaits_answer() const { return syn_out_ && !syn_in_ && !is_closed(); }

 private:
  bool syn_out_ = false, syn_in_ = false;
  bool fin_out_ = false, fin_in_ = false;
  bool reset_ = false;
};

/// The traffic between a mapping's internal endpoint and one remote endpoint.
struct Session {
  Endpoint remote;
  Instant expires{};
  Instant begun{};
  bool answered = false;
  bool sent = false;  // the internal endpoint has sent to the remote one: what filtering asks for
  TcpProgress tcp{};  // of a TCP session
};

/// One external endpoint lent to one internal endpoint. It lives while `now < expires`; afterwards
/// it is remembered, without its sessions, so that a late packet can be told why it came to
/// nothing.
struct Mapping {
  Protocol protocol = Protocol::other;
  Endpoint internal;  // of nobody if early packets have occupied the port
  Endpoint towards;   // as much of the remote endpoint as the mapping depends on
  Endpoint external;
  bool retired = false;  // noticed to be expired; its port is free
  Instant expires{};
  std::vector<Session> sessions;  // in the order in which they began

  [[nodiscard]] bool is_live(Instant now) const { return !retired && now < expires; }
  [[nodiscard]] bool is_nobodys() const { return internal == Endpoint{}; }
  /// The session with this very remote endpoint, expired or not.
  Session* find_session(const Endpoint& remote);
  /// Whether there is traffic with this very remote endpoint.
  [[nodiscard]] bool serves(const Endpoint& remote, Instant now) const;
  /// Whether filtering lets a packet from `remote` in: RFC 4787 section 5.
  [[nodiscard]] bool permits(Dependence filtering, const Endpoint& remote, Instant now) const;
  /// Gives a session a new end, which may be sooner than its old one; the mapping's follows. Only a
  /// session that was sent to holds the mapping.
  void set_expiry(Session& session, Instant expires_at);
};

}  // namespace icelab
