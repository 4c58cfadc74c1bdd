#pragma once

#include "harness/agents/agent_event.h"
#include "harness/lab/log_file.h"
#include "netns/linux/process.h"
#include "netns/linux/processor_wait.h"
#include "src/base/event_loop.h"
#include "src/base/json.h"
#include "src/base/line_buffer.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// An ICE agent running on a lab's host, spoken to in JSON lines. It is trusted with nothing: it
/// may crash, hang, flood or print rubbish, and all that happens is an event. Its log holds what it
/// writes to its standard error and what it says in `log` events.
class AgentProcess {
 public:
  struct Callbacks {
    std::function<void(const AgentEvent&)> said;
    std::function<void(const ExitStatus&)> ended;  // all it said before has been told
  };

  /// Callbacks come from the loop, never from inside this constructor. Throws SystemError if the
  /// program cannot be started.
  /// `program`: its arguments, its host's network, and files of its own.
  AgentProcess(EventLoop& loop, const ProgramSpec& program, const std::string& name,
               Callbacks callbacks);

  /// Sends a command. An agent that does not read what it is sent has it dropped once its pipe is
  /// full: it is hanging, and the run's deadline deals with it.
  void send(const Json& command) const;
  void kill();
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const LogFile& log() const { return log_; }
  [[nodiscard]] ProcessorWait processor_wait() const {
    return ProcessorWait::of_process(process_.pidfd());
  }

 private:
  void read_output();
  void tell_lines();
  void tell(std::string_view line);
  void on_exit();

  Callbacks callbacks_;
  LogFile log_;
  Pipe commands_;
  Pipe output_;
  ChildProcess process_;
  LineBuffer lines_;
  bool greeted_ = false;
  bool ended_ = false;
  EventLoop::Watch output_watch_;
  EventLoop::Watch exit_watch_;
};

}  // namespace icelab
