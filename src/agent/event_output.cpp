#include "src/agent/event_output.h"

#include "src/agent/ice_agent.h"

#include <glib.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

namespace icelab {
namespace {

constexpr int protocol_version = 1;

}  // namespace

Json hello_event() {
  return Json::object(
      {{"type", "hello"}, {"agent", ice_agent_name()}, {"protocol", protocol_version}});
}

EventOutput::EventOutput(int output, std::function<void()> on_broken)
    : output_(output), on_broken_(std::move(on_broken)) {
  std::signal(SIGPIPE, SIG_IGN);
  g_log_set_default_handler(
      [](const gchar*, GLogLevelFlags level, const gchar* message, gpointer self) {
        if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0) return;
        const bool grave = (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0;
        static_cast<EventOutput*>(self)->log(grave ? "error" : "warning", message);
      },
      this);
}

EventOutput::~EventOutput() {
  close_log();
}

void EventOutput::emit(const Json& event) {
  const std::string line = to_line(event) + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = write(output_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return on_broken_();
    left.remove_prefix(static_cast<size_t>(written));
  }
}

void EventOutput::log(std::string_view level, std::string_view message) {
  emit(Json::object({{"type", "log"}, {"level", level}, {"message", message}}));
}

void EventOutput::error(std::string_view message) {
  emit(Json::object({{"type", "error"}, {"message", message}}));
}

void EventOutput::close_log() {
  g_log_set_default_handler([](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
}

}  // namespace icelab
