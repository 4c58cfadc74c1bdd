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

/// Whether this segment asks for a new connection: SYN, and neither ACK nor RST.
bool opens_connection(const Packet::TcpHeader& tcp);

/// How far a TCP connection has come, as far as a NAT can see it from the flags (RFC 5382 section
/// 5).
class TcpProgress {
 public:
  void observe(const Packet::TcpHeader& tcp, Direction direction);
  [[nodiscard]] bool is_established() const { return syn_out_ && syn_in_ && !is_closed(); }
  [[nodiscard]] bool is_closed() const { return reset_ || (fin_out_ && fin_in_); }

 private:
  bool syn_out_ = false, syn_in_ = false;
  bool fin_out_ = false, fin_in_ = false;
  bool reset_ = false;
};

/// The traffic between a mapping's internal endpoint and one remote endpoint.
struct Session {
  Endpoint remote;
  Instant expires{};
  bool sent = false;  // the internal endpoint has sent to the remote one: what filtering asks for
  TcpProgress tcp{};  // of a TCP session
};

/// One external port lent to one internal endpoint. It lives while `now < expires`; afterwards it
/// is remembered, without its sessions, so that a late packet can be told why it came to nothing.
struct Mapping {
  Protocol protocol = Protocol::other;
  Endpoint internal;
  Endpoint towards;  // as much of the remote endpoint as the mapping depends on
  std::uint16_t external_port = 0;
  bool retired = false;  // noticed to be expired; its port is free
  Instant expires{};
  std::vector<Session> sessions;  // in the order in which they began

  [[nodiscard]] bool is_live(Instant now) const { return !retired && now < expires; }
  /// The session with this very remote endpoint, expired or not.
  Session* find_session(const Endpoint& remote);
  /// Whether filtering lets a packet from `remote` in: RFC 4787 section 5.
  [[nodiscard]] bool permits(Dependence filtering, const Endpoint& remote, Instant now) const;
  /// Gives a session a new end, which may be sooner than its old one; the mapping's follows. Only a
  /// session that was sent to holds the mapping.
  void set_expiry(Session& session, Instant expires_at);
};

}  // namespace icelab
