#pragma once

#include "src/base/json.h"

#include <functional>
#include <string_view>

namespace icelab {

/// The first event of every agent.
Json hello_event();

/// Where an agent's events go (docs/agent-protocol.md, "Events"): a line each, at once and whole.
/// What GLib and libnice have to say comes out as `log` events, since what they print by themselves
/// would stand between the lines. It takes over GLib's log and SIGPIPE: one a process.
class EventOutput {
 public:
  /// To a descriptor that outlives it. `on_broken` is called when nobody reads on.
  EventOutput(int output, std::function<void()> on_broken);
  ~EventOutput();
  EventOutput(const EventOutput&) = delete;
  EventOutput& operator=(const EventOutput&) = delete;

  void emit(const Json& event);
  void log(std::string_view level, std::string_view message);
  void error(std::string_view message);
  /// What GLib's log says from now on interests nobody: the last event has been emitted.
  static void close_log();

 private:
  int output_;
  std::function<void()> on_broken_;
};

}  // namespace icelab
