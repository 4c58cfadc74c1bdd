#pragma once

#include "src/agent/delivery.h"
#include "src/agent/server_signal.h"
#include "src/base/clock.h"
#include "src/base/json.h"

#include <optional>
#include <string>
#include <string_view>

namespace icelab {

/// What carries a client's messages: one connection at a time. Nothing of it calls back into the
/// client before it returns.
class ClientWire {
 public:
  ClientWire() = default;
  ClientWire(const ClientWire&) = delete;
  ClientWire& operator=(const ClientWire&) = delete;
  virtual ~ClientWire() = default;
  /// Begins to make a connection: opened() or closed() will tell how that went.
  virtual void connect() = 0;
  virtual void send(const std::string& message) = 0;
  /// The connection is of no use any more, and nothing more is told of it.
  virtual void drop() = 0;
};

/// What is told of the room. It may call send() and leave(), and must not destroy the client.
class RoomListener {
 public:
  RoomListener() = default;
  RoomListener(const RoomListener&) = delete;
  RoomListener& operator=(const RoomListener&) = delete;
  virtual ~RoomListener() = default;
  /// What RTCPeerConnection takes as `iceServers`, for peers that join from now on: before
  /// on_joined(), and whenever there are others.
  virtual void on_ice_servers(const Json& ice_servers) = 0;
  virtual void on_joined() = 0;
  virtual void on_room_signal(const RoomSignal& signal) = 0;
  /// The connection broke, and is being made again.
  virtual void on_interrupted(const std::string& why) = 0;
  virtual void on_resumed() = 0;
  /// This client's stay in the room is over, and not of its own will.
  virtual void on_ended(const std::string& why) = 0;
};

/// A client's side of docs/signalling.md: it joins a room, and stays in it over broken connections
/// for as long as the server keeps its session. Pure but for the wire; it is told what time it is.
class SignallingClient {
 public:
  SignallingClient(std::string room, ClientWire& wire, RoomListener& listener);

  void start(Instant now);
  /// The connection stands.
  void opened();
  void received(std::string_view text, Instant now);
  /// The connection is gone, or did not come about.
  void closed(const std::string& why, Instant now);
  /// Does what is due. To be called about once a second.
  void tick(Instant now);

  /// To the peer of this number (a message without `to` and `seq`): now, or as soon as there is a
  /// connection again.
  void send(int peer, Json message);
  /// Says goodbye, where there is somebody to hear it: false if not. It is over then.
  bool leave();

 private:
  enum class State { connecting, open, waiting, over };
  struct Session {
    std::string token;
    Duration heartbeat;
    Duration resume;
    Delivery delivery;
    int transmitted = 0;  // the highest number that has been sent
  };

  void connect(Instant now);
  // One for each kind of message.
  void hear(const JoinedSignal& joined, Instant now);
  void hear(const ResumedSignal& resumed, Instant now);
  void hear(const HeartbeatReply& reply, Instant now);
  void hear(const RoomFullSignal&, Instant now);
  void hear(const ErrorSignal& error, Instant now);
  void hear(const NumberedSignal& numbered, Instant now);

  void stands(Instant now);
  void send_heartbeat(Instant now);
  void check_silence(Instant now);
  /// Another connection will be made, if the session can still be resumed.
  void broken(const std::string& why, Instant now);
  void end(const std::string& why);
  /// False if the server cannot have received so much: it is over then.
  bool acknowledge(int received);
  void transmit(const Json& message);
  void transmit_numbered(const Json& message);

  std::string room_;
  ClientWire& wire_;
  RoomListener& listener_;
  State state_ = State::waiting;
  std::optional<Session> session_;
  Instant since_;  // connecting: when it began; open: the latest heartbeat; waiting: when it ends
  std::optional<Instant> unanswered_since_;  // a heartbeat that nothing has followed
  std::optional<Instant> broken_since_;
  std::string why_broken_;
  int attempts_ = 0;  // since the connection broke
  int unacknowledged_ = 0;
};

}  // namespace icelab
