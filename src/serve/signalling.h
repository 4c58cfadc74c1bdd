#pragma once

#include "src/base/clock.h"
#include "src/base/json.h"
#include "src/serve/signalling_message.h"
#include "src/serve/source_shares.h"
#include "src/serve/token_bucket.h"

#include <array>
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
  /// Bytes that wait to be sent to this client, because it does not read.
  [[nodiscard]] virtual size_t unsent(ConnectionId id) const = 0;
  /// And to all clients.
  [[nodiscard]] virtual size_t unsent() const = 0;
  /// Once all that was sent is gone, or at once where that is too much to wait for.
  virtual void close(ConnectionId id, int code, std::string_view reason) = 0;
};

struct SignallingLimits {
  size_t connections = 10000;
  SourceLimits source;
  Duration first_message = std::chrono::seconds(10);
  Duration heartbeat = std::chrono::seconds(15);  // what clients are asked for; three are waited
  Duration resume = std::chrono::seconds(60);
  /// A client loses its place to another who has the link when its connection is gone for so long,
  /// or when it stands and two heartbeats have not come.
  Duration replace = std::chrono::seconds(5);
  Duration idle = std::chrono::hours(2);
  /// Half of what credentials for TURN last: then a client is given others.
  Duration renewal = std::chrono::minutes(30);
  size_t burst = 200;      // messages
  double per_second = 50;  // messages
  size_t unacknowledged_messages = 1000;
  size_t unacknowledged_bytes = 1U << 20;
  size_t unsent_bytes = 1U << 20;  // to one client that does not read
  size_t kept_bytes = 256U << 20;  // for all clients: not sent, or not acknowledged
};

/// Rooms of two, and what goes from one to the other (docs/signalling.md): pure but for the wire.
/// A client that errs is cut off; whatever it does, others go on.
class Signalling {
 public:
  struct Means {
    /// The `ice_servers` of a TURN user; of nobody, those that need no credentials.
    std::function<Json(std::string_view turn_user)> ice_servers;
    /// A word that nobody can guess, each time another.
    std::function<std::string()> new_secret;
  };

  Signalling(SignallingLimits limits, Means means, SignallingWire& wire);
  ~Signalling();

  void opened(ConnectionId id, const IpAddress& from, Instant now);
  void received(ConnectionId id, std::string_view message, Instant now);
  /// A frame that is no text.
  void received_binary(ConnectionId id);
  /// The connection is gone, whoever ended it.
  void closed(ConnectionId id, Instant now);
  /// Ends what has been waited for long enough. To be called about once a second.
  void expire(Instant now);
  /// Tells every client, and ends all sessions.
  void shut_down();

  [[nodiscard]] size_t connections() const { return connections_.size(); }
  [[nodiscard]] size_t sessions() const { return sessions_.size(); }
  [[nodiscard]] size_t rooms() const { return rooms_.size(); }
  /// How often a client got none for TURN because its source had its share.
  [[nodiscard]] std::uint64_t refused_credentials() const { return refused_credentials_; }
  /// Bytes that clients have not acknowledged.
  [[nodiscard]] size_t kept_bytes() const { return kept_bytes_; }
  /// How many have come.
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  /// How many clients were cut off for this.
  [[nodiscard]] std::uint64_t refusals(SignallingError error) const {
    return refusals_.at(static_cast<size_t>(error));
  }

 private:
  struct Room;
  struct Session;
  struct Connection {
    IpAddress source;
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

  /// Whether it gets credentials for TURN: from when it has somebody to call, if its source has not
  /// had too many.
  bool may_relay(Session& session, Instant now);
  /// With fresh credentials, if it gets any.
  [[nodiscard]] Json ice_servers_for(Session& session, Instant now);
  /// Ends what keeps this client from joining: its own earlier session, or that of a peer who is
  /// not heard any more.
  void make_place(const JoinSignal& join, Instant now);
  [[nodiscard]] bool is_missing(const Session& session, Instant now) const;

  /// False if there is none: the connection has been cut off.
  bool require_session(ConnectionId id, const Connection& connection);
  void introduce(Room& room, Instant now);
  void send(const Session& session, const Json& message);
  void transmit(const Session& session, const std::string& text);
  /// Numbers a message, sends it if the client is there, and keeps it until it is acknowledged.
  void deliver(Session& session, std::string_view type, const Json& members);
  /// False if the client cannot have received so much: it has been cut off.
  bool acknowledge(Session& session, std::uint64_t received);
  /// Says why, and ends the connection.
  void refuse(ConnectionId id, SignallingError error, std::string_view message);
  /// Refuses, and ends the session too, unless it may be resumed.
  void cut_off(ConnectionId id, SignallingError error, std::string_view message);
  void cut_off(Session& session, SignallingError error, std::string_view message);
  void cut_off_the_slow();
  void cut_off_the_slowest();
  /// Ends a connection's own part of what this server holds.
  void forget(ConnectionId id);
  void end_the_lost(Instant now);
  void end_the_idle(Instant now);
  void end(Session& session, Leaving why);
  static Session* peer_of(const Session& session);

  SignallingLimits limits_;
  Means means_;
  SignallingWire& wire_;
  SourceShares shares_;
  std::unordered_map<ConnectionId, Connection> connections_;
  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;  // by token
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;        // by name
  /// Tokens of sessions that have too much to read or to acknowledge. They are cut off when the
  /// message that was one too many has been dealt with, not in the middle of it.
  std::vector<std::string> slow_;
  size_t kept_bytes_ = 0;  // of all sessions
  std::uint64_t messages_ = 0;
  std::uint64_t refused_credentials_ = 0;
  std::array<std::uint64_t, signalling_error_count> refusals_{};
};

}  // namespace icelab
