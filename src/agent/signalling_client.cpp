#include "src/agent/signalling_client.h"

#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

/// An attempt to connect that has led to nothing by then is given up.
constexpr auto connect_within = std::chrono::seconds(10);
constexpr auto first_delay = std::chrono::seconds(1);
constexpr auto longest_delay = std::chrono::seconds(10);
/// So many messages not acknowledged, and a heartbeat is sent sooner.
constexpr int acknowledge_after = 32;

/// What is waited before an attempt (0, 1, 2...) to connect again.
Duration delay_before(int attempt) {
  return std::min<Duration>(first_delay * (1 << std::min(attempt, 10)), longest_delay);
}

}  // namespace

SignallingClient::SignallingClient(std::string room, ClientWire& wire, RoomListener& listener)
    : room_(std::move(room)), wire_(wire), listener_(listener) {}

void SignallingClient::start(Instant now) {
  connect(now);
}

void SignallingClient::connect(Instant now) {
  state_ = State::connecting;
  since_ = now;
  wire_.connect();
}

void SignallingClient::opened() {
  if (state_ != State::connecting) return;
  if (session_) {
    transmit(Json::object({{"type", "resume"},
                           {"token", session_->token},
                           {"received", session_->delivery.received()}}));
  } else {
    transmit(Json::object({{"type", "join"}, {"room", room_}}));
  }
}

void SignallingClient::received(std::string_view text, Instant now) {
  if (state_ == State::waiting || state_ == State::over) return;
  unanswered_since_.reset();
  const auto parsed = parse_server_signal(text);
  if (const auto* fault = std::get_if<ServerSignalFault>(&parsed))
    return end("a message of the server is not understood: " + fault->message);
  std::visit([&](const auto& signal) { hear(signal, now); }, std::get<ServerSignal>(parsed));
}

void SignallingClient::closed(const std::string& why, Instant now) {
  if (state_ == State::connecting || state_ == State::open) broken(why, now);
}

void SignallingClient::hear(const JoinedSignal& joined, Instant now) {
  if (session_) return end("the server says `joined` a second time");
  session_ = Session{.token = joined.token,
                     .heartbeat = joined.heartbeat,
                     .resume = joined.resume,
                     .delivery = {}};
  stands(now);
  listener_.on_ice_servers(joined.ice_servers);
  listener_.on_joined();
}

void SignallingClient::hear(const ResumedSignal& resumed, Instant now) {
  if (!session_ || state_ != State::connecting)
    return end("the server says `resumed` where nothing was broken");
  if (!acknowledge(resumed.received)) return;
  stands(now);
  for (const Json& message : session_->delivery.pending()) transmit_numbered(message);
  listener_.on_ice_servers(resumed.ice_servers);
  listener_.on_resumed();
}

void SignallingClient::hear(const HeartbeatReply& reply, Instant) {
  if (!session_) return;
  if (!acknowledge(reply.received)) return;
  if (reply.ice_servers) listener_.on_ice_servers(*reply.ice_servers);
}

void SignallingClient::hear(const RoomFullSignal&, Instant) {
  end("there are two in the room already");
}

/// After these the session stands; all others end it: docs/signalling.md, "Limits and errors".
void SignallingClient::hear(const ErrorSignal& error, Instant now) {
  const std::string said = fmt::format("the server says {}: {}", error.code, error.message);
  const bool is_passing =
      error.code == "silent" || error.code == "source-limit" || error.code == "server-full";
  if (is_passing && session_) return broken(said, now);
  end(said);
}

void SignallingClient::hear(const NumberedSignal& numbered, Instant now) {
  if (!session_ || state_ != State::open)
    return end("the server tells of the room before this agent is in it");
  switch (session_->delivery.accept(numbered.seq)) {
    case Delivery::Order::repeated:
      return;
    case Delivery::Order::gap:
      // The server keeps it until it is acknowledged, and says it again after a resume.
      return broken("a message is missing", now);
    case Delivery::Order::next:
      break;
  }
  if (++unacknowledged_ >= acknowledge_after) send_heartbeat(now);
  if (const auto* peer = std::get_if<PeerJoinedSignal>(&numbered.signal))
    listener_.on_ice_servers(peer->ice_servers);
  listener_.on_room_signal(numbered.signal);
}

void SignallingClient::stands(Instant now) {
  state_ = State::open;
  since_ = now;
  unanswered_since_.reset();
  broken_since_.reset();
  attempts_ = 0;
  unacknowledged_ = 0;
}

void SignallingClient::send_heartbeat(Instant now) {
  transmit(Json::object({{"type", "heartbeat"}, {"received", session_->delivery.received()}}));
  since_ = now;
  if (!unanswered_since_) unanswered_since_ = now;
  unacknowledged_ = 0;
}

void SignallingClient::tick(Instant now) {
  switch (state_) {
    case State::connecting:
      if (now - since_ >= connect_within) broken("no answer in ten seconds", now);
      return;
    case State::open:
      return check_silence(now);
    case State::waiting:
      if (now >= since_) connect(now);
      return;
    case State::over:
      return;
  }
}

/// Silence counts from a heartbeat that was really sent: a process that was stopped for a while
/// does not give up a good connection.
void SignallingClient::check_silence(Instant now) {
  if (unanswered_since_ && now - *unanswered_since_ >= 2 * session_->heartbeat) {
    broken("the server has been silent for three heartbeats", now);
  } else if (now - since_ >= session_->heartbeat) {
    send_heartbeat(now);
  }
}

void SignallingClient::broken(const std::string& why, Instant now) {
  if (!session_) return end(why);
  const bool is_new = !broken_since_;
  if (is_new) broken_since_ = now;
  const auto left = *broken_since_ + session_->resume - now;
  if (left <= Duration::zero()) {
    return end(fmt::format("the connection broke, and could not be made again in {:.0f} s: {}",
                           seconds(session_->resume), why));
  }
  wire_.drop();
  state_ = State::waiting;
  // Once more at the very end of the time that the server keeps the session.
  since_ = now + std::min(delay_before(attempts_++), left);
  if (is_new) listener_.on_interrupted(why);
}

void SignallingClient::send(int peer, Json message) {
  if (!session_ || state_ == State::over) return;
  message["to"] = peer;
  const Json& numbered = session_->delivery.number(std::move(message));
  if (state_ == State::open) transmit_numbered(numbered);
}

bool SignallingClient::leave() {
  const bool is_heard = state_ == State::open;
  if (is_heard) transmit(Json::object({{"type", "leave"}}));
  state_ = State::over;
  return is_heard;
}

void SignallingClient::end(const std::string& why) {
  wire_.drop();
  state_ = State::over;
  listener_.on_ended(to_printable(why));
}

bool SignallingClient::acknowledge(int received) {
  if (received > session_->transmitted) {
    end(fmt::format("the server says that it has received {}, but {} were sent", received,
                    session_->transmitted));
    return false;
  }
  session_->delivery.acknowledge(received);
  return true;
}

void SignallingClient::transmit(const Json& message) {
  wire_.send(to_line(message));
}

void SignallingClient::transmit_numbered(const Json& message) {
  session_->transmitted = std::max(session_->transmitted, message.at("seq").get<int>());
  transmit(message);
}

}  // namespace icelab
