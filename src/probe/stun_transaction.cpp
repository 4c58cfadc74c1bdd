#include "src/probe/stun_transaction.h"

#include "src/base/error.h"

#include <sys/random.h>

#include <algorithm>

namespace icelab {
namespace {

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
      open_(new_id(query.classic), {.local = socket.local(), .query = query, .outcome = Silent{}},
            static_cast<size_t>(retransmission.most_requests)),
      request_(BindingRequest{.transaction = open_.id(),
                              .change_address = query.change_address,
                              .change_port = query.change_port,
                              .response_port = {}}
                   .bytes()) {
  socket_.add(*this);
  send();
}

StunTransaction::~StunTransaction() {
  socket_.remove(*this);
}

void StunTransaction::send() {
  open_.count_request();
  timer_ = loop_.after(retransmission_.wait_after(exchange().requests), [this] { on_timer(); });
  const auto error = socket_.send(exchange().query.server, request_);
  if (!error) return;
  open_.fail(*error);
  finish();
}

void StunTransaction::on_timer() {
  // Where the machine was late, the answer may have come in time and merely not been read.
  socket_.receive();
  if (open_.is_settled()) return;
  if (exchange().requests < retransmission_.most_requests) {
    const auto delayed = exchange().requests == 1 ? delayed_ : nullptr;
    send();
    if (delayed) delayed();
  } else {
    open_.give_up();
    finish();
  }
}

bool StunTransaction::take(const StunMessage& message, const Endpoint& source) {
  const bool was_settled = open_.is_settled();
  const bool is_taken = open_.take(message, source);
  if (open_.is_settled() && !was_settled) finish();
  return is_taken;
}

void StunTransaction::hear(const Undelivered& undelivered) {
  const bool was_settled = open_.is_settled();
  open_.take(undelivered);
  if (open_.is_settled() && !was_settled) finish();
}

/// The callback comes from the loop with nothing of this transaction below it, so that it may
/// destroy it.
void StunTransaction::finish() {
  timer_ = loop_.after({}, [this] {
    const auto done = std::move(done_);
    if (done) done();
  });
}

}  // namespace icelab
