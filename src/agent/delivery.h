#pragma once

#include "src/base/json.h"

#include <deque>

namespace icelab {

/// Nothing lost, nothing twice, in order (docs/signalling.md, "Nothing lost"): the numbers of one
/// session in both directions, and what was sent and not received yet. It outlives the connections
/// that carry the session.
class Delivery {
 public:
  enum class Order { next, repeated, gap };

  /// The highest number that has come in order.
  [[nodiscard]] int received() const { return received_; }

  /// Numbers a message, and keeps it until the other side has it.
  const Json& number(Json message) {
    message["seq"] = ++sent_;
    return pending_.emplace_back(std::move(message));
  }
  /// The other side has all up to this number.
  void acknowledge(int received) {
    while (!pending_.empty() && pending_.front().at("seq") <= received) pending_.pop_front();
  }
  /// What must be sent again when the session goes on over a new connection.
  [[nodiscard]] const std::deque<Json>& pending() const { return pending_; }

  /// Whether a message that came is to be read, has been read before, or shows that one is missing.
  Order accept(int seq) {
    if (seq <= received_) return Order::repeated;
    if (seq > received_ + 1) return Order::gap;
    received_ = seq;
    return Order::next;
  }

 private:
  int sent_ = 0;
  int received_ = 0;
  std::deque<Json> pending_;
};

}  // namespace icelab
