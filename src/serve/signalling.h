#pragma once

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/serve/signalling_message.h"
#include "src/serve/token_bucket.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace icelab {

/// One WebSocket, by a number that is never used again.
using ConnectionId = std::uint64_t;

/// What carries a client's messages. Nothing of it calls back into Signalling before it returns.
class SignallingWire {
 public:
  SignallingWire() = default;
  SignallingWire(const SignallingWire&) = delete;
  SignallingWire& operator=(const SignallingWire&) = delete;
  virtual ~SignallingWire() = default;
  virtual void send(ConnectionId id, const std::string& message) = 0;
  /// Once all that was sent is gone.
  virtual void close(ConnectionId id, int code, std::string_view reason) = 0;
};

struct SignallingLimits {
  size_t connections = 10000;
  Duration first_message = std::chrono::seconds(10);
  Duration heartbeat = std::chrono::seconds(15);  // what clients are asked for; three are waited
  Duration resume = std::chrono::seconds(60);
  Duration idle = std::chrono::hours(2);
  /// Half of what credentials for TURN last: then a client is given others.
  Duration renewal = std::chrono::hours(6);
  size_t burst = 200;      // messages
  double per_second = 50;  // messages
  size_t unacknowledged_messages = 1000;
  size_t unacknowledged_bytes = 1U << 20;
};

/// Rooms of two, and what goes from one to the other (docs/signalling.md): pure but for the wire.
/// A client that errs is cut off; whatever it does, others go on.
class Signalling {
 public:
  struct Means {
    /// The `ice_servers` of somebody who has just come, whose token this is.
    std::function<Json(std::string_view user)> ice_servers;
    /// A token that nobody can guess.
    std::function<std::string()> new_token;
  };

  Signalling(SignallingLimits limits, Means means, SignallingWire& wire);
  ~Signalling();

  void opened(ConnectionId id, Instant now);
  void received(ConnectionId id, std::string_view message, Instant now);
  /// The connection is gone, whoever ended it.
  void closed(ConnectionId id, Instant now);
  /// Ends what has been waited for long enough. To be called about once a second.
  void expire(Instant now);
  /// Tells every client, and ends all sessions.
  void shut_down();

  [[nodiscard]] size_t connections() const { return connections_.size(); }
  [[nodiscard]] size_t rooms() const { return rooms_.size(); }

 private:
  struct Room;
  struct Session;
  struct Connection {
    Instant opened;
    TokenBucket bucket;
    Session* session = nullptr;
  };
  enum class Leaving { left, lost, cut_off };

  // One for each kind of message.
  void obey(ConnectionId id, Connection& connection, const JoinSignal& join, Instant now);
  void obey(ConnectionId id, Connection& connection, const ResumeSignal& resume, Instant now);
  void obey(ConnectionId id, Connection& connection, const HeartbeatSignal& heartbeat, Instant now);
  void obey(ConnectionId id, Connection& connection, const LeaveSignal& leave, Instant now);
  void obey(ConnectionId id, Connection& connection, PeerSignal signal, Instant);

  /// With fresh credentials.
  [[nodiscard]] Json ice_servers_for(Session& session, Instant now) const;

  /// False if there is none: the connection has been cut off.
  bool require_session(ConnectionId id, const Connection& connection);
  void introduce(Room& room);
  void send(const Session& session, const Json& message);
  /// Numbers a message, sends it if the client is there, and keeps it until it is acknowledged.
  void deliver(Session& session, std::string_view type, const Json& members);
  /// False if the client cannot have received so much: it has been cut off.
  bool acknowledge(Session& session, std::uint64_t received);
  /// Says why, ends the connection, and the session too, unless it may be resumed.
  void cut_off(ConnectionId id, SignallingError error, std::string_view message);
  void cut_off(Session& session, SignallingError error, std::string_view message);
  void cut_off_the_slow();
  void end_the_lost(Instant now);
  void end_the_idle(Instant now);
  void end(Session& session, Leaving why);
  static Session* peer_of(const Session& session);

  SignallingLimits limits_;
  Means means_;
  SignallingWire& wire_;
  std::unordered_map<ConnectionId, Connection> connections_;
  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;  // by token
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;        // by name
  /// Tokens of sessions that have too much to acknowledge. They are cut off when the message that
  /// was one too many has been dealt with, not in the middle of it.
  std::vector<std::string> slow_;
};

}  // namespace icelab
