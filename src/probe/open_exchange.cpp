#include "src/probe/open_exchange.h"

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

constexpr size_t header_length = 20;

}  // namespace

bool OpenExchange::take(const StunMessage& message, const Endpoint& source) {
  if (!message.is_response() || message.transaction != id_) return false;
  const bool is_error = message.message_class == StunClass::error;
  // A server that will not do as asked says so from where it was asked.
  const bool expected =
      source == exchange_.query.expected_source() || (is_error && source == exchange_.query.server);
  if (!expected) {
    if (exchange_.elsewhere.size() < most_elsewhere_)
      exchange_.elsewhere.push_back({message, source});
    return true;
  }
  ++exchange_.answers;
  if (settled_) return true;
  if (is_error) {
    settle(ErrorResponse{message.error_code.value_or(0), source});
  } else {
    settle(Answered{message, source});
  }
  return true;
}

void OpenExchange::take(const Undelivered& undelivered) {
  const auto& quoted = undelivered.quoted;
  const bool about_another =
      undelivered.destination != exchange_.query.server ||
      (quoted.size() >= header_length && !std::equal(id_.begin(), id_.end(), quoted.begin() + 4));
  if (settled_ || about_another) return;
  const Refused refused{undelivered.error, undelivered.from};
  if (undelivered.is_hard) {
    settle(refused);
  } else {
    complaint_ = refused;
  }
}

void OpenExchange::give_up() {
  if (complaint_) {
    settle(*complaint_);
  } else {
    settle(Silent{});
  }
}

void OpenExchange::settle(StunOutcome outcome) {
  settled_ = true;
  exchange_.outcome = std::move(outcome);
}

}  // namespace icelab
