#include "src/agent/command_input.h"

#include <glib-unix.h>
#include <glib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <string_view>
#include <utility>

namespace icelab {
namespace {

constexpr size_t longest_line = 1 << 20;

}  // namespace

CommandInput::CommandInput(int input, Handlers handlers)
    : input_(input), handlers_(std::move(handlers)) {
  const auto on_input = +[](gint, GIOCondition, gpointer data) -> gboolean {
    auto* self = static_cast<CommandInput*>(data);
    if (self->read_input()) return G_SOURCE_CONTINUE;
    self->watch_ = 0;
    return G_SOURCE_REMOVE;
  };
  watch_ = g_unix_fd_add(input_, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR), on_input,
                         this);
}

CommandInput::~CommandInput() {
  if (watch_ != 0) g_source_remove(watch_);
}

bool CommandInput::read_input() {
  std::array<char, 65536> chunk{};
  const ssize_t length = read(input_, chunk.data(), chunk.size());
  if (length < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (length <= 0) {
    if (!stopped_) handlers_.ended();
    return false;
  }
  lines_.append({chunk.data(), static_cast<size_t>(length)});
  take_lines();
  return !stopped_;
}

void CommandInput::take_lines() {
  while (!stopped_) {
    const auto line = lines_.next_line();
    if (!line) break;
    obey_line(*line);
  }
  if (lines_.unfinished() <= longest_line) return;
  lines_.clear();
  handlers_.refused("a command of more than a megabyte was not read to its end");
}

/// Whatever is thrown: this runs inside GLib's frames.
void CommandInput::obey_line(std::string_view line) const {
  try {
    handlers_.obey(parse_agent_command(line));
  } catch (const std::exception& error) {
    handlers_.refused(error.what());
  }
}

}  // namespace icelab
