#include "src/probe/stun_transaction.h"

#include "src/base/error.h"

#include <sys/random.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t header_length = 20;

/// Not to be guessed (RFC 8489 section 5), or others could answer without having seen the request.
TransactionId new_id(bool classic) {
  TransactionId id{};
  check(getrandom(id.data(), id.size(), 0), "get random bytes");
  if (classic) return id;
  std::array<std::uint8_t, 12> bits{};
  std::copy_n(id.begin(), bits.size(), bits.begin());
  return transaction_id(bits);
}

}  // namespace

Duration Retransmission::wait_after(int request) const {
  return request < most_requests ? rto * (1 << (request - 1)) : rto * last_wait;
}

Duration Retransmission::silence() const {
  Duration sum{};
  for (int request = 1; request <= most_requests; ++request) sum += wait_after(request);
  return sum;
}

StunTransaction::StunTransaction(EventLoop& loop, StunSocket& socket, const StunQuery& query,
                                 const Retransmission& retransmission, std::function<void()> done)
    : loop_(loop),
      socket_(socket),
      retransmission_(retransmission),
      done_(std::move(done)),
      id_(new_id(query.classic)),
      request_(BindingRequest{.transaction = id_,
                              .change_address = query.change_address,
                              .change_port = query.change_port,
                              .response_port = {}}
                   .bytes()),
      exchange_{.local = socket.local(), .query = query, .outcome = Silent{}} {
  socket_.add(*this);
  send();
}

StunTransaction::~StunTransaction() {
  socket_.remove(*this);
}

void StunTransaction::send() {
  ++exchange_.requests;
  timer_ = loop_.after(retransmission_.wait_after(exchange_.requests), [this] { on_timer(); });
  const auto error = socket_.send(exchange_.query.server, request_);
  if (error) settle(Refused{*error, {}});
}

void StunTransaction::on_timer() {
  // Where the machine was late, the answer may have come in time and merely not been read.
  socket_.receive();
  if (settled_) return;
  if (exchange_.requests < retransmission_.most_requests) {
    const auto delayed = exchange_.requests == 1 ? delayed_ : nullptr;
    send();
    if (delayed) delayed();
  } else if (complaint_) {
    settle(*complaint_);
  } else {
    settle(Silent{});
  }
}

bool StunTransaction::take(const StunMessage& message, const Endpoint& source) {
  if (!message.is_response() || message.transaction != id_) return false;
  const bool is_error = message.message_class == StunClass::error;
  // A server that will not do as asked says so from where it was asked.
  const bool expected =
      source == exchange_.query.expected_source() || (is_error && source == exchange_.query.server);
  if (!expected) {
    if (exchange_.elsewhere.size() < static_cast<size_t>(retransmission_.most_requests))
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

void StunTransaction::hear(const StunSocket::Undelivered& undelivered) {
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

/// The callback comes from the loop with nothing of this transaction below it, so that it may
/// destroy it.
void StunTransaction::settle(StunOutcome outcome) {
  settled_ = true;
  exchange_.outcome = std::move(outcome);
  timer_ = loop_.after({}, [this] {
    const auto done = std::move(done_);
    if (done) done();
  });
}

}  // namespace icelab
