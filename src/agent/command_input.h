#pragma once

#include "src/agent/command.h"
#include "src/base/line_buffer.h"

#include <functional>
#include <string>

namespace icelab {

/// Where an agent's commands come from (docs/agent-protocol.md, "Commands"): a line each, read on
/// GLib's default main context.
class CommandInput {
 public:
  struct Handlers {
    std::function<void(const AgentCommand&)> obey;  // may throw: why it cannot be obeyed
    /// A command that was not understood, or not obeyed, and why.
    std::function<void(const std::string& message)> refused;
    std::function<void()> ended;
  };

  /// From a descriptor that outlives it. A handler may stop it, but not destroy it.
  CommandInput(int input, Handlers handlers);
  ~CommandInput();
  CommandInput(const CommandInput&) = delete;
  CommandInput& operator=(const CommandInput&) = delete;

  /// No handler is called any more, not even for lines that have been read already.
  void stop() { stopped_ = true; }

 private:
  /// False once there is nothing more to come.
  bool read_input();
  void take_lines();
  void obey_line(std::string_view line) const;

  int input_;
  Handlers handlers_;
  bool stopped_ = false;
  LineBuffer lines_;
  unsigned watch_;  // a GLib source; 0 once the input has ended
};

}  // namespace icelab
