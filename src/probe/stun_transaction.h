#pragma once

#include "src/base/event_loop.h"
#include "src/probe/open_exchange.h"
#include "src/probe/stun_socket.h"

#include <chrono>
#include <functional>
#include <vector>

namespace icelab {

/// When a request over UDP is sent again, and when that is given up (RFC 8489 section 6.2.1).
struct Retransmission {
  Duration rto = std::chrono::milliseconds(500);
  int most_requests = 7;  // Rc
  int last_wait = 16;     // Rm, in RTOs

  /// How long to wait for an answer after the first, second, ... request.
  [[nodiscard]] Duration wait_after(int request) const;
  /// How long it takes to know that nobody answers.
  [[nodiscard]] Duration silence() const;
};

/// One Binding request over a StunSocket: sent again until it is answered from where it ought to
/// be, refused, or given up. Whatever answers it from elsewhere is evidence, not an answer. It goes
/// on counting answers as long as it lives, which tells a lossy path from a slow one.
class StunTransaction : private StunSocket::User {
 public:
  /// Sends at once. `done` is called once, from the loop, and may destroy this. The socket must
  /// outlive it.
  StunTransaction(EventLoop& loop, StunSocket& socket, const StunQuery& query,
                  const Retransmission& retransmission, std::function<void()> done);
  ~StunTransaction() override;
  StunTransaction(const StunTransaction&) = delete;
  StunTransaction& operator=(const StunTransaction&) = delete;

  /// Whole once it is done.
  [[nodiscard]] const StunExchange& exchange() const { return open_.exchange(); }
  [[nodiscard]] const TransactionId& id() const { return open_.id(); }
  /// Called, from the loop, when the first request has not been answered within RTO: whoever only
  /// wants requests to be in order need not wait any longer.
  void on_retransmission(std::function<void()> callback) { delayed_ = std::move(callback); }

 private:
  bool take(const StunMessage& message, const Endpoint& source) override;
  void hear(const Undelivered& undelivered) override;
  void send();
  void on_timer();
  void finish();

  EventLoop& loop_;
  StunSocket& socket_;
  Retransmission retransmission_;
  std::function<void()> done_;
  std::function<void()> delayed_;
  OpenExchange open_;
  std::vector<std::uint8_t> request_;
  EventLoop::Watch timer_;
};

}  // namespace icelab
