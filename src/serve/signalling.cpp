#include "src/serve/signalling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace icelab {
namespace {

constexpr int heartbeats_waited_for = 3;
constexpr int heartbeats_before_replaced = 2;

std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

struct Signalling::Room {
  std::string name;
  std::vector<Session*> sessions;  // who came first is first; at most two
  int last_number = 0;
  std::optional<Instant> alone_since{};  // as far as has been noticed
};

struct Signalling::Session {
  struct Kept {
    std::uint64_t seq;
    std::string text;
  };

  std::string token;
  Room* room;
  int number;  // by which its peer addresses it
  std::optional<ConnectionId> connection;
  Instant last_heard;
  /// Goes over the network in the clear (RFC 8489 section 14.3), so it tells nothing of the token.
  std::string turn_user;
  std::optional<Instant> provided{};  // with credentials for TURN
  std::deque<Kept> kept{};            // what the client has not acknowledged
  size_t kept_bytes = 0;
  std::uint64_t sent = 0;      // the number of the last message to the client
  std::uint64_t received = 0;  // and of the last one from it

  [[nodiscard]] bool is_offerer() const { return room->sessions.front() == this; }
};

Signalling::Signalling(SignallingLimits limits, Means means, SignallingWire& wire)
    : limits_(limits), means_(std::move(means)), wire_(wire), shares_(limits.source) {}
Signalling::~Signalling() = default;

void Signalling::opened(ConnectionId id, const IpAddress& from, Instant now) {
  const IpAddress source = source_of(from);
  const bool full = connections_.size() >= limits_.connections;
  if (full || !shares_.take_connection(source, now)) {
    refuse(id, full ? SignallingError::server_full : SignallingError::source_limit,
           full ? "this server holds all that it may"
                : "this address has as many connections as one may, or makes them as fast");
    return;
  }
  const auto burst = static_cast<double>(limits_.burst);
  connections_.emplace(id, Connection{.source = source,
                                      .opened = now,
                                      .bucket = TokenBucket(burst, limits_.per_second, now)});
}

void Signalling::received(ConnectionId id, std::string_view message, Instant now) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // it has been cut off
  Connection& connection = found->second;
  ++messages_;
  if (connection.session != nullptr) connection.session->last_heard = now;
  if (!connection.bucket.take(now)) {
    cut_off(id, SignallingError::too_fast,
            fmt::format("more than {} messages at once, or than {} a second", limits_.burst,
                        limits_.per_second));
    return;
  }
  auto parsed = parse_client_signal(message);
  if (const auto* fault = std::get_if<SignallingFault>(&parsed)) {
    cut_off(id, fault->error, fault->message);
    return;
  }
  std::visit([&](auto& signal) { obey(id, connection, std::move(signal), now); },
             std::get<ClientSignal>(parsed));
  cut_off_the_slow();
}

void Signalling::received_binary(ConnectionId id) {
  if (!connections_.contains(id)) return;
  cut_off(id, SignallingError::malformed, "a message is a text frame, and this was a binary one");
}

void Signalling::closed(ConnectionId id, Instant now) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  if (Session* session = found->second.session; session != nullptr) {
    session->connection.reset();
    session->last_heard = now;
  }
  forget(id);
}

void Signalling::forget(ConnectionId id) {
  const auto connection = connections_.extract(id);
  shares_.return_connection(connection.mapped().source);
}

void Signalling::expire(Instant now) {
  std::vector<ConnectionId> late;
  std::vector<ConnectionId> silent;
  for (const auto& [id, connection] : connections_) {
    if (connection.session == nullptr) {
      if (now - connection.opened > limits_.first_message) late.push_back(id);
    } else if (now - connection.session->last_heard > heartbeats_waited_for * limits_.heartbeat) {
      silent.push_back(id);
    }
  }
  for (const auto id : late) {
    cut_off(id, SignallingError::not_joined,
            fmt::format("neither join nor resume came within {} s",
                        whole_seconds(limits_.first_message)));
  }
  for (const auto id : silent) {
    connections_.at(id).session->last_heard = now;  // it may be resumed for a while from now on
    cut_off(id, SignallingError::silent,
            fmt::format("no message for {} s",
                        whole_seconds(heartbeats_waited_for * limits_.heartbeat)));
  }
  end_the_lost(now);
  end_the_idle(now);
  cut_off_the_slow();
  shares_.expire(now);
}

void Signalling::end_the_lost(Instant now) {
  std::vector<Session*> lost;
  for (const auto& [token, session] : sessions_) {
    if (!session->connection && now - session->last_heard > limits_.resume)
      lost.push_back(session.get());
  }
  for (Session* session : lost) end(*session, Leaving::lost);
}

void Signalling::end_the_idle(Instant now) {
  std::vector<Session*> idle;
  for (const auto& [name, room] : rooms_) {
    if (room->sessions.size() == 2) {
      room->alone_since.reset();
    } else if (!room->alone_since) {
      room->alone_since = now;
    } else if (now - *room->alone_since > limits_.idle) {
      idle.push_back(room->sessions.front());
    }
  }
  for (Session* session : idle)
    cut_off(*session, SignallingError::idle, "nobody has come for too long");
}

void Signalling::shut_down() {
  for (auto& [id, connection] : connections_) connection.session = nullptr;
  sessions_.clear();
  rooms_.clear();
  kept_bytes_ = 0;
  while (!connections_.empty())
    cut_off(connections_.begin()->first, SignallingError::shutting_down, "this server ends");
}

void Signalling::obey(ConnectionId id, Connection& connection, const JoinSignal& join,
                      Instant now) {
  if (connection.session != nullptr) {
    cut_off(id, SignallingError::already_joined, "join: this connection has a session already");
    return;
  }
  if (!rooms_.contains(join.room) && !shares_.take_room(connection.source, now)) {
    cut_off(id, SignallingError::source_limit, "this address opens more rooms than one may");
    return;
  }
  make_place(join, now);
  if (sessions_.size() >= limits_.connections) {
    cut_off(id, SignallingError::server_full, "this server holds all that it may");
    return;
  }
  auto& room = rooms_[join.room];
  if (!room) room = std::make_unique<Room>(Room{.name = join.room, .sessions = {}});
  if (room->sessions.size() == 2) {
    cut_off(id, SignallingError::room_full, "");
    return;
  }
  auto session = std::make_unique<Session>(Session{.token = means_.new_secret(),
                                                   .room = room.get(),
                                                   .number = ++room->last_number,
                                                   .connection = id,
                                                   .last_heard = now,
                                                   .turn_user = means_.new_secret()});
  connection.session = session.get();
  room->sessions.push_back(session.get());
  send(*session, Json::object({{"type", "joined"},
                               {"protocol", signalling_protocol},
                               {"token", session->token},
                               {"ice_servers", means_.ice_servers("")},
                               {"heartbeat_s", whole_seconds(limits_.heartbeat)},
                               {"resume_s", whole_seconds(limits_.resume)}}));
  sessions_.emplace(session->token, std::move(session));
  if (room->sessions.size() == 2) introduce(*room, now);
}

void Signalling::make_place(const JoinSignal& join, Instant now) {
  const auto earlier = sessions_.find(join.replaces);
  if (earlier != sessions_.end() && earlier->second->room->name == join.room) {
    Session& session = *earlier->second;
    if (const auto old = std::exchange(session.connection, std::nullopt)) {
      connections_.at(*old).session = nullptr;
      cut_off(*old, SignallingError::superseded, "another connection has replaced this session");
    }
    end(session, Leaving::left);
    return;
  }
  const auto room = rooms_.find(join.room);
  if (room == rooms_.end() || room->second->sessions.size() < 2) return;
  for (Session* session : room->second->sessions) {
    if (!is_missing(*session, now)) continue;
    if (session->connection) {
      const ConnectionId old = *session->connection;
      cut_off(old, SignallingError::silent, "no message for two heartbeats, and another has come");
    }
    end(*session, Leaving::lost);
    return;
  }
}

bool Signalling::is_missing(const Session& session, Instant now) const {
  return now - session.last_heard >
         (session.connection ? heartbeats_before_replaced * limits_.heartbeat : limits_.replace);
}

/// Each is told of the other, and who makes the offers.
void Signalling::introduce(Room& room, Instant now) {
  for (Session* session : room.sessions) {
    deliver(*session, "peer-joined",
            {{"peer", peer_of(*session)->number},
             {"role", session->is_offerer() ? "offerer" : "answerer"},
             {"ice_servers", ice_servers_for(*session, now)}});
  }
}

void Signalling::obey(ConnectionId id, Connection& connection, const ResumeSignal& resume,
                      Instant now) {
  if (connection.session != nullptr) {
    cut_off(id, SignallingError::already_joined, "resume: this connection has a session already");
    return;
  }
  const auto found = sessions_.find(resume.token);
  if (found == sessions_.end()) {
    cut_off(id, SignallingError::stale_token, "there is no such session, or not any more");
    return;
  }
  Session& session = *found->second;
  if (const auto old = session.connection) {
    connections_.at(*old).session = nullptr;
    cut_off(*old, SignallingError::superseded, "another connection has resumed this session");
  }
  connection.session = &session;
  session.connection = id;
  session.last_heard = now;
  if (!acknowledge(session, resume.received)) return;
  send(session, Json::object({{"type", "resumed"},
                              {"received", session.received},
                              {"ice_servers", ice_servers_for(session, now)}}));
  for (const auto& kept : session.kept) transmit(session, kept.text);
}

void Signalling::obey(ConnectionId id, Connection& connection, const HeartbeatSignal& heartbeat,
                      Instant now) {
  if (!require_session(id, connection)) return;
  Session& session = *connection.session;
  if (!acknowledge(session, heartbeat.received)) return;
  Json answer = Json::object({{"type", "heartbeat"}, {"received", session.received}});
  const bool is_due = !session.provided || now - *session.provided >= limits_.renewal;
  if (is_due && peer_of(session) != nullptr && may_relay(session, now))
    answer["ice_servers"] = ice_servers_for(session, now);
  send(session, answer);
}

void Signalling::obey(ConnectionId id, Connection& connection, const LeaveSignal&, Instant) {
  if (!require_session(id, connection)) return;
  end(*connection.session, Leaving::left);
  forget(id);
  constexpr int normal_closure = 1000;
  wire_.close(id, normal_closure, "");
}

void Signalling::obey(ConnectionId id, Connection& connection, PeerSignal signal, Instant) {
  if (!require_session(id, connection)) return;
  Session& session = *connection.session;
  if (signal.seq <= session.received) return;  // sent again after a connection broke
  if (signal.seq != session.received + 1) {
    cut_off(id, SignallingError::out_of_order,
            fmt::format("{}: seq is {} after {}", signal.type, signal.seq, session.received));
    return;
  }
  session.received = signal.seq;
  Session* peer = peer_of(session);
  if (peer == nullptr || peer->number != signal.to) return;  // it has left, as is told
  const bool for_offerer = signal.type == "offer";
  const bool for_answerer = signal.type == "answer" || signal.type == "restart";
  if ((for_offerer && !session.is_offerer()) || (for_answerer && session.is_offerer())) {
    cut_off(id, SignallingError::not_your_turn,
            fmt::format("{}: this is the other's to send", signal.type));
    return;
  }
  Json members = Json::object({{"from", session.number}});
  members.update(signal.body);
  deliver(*peer, signal.type, members);
}

/// What a TURN server allows, it allows to a user: a session is one user for as long as it lasts.
bool Signalling::may_relay(Session& session, Instant now) {
  if (peer_of(session) == nullptr || !session.connection) return false;
  if (session.provided) return true;
  if (!shares_.take_credentials(connections_.at(*session.connection).source, now)) {
    ++refused_credentials_;
    return false;
  }
  session.provided = now;
  return true;
}

Json Signalling::ice_servers_for(Session& session, Instant now) {
  if (!may_relay(session, now)) return means_.ice_servers("");
  session.provided = now;
  return means_.ice_servers(session.turn_user);
}

bool Signalling::require_session(ConnectionId id, const Connection& connection) {
  if (connection.session != nullptr) return true;
  cut_off(id, SignallingError::not_joined, "the first message is join or resume");
  return false;
}

void Signalling::send(const Session& session, const Json& message) {
  transmit(session, to_line(message));
}

void Signalling::transmit(const Session& session, const std::string& text) {
  if (!session.connection) return;
  wire_.send(*session.connection, text);
  if (wire_.unsent(*session.connection) > limits_.unsent_bytes) slow_.push_back(session.token);
}

void Signalling::deliver(Session& session, std::string_view type, const Json& members) {
  Json message = Json::object({{"type", type}, {"seq", ++session.sent}});
  message.update(members);
  session.kept.push_back({session.sent, to_line(message)});
  const std::string& text = session.kept.back().text;
  session.kept_bytes += text.size();
  kept_bytes_ += text.size();
  transmit(session, text);
  if (session.kept.size() > limits_.unacknowledged_messages ||
      session.kept_bytes > limits_.unacknowledged_bytes) {
    slow_.push_back(session.token);
  }
}

bool Signalling::acknowledge(Session& session, std::uint64_t received) {
  if (received > session.sent) {
    cut_off(session, SignallingError::bad_message,
            fmt::format("received is {}, but {} were sent", received, session.sent));
    return false;
  }
  while (!session.kept.empty() && session.kept.front().seq <= received) {
    session.kept_bytes -= session.kept.front().text.size();
    kept_bytes_ -= session.kept.front().text.size();
    session.kept.pop_front();
  }
  return true;
}

/// Whoever has most to read or to acknowledge goes, until the rest is no more than may be kept.
void Signalling::cut_off_the_slowest() {
  const auto behind = [this](const auto& entry) {
    const Session& session = *entry.second;
    return session.kept_bytes + (session.connection ? wire_.unsent(*session.connection) : 0);
  };
  while (kept_bytes_ + wire_.unsent() > limits_.kept_bytes && !sessions_.empty()) {
    const auto slowest = std::ranges::max_element(sessions_, {}, behind);
    cut_off(*slowest->second, SignallingError::too_far_behind,
            "this server keeps too much, and most of it for you");
  }
}

void Signalling::cut_off_the_slow() {
  while (!slow_.empty()) {
    const auto found = sessions_.find(slow_.back());
    slow_.pop_back();
    if (found == sessions_.end()) continue;
    cut_off(*found->second, SignallingError::too_far_behind,
            "too much was sent that you have not read or acknowledged");
  }
  cut_off_the_slowest();
}

void Signalling::cut_off(Session& session, SignallingError error, std::string_view message) {
  if (session.connection) {
    cut_off(*session.connection, error, message);
  } else {
    end(session, Leaving::cut_off);
  }
}

void Signalling::cut_off(ConnectionId id, SignallingError error, std::string_view message) {
  refuse(id, error, message);
  Session* session = connections_.at(id).session;
  forget(id);
  if (session == nullptr) return;
  session->connection.reset();
  if (error != SignallingError::silent) end(*session, Leaving::cut_off);
}

void Signalling::refuse(ConnectionId id, SignallingError error, std::string_view message) {
  ++refusals_.at(static_cast<size_t>(error));
  const auto code = code_of(error);
  wire_.send(
      id, error == SignallingError::room_full
              ? to_line(Json::object({{"type", code}}))
              : to_line(Json::object({{"type", "error"}, {"code", code}, {"message", message}})));
  wire_.close(id, close_code_of(error), code);
}

void Signalling::end(Session& session, Leaving why) {
  static constexpr std::array<std::string_view, 3> reasons{"left", "lost", "cut-off"};
  if (Session* peer = peer_of(session); peer != nullptr) {
    deliver(*peer, "peer-left",
            {{"peer", session.number}, {"reason", reasons.at(static_cast<size_t>(why))}});
  }
  Room& room = *session.room;
  std::erase(room.sessions, &session);
  kept_bytes_ -= session.kept_bytes;
  const std::string name = room.name;
  if (room.sessions.empty()) rooms_.erase(name);
  const std::string token = session.token;
  sessions_.erase(token);
}

Signalling::Session* Signalling::peer_of(const Session& session) {
  for (Session* other : session.room->sessions) {
    if (other != &session) return other;
  }
  return nullptr;
}

}  // namespace icelab
