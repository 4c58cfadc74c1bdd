#pragma once

#include "src/base/descriptor.h"
#include "src/base/event_loop.h"
#include "src/net/address.h"
#include "src/probe/open_exchange.h"
#include "src/stun/message.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace icelab {

/// A UDP socket on which STUN is spoken: hands what arrives, ICMP errors included, to whichever of
/// its users it belongs to. Several transactions may share one, as NAT discovery needs.
class StunSocket {
 public:
  class User {
   public:
    virtual ~User() = default;
    /// Whether the message was for this user. Must not destroy a user of the same socket.
    virtual bool take(const StunMessage& message, const Endpoint& source) = 0;
    virtual void hear(const Undelivered& undelivered) = 0;
  };

  /// The socket must be bound to one address: of a host with several, another one might be used for
  /// each destination, which looks like a NAT's doing.
  /// Throws std::invalid_argument if it is not.
  StunSocket(EventLoop& loop, Descriptor socket);
  StunSocket(const StunSocket&) = delete;
  StunSocket& operator=(const StunSocket&) = delete;

  [[nodiscard]] const Endpoint& local() const { return local_; }

  void add(User& user) { users_.push_back(&user); }
  void remove(User& user) { std::erase(users_, &user); }
  /// Called with the STUN messages that no user takes: requests, and responses to nobody's request.
  void on_stray(std::function<void(const StunMessage&, const Endpoint& source)> callback) {
    on_stray_ = std::move(callback);
  }

  /// What kept this machine from sending, if anything; what may pass (a full queue) does not count.
  std::optional<int> send(const Endpoint& to, std::span<const std::uint8_t> bytes);
  /// Takes in what has arrived by now, as the loop does by itself sooner or later.
  void receive();

 private:
  void receive_errors();
  void deliver(std::span<const std::uint8_t> bytes, const Endpoint& source);

  Descriptor socket_;
  int family_;
  Endpoint local_;
  std::vector<User*> users_;
  std::function<void(const StunMessage&, const Endpoint&)> on_stray_;
  EventLoop::Watch watch_;
};

}  // namespace icelab
