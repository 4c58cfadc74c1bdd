#pragma once

#include "src/probe/stun_exchange.h"

#include <cstdint>
#include <optional>
#include <span>

namespace icelab {

/// An ICMP error about a datagram that was sent.
struct Undelivered {
  Endpoint destination;
  std::span<const std::uint8_t> quoted;  // the datagram's beginning; a router may leave it out
  int error;                             // errno's word
  bool is_hard;                          // RFC 1122 section 3.2.2.1: no use in trying again
  std::optional<IpAddress> from;
};

/// A StunExchange that goes on: what arrives is judged, and written down. Pure: StunTransaction has
/// the socket, and the time.
class OpenExchange {
 public:
  /// Of the responses from elsewhere so many are kept.
  OpenExchange(const TransactionId& id, StunExchange begun, size_t most_elsewhere)
      : id_(id), most_elsewhere_(most_elsewhere), exchange_(std::move(begun)) {}

  [[nodiscard]] const TransactionId& id() const { return id_; }
  [[nodiscard]] const StunExchange& exchange() const { return exchange_; }
  /// Whether its outcome is known; answers are counted still.
  [[nodiscard]] bool is_settled() const { return settled_; }

  void count_request() { ++exchange_.requests; }
  /// Whether the message is an answer to it.
  bool take(const StunMessage& message, const Endpoint& source);
  void take(const Undelivered& undelivered);
  /// This machine could not send.
  void fail(int error) { settle(Refused{error, {}}); }
  /// Nothing more is waited for.
  void give_up();

 private:
  void settle(StunOutcome outcome);

  TransactionId id_;
  size_t most_elsewhere_;
  StunExchange exchange_;
  bool settled_ = false;
  std::optional<Refused> complaint_;  // ICMP's, that may pass: it counts if nobody answers
};

}  // namespace icelab
