#include "netns/fabric/nat_mapping.h"

#include <algorithm>

namespace icelab {

Endpoint depended_on(Dependence dependence, const Endpoint& remote) {
  switch (dependence) {
    case Dependence::endpoint_independent:
      return {};
    case Dependence::address_dependent:
      return {remote.address, 0};
    case Dependence::address_and_port_dependent:
      break;
  }
  return remote;
}

bool opens_connection(const Packet::TcpHeader& tcp) {
  return tcp.syn && !tcp.ack && !tcp.rst;
}

void TcpProgress::observe(const Packet::TcpHeader& tcp, Direction direction) {
  if (is_closed() && opens_connection(tcp)) *this = {};  // the same endpoints once more
  const bool outbound = direction == Direction::outbound;
  if (tcp.rst) reset_ = true;
  if (tcp.syn) (outbound ? syn_out_ : syn_in_) = true;
  if (tcp.fin) (outbound ? fin_out_ : fin_in_) = true;
}

Session* Mapping::find_session(const Endpoint& remote) {
  const auto found = std::ranges::find(sessions, remote, &Session::remote);
  return found == sessions.end() ? nullptr : &*found;
}

bool Mapping::serves(const Endpoint& remote, Instant now) const {
  const auto found = std::ranges::find(sessions, remote, &Session::remote);
  return found != sessions.end() && now < found->expires;
}

bool Mapping::permits(Dependence filtering, const Endpoint& remote, Instant now) const {
  if (filtering == Dependence::endpoint_independent) return true;
  const bool any_port = filtering == Dependence::address_dependent;
  return std::ranges::any_of(sessions, [&](const Session& session) {
    return session.sent && now < session.expires && session.remote.address == remote.address &&
           (any_port || session.remote.port == remote.port);
  });
}

void Mapping::set_expiry(Session& session, Instant expires_at) {
  const bool sooner = expires_at < session.expires;
  session.expires = expires_at;
  if (!session.sent) return;
  if (sooner) {
    expires = expires_at;
    for (const Session& other : sessions) {
      if (other.sent) expires = std::max(expires, other.expires);
    }
  }
  expires = std::max(expires, expires_at);
}

}  // namespace icelab
