#include "src/agent/session.h"

#include "src/agent/command.h"
#include "src/agent/ice_agent.h"
#include "src/base/json.h"

#include <glib-unix.h>
#include <glib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace icelab {
namespace {

constexpr int protocol_version = 1;
constexpr size_t longest_line = 1 << 20;

class Session {
 public:
  Session(int input, int output) : input_(input), output_(output) {}
  ~Session() { g_main_loop_unref(loop_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void run();

 private:
  void emit(const Json& event);
  void emit_log(std::string_view level, std::string_view message);
  void emit_error(std::string_view message);
  void take_over_glib_log();

  /// False once the input has ended.
  bool read_input();
  void take_lines();
  void obey_line(std::string_view line);
  IceAgent& configured(std::string_view command);

  // One for each command.
  void obey(const ConfigureCommand& command);
  void obey(const GatherCommand&) { configured("gather").gather(); }
  void obey(const RemoteCredentialsCommand& command) {
    configured("remote-credentials").set_remote_credentials(command.ufrag, command.pwd);
  }
  void obey(const RemoteCandidateCommand& command) {
    configured("remote-candidate").add_remote_candidate(command.candidate);
  }
  void obey(const RemoteGatheredCommand&) { configured("remote-gathered").end_remote_candidates(); }
  void obey(const RestartCommand&) { configured("restart").restart(); }
  void obey(const SendCommand& command) { configured("send").send(command.data); }
  void obey(const QuitCommand&) { quit(); }

  void quit();

  int input_;
  int output_;
  GMainLoop* loop_ = g_main_loop_new(nullptr, FALSE);
  bool quitting_ = false;
  std::string pending_;  // the beginning of a line whose end has not come yet
  std::optional<IceAgent> agent_;
};

void Session::run() {
  take_over_glib_log();
  emit(Json::object(
      {{"type", "hello"}, {"agent", ice_agent_name()}, {"protocol", protocol_version}}));
  const auto on_input = +[](gint, GIOCondition, gpointer data) -> gboolean {
    return static_cast<Session*>(data)->read_input() ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
  };
  g_unix_fd_add(input_, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR), on_input, this);
  if (!quitting_) g_main_loop_run(loop_);
  if (agent_) emit(agent_->pairs());
  // The table is the last word: what libnice has to say while it is taken down interests nobody.
  g_log_set_default_handler([](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
}

/// An event at once, whole: nobody reads on when the output is broken, and then all is over.
void Session::emit(const Json& event) {
  const std::string line = to_line(event) + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = write(output_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return quit();
    left.remove_prefix(static_cast<size_t>(written));
  }
}

void Session::emit_log(std::string_view level, std::string_view message) {
  emit(Json::object({{"type", "log"}, {"level", level}, {"message", message}}));
}

void Session::emit_error(std::string_view message) {
  emit(Json::object({{"type", "error"}, {"message", message}}));
}

/// libnice and GLib warn on standard output and error: here they must not write between the events.
void Session::take_over_glib_log() {
  g_log_set_default_handler(
      [](const gchar*, GLogLevelFlags level, const gchar* message, gpointer data) {
        if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0) return;
        const bool grave = (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0;
        static_cast<Session*>(data)->emit_log(grave ? "error" : "warning", message);
      },
      this);
}

bool Session::read_input() {
  std::array<char, 65536> chunk{};
  const ssize_t length = read(input_, chunk.data(), chunk.size());
  if (length < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (length <= 0) {
    quit();
    return false;
  }
  pending_.append(chunk.data(), static_cast<size_t>(length));
  take_lines();
  return !quitting_;
}

void Session::take_lines() {
  size_t start = 0;
  for (size_t end = 0; !quitting_ && (end = pending_.find('\n', start)) != std::string::npos;
       start = end + 1)
    obey_line(std::string_view(pending_).substr(start, end - start));
  pending_.erase(0, start);
  if (pending_.size() <= longest_line) return;
  pending_.clear();
  emit_error("a command of more than a megabyte was not read to its end");
}

/// A command that cannot be obeyed is answered, whatever the reason: this runs inside GLib's
/// frames.
void Session::obey_line(std::string_view line) {
  try {
    std::visit([this](const auto& command) { obey(command); }, parse_agent_command(line));
  } catch (const std::exception& error) {
    emit_error(error.what());
  }
}

void Session::obey(const ConfigureCommand& command) {
  if (agent_) throw CommandError("configure: the agent is configured already");
  if (command.stun.size() > 1) emit_log("warning", "libnice asks only the first STUN server");
  agent_.emplace(command, [this](const Json& event) { emit(event); });
}

IceAgent& Session::configured(std::string_view command) {
  if (!agent_) throw CommandError(std::string(command) + ": send `configure` first");
  return *agent_;
}

void Session::quit() {
  quitting_ = true;
  g_main_loop_quit(loop_);
}

}  // namespace

void run_agent_session(int input, int output) {
  std::signal(SIGPIPE, SIG_IGN);
  Session(input, output).run();
}

}  // namespace icelab
