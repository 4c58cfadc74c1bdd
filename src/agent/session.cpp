#include "src/agent/session.h"

#include "src/agent/command_input.h"
#include "src/agent/event_output.h"
#include "src/agent/ice_agent.h"

#include <glib.h>

#include <optional>
#include <string>
#include <string_view>

namespace icelab {
namespace {

class Session {
 public:
  Session(int input, int output);
  ~Session() { g_main_loop_unref(loop_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void run();

 private:
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

  GMainLoop* loop_ = g_main_loop_new(nullptr, FALSE);
  bool quitting_ = false;
  EventOutput output_;
  CommandInput input_;
  std::optional<IceAgent> agent_;
};

Session::Session(int input, int output)
    : output_(output, [this] { quit(); }),
      input_(input, {.obey =
                         [this](const AgentCommand& command) {
                           std::visit([this](const auto& each) { obey(each); }, command);
                         },
                     .refused = [this](const std::string& message) { output_.error(message); },
                     .ended = [this] { quit(); }}) {}

void Session::run() {
  output_.emit(hello_event());
  if (!quitting_) g_main_loop_run(loop_);
  if (agent_) output_.emit(agent_->pairs());
  // The table is the last word, whatever libnice has to say while it is taken down.
  EventOutput::close_log();
}

void Session::obey(const ConfigureCommand& command) {
  if (agent_) throw CommandError("configure: the agent is configured already");
  if (command.stun.size() > 1) output_.log("warning", "libnice asks only the first STUN server");
  agent_.emplace(command, [this](const Json& event) { output_.emit(event); });
}

IceAgent& Session::configured(std::string_view command) {
  if (!agent_) throw CommandError(std::string(command) + ": send `configure` first");
  return *agent_;
}

/// Also where nobody reads the output: quit() may be called before the loop runs.
void Session::quit() {
  quitting_ = true;
  input_.stop();
  g_main_loop_quit(loop_);
}

}  // namespace

void run_agent_session(int input, int output) {
  Session(input, output).run();
}

}  // namespace icelab
