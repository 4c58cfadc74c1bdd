#include "src/agent/call_session.h"

#include "src/agent/command_input.h"
#include "src/agent/event_output.h"
#include "src/agent/ice_servers.h"
#include "src/agent/meeting.h"
#include "src/agent/signalling_client.h"
#include "src/agent/web_socket.h"
#include "src/base/overloaded.h"
#include "src/serve/signalling_message.h"

#include <fmt/format.h>
#include <glib-unix.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace icelab {
namespace {

constexpr guint tick_ms = 1000;
/// So long a server that is told goodbye is given to hear it.
constexpr guint goodbye_ms = 2000;

class CallSession : private ClientWire, private RoomListener {
 public:
  CallSession(SignallingTarget target, int input, int output);
  ~CallSession() override;
  CallSession(const CallSession&) = delete;
  CallSession& operator=(const CallSession&) = delete;

  void run();

 private:
  /// A source of GLib's default main context, and what it calls.
  using Source = guint;

  void connect() override;
  void send(const std::string& message) override { socket_->send(message); }
  void drop() override { socket_.reset(); }

  void on_ice_servers(const Json& ice_servers) override;
  void on_joined() override { output_.log("info", "in the room"); }
  void on_room_signal(const RoomSignal& signal) override;
  void on_interrupted(const std::string& why) override;
  void on_resumed() override { output_.log("info", "the signalling connection stands again"); }
  void on_ended(const std::string& why) override;

  void on_closed(const std::string& why);
  void obey(const AgentCommand& command);
  void meet(const PeerJoinedSignal& peer);
  void part();
  void emit_pairs();
  Meeting& met(const char* command);
  void quit();
  void end_loop();
  /// What the wire and the timer call: an exception cannot cross GLib's C frames.
  template <typename Function>
  void guard(Function function) noexcept;

  SignallingTarget target_;
  GMainLoop* loop_ = g_main_loop_new(nullptr, FALSE);
  bool quitting_ = false;
  bool ended_ = false;
  std::optional<std::string> failure_;
  std::vector<Source> sources_;
  EventOutput output_;
  CommandInput input_;
  std::unique_ptr<WebSocket> socket_;
  SignallingClient client_;
  IceServers ice_servers_;
  int peer_ = 0;
  std::optional<Meeting> meeting_;
};

CallSession::CallSession(SignallingTarget target, int input, int output)
    : target_(std::move(target)),
      output_(output, [this] { quit(); }),
      input_(input, {.obey = [this](const AgentCommand& command) { obey(command); },
                     .refused = [this](const std::string& message) { output_.error(message); },
                     .ended = [] {}}),
      client_(target_.room, *this, *this) {
  const auto on_signal = +[](gpointer self) -> gboolean {
    static_cast<CallSession*>(self)->guard([self] { static_cast<CallSession*>(self)->quit(); });
    return G_SOURCE_CONTINUE;
  };
  const auto on_tick = +[](gpointer data) -> gboolean {
    auto* self = static_cast<CallSession*>(data);
    self->guard([self] { self->client_.tick(now()); });
    return G_SOURCE_CONTINUE;
  };
  sources_ = {g_unix_signal_add(SIGINT, on_signal, this),
              g_unix_signal_add(SIGTERM, on_signal, this), g_timeout_add(tick_ms, on_tick, this)};
}

CallSession::~CallSession() {
  for (const Source source : sources_) g_source_remove(source);
  g_main_loop_unref(loop_);
}

template <typename Function>
void CallSession::guard(Function function) noexcept {
  try {
    function();
  } catch (const std::exception& error) {
    failure_ = error.what();
    end_loop();
  }
}

void CallSession::run() {
  output_.emit(hello_event());
  if (!quitting_) guard([this] { client_.start(now()); });
  if (!ended_) g_main_loop_run(loop_);
  emit_pairs();
  // The table is the last word, whatever libnice has to say while it is taken down.
  EventOutput::close_log();
  if (failure_) throw std::runtime_error(*failure_);
}

void CallSession::connect() {
  socket_ = std::make_unique<WebSocket>(
      target_.url, signalling_subprotocol, largest_delivery,
      WebSocket::Handlers{
          .opened = [this] { guard([this] { client_.opened(); }); },
          .received =
              [this](std::string_view text) {
                guard([this, text] { client_.received(text, now()); });
              },
          .closed = [this](const std::string& why) { guard([this, &why] { on_closed(why); }); }});
}

void CallSession::on_closed(const std::string& why) {
  if (quitting_) return end_loop();
  client_.closed(why, now());
}

void CallSession::on_ice_servers(const Json& ice_servers) {
  ice_servers_ = read_ice_servers(ice_servers);
  for (const std::string& skipped : ice_servers_.skipped) output_.log("warning", skipped);
}

void CallSession::on_room_signal(const RoomSignal& signal) {
  try {
    std::visit(Overloaded{[this](const PeerJoinedSignal& peer) { meet(peer); },
                          [this](const PeerLeftSignal& peer) {
                            if (peer.peer != peer_) return;
                            output_.log("info", "the peer has gone: " + peer.reason);
                            part();
                          },
                          [this](const PeerMessage& message) {
                            if (meeting_ && message.from == peer_) meeting_->hear(message);
                          }},
               signal);
  } catch (const CommandError& error) {
    output_.error(error.what());
  }
}

void CallSession::on_interrupted(const std::string& why) {
  output_.log("warning",
              fmt::format("the signalling connection broke, and is made again: {}", why));
}

void CallSession::on_ended(const std::string& why) {
  failure_ = fmt::format("meet the peer in a room of {}: {}", target_.url, why);
  end_loop();
}

void CallSession::obey(const AgentCommand& command) {
  std::visit(Overloaded{[this](const SendCommand& send) { met("send").send(send.data); },
                        [this](const RestartCommand&) { met("restart").restart(); },
                        [this](const QuitCommand&) { quit(); },
                        [](const auto&) {
                          throw CommandError(
                              "this command is not taken here: the signalling server says who the "
                              "peer is and what it offers; `send`, `restart` and `quit` are");
                        }},
             command);
}

/// TURN over UDP tells the reflexive address too, and libnice before 0.1.23 spends two seconds on
/// asking a plain STUN server beside.
void CallSession::meet(const PeerJoinedSignal& peer) {
  part();
  peer_ = peer.peer;
  output_.log("info", peer.offerer ? "the peer is here, and is made an offer"
                                   : "the peer is here, and will make an offer");
  ConfigureCommand configuration;
  configuration.controlling = peer.offerer;
  configuration.turn = ice_servers_.turn;
  const bool turn_tells =
      std::ranges::any_of(configuration.turn, [](const auto& server) { return !server.over_tcp; });
  if (!turn_tells && !ice_servers_.stun.empty()) configuration.stun = {ice_servers_.stun.front()};
  const auto say = [this, number = peer.peer](Json message) {
    client_.send(number, std::move(message));
  };
  meeting_.emplace(configuration, Meeting::Means{.output = output_, .say = say});
}

void CallSession::part() {
  if (!meeting_) return;
  emit_pairs();
  meeting_->close();
  meeting_.reset();
}

void CallSession::emit_pairs() {
  const auto pairs = meeting_ ? meeting_->pairs() : std::nullopt;
  if (pairs) output_.emit(*pairs);
}

Meeting& CallSession::met(const char* command) {
  if (!meeting_) throw CommandError(fmt::format("{}: there is no peer yet", command));
  return *meeting_;
}

void CallSession::quit() {
  if (quitting_) return;
  quitting_ = true;
  input_.stop();
  if (!client_.leave()) return end_loop();
  socket_->close();
  const auto on_timeout = +[](gpointer self) -> gboolean {
    static_cast<CallSession*>(self)->end_loop();
    return G_SOURCE_CONTINUE;
  };
  sources_.push_back(g_timeout_add(goodbye_ms, on_timeout, this));
}

/// Also where the loop does not run yet: perhaps nobody reads the output.
void CallSession::end_loop() {
  ended_ = true;
  input_.stop();
  g_main_loop_quit(loop_);
}

}  // namespace

void run_call_session(const SignallingTarget& target, int input, int output) {
  // To learn of proxies GLib asks the desktop for its settings; where there is no desktop, or no
  // home to keep them in, it complains on standard error. A proxy named in http_proxy still holds.
  g_setenv("GSETTINGS_BACKEND", "memory", FALSE);
  CallSession(target, input, output).run();
}

}  // namespace icelab
