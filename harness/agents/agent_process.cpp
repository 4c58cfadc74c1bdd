#include "harness/agents/agent_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace icelab {
namespace {

/// The longest line an agent may say: a table of some thousand pairs.
constexpr size_t longest_line = 1 << 20;

ProgramSpec with_streams(ProgramSpec program, const Pipe& commands, const Pipe& output,
                         const LogFile& log) {
  program.input = commands.read.get();
  program.output = output.write.get();
  program.error = log.descriptor();
  program.largest_file = largest_log;
  return program;
}

}  // namespace

AgentProcess::AgentProcess(EventLoop& loop, const ProgramSpec& program, const std::string& name,
                           Callbacks callbacks)
    : callbacks_(std::move(callbacks)),
      log_(name),
      commands_(Pipe::create()),
      output_(Pipe::create()),
      process_(with_streams(program, commands_, output_, log_)) {
  commands_.read.reset();
  output_.write.reset();
  fcntl(commands_.write.get(), F_SETFL, O_NONBLOCK);
  fcntl(output_.read.get(), F_SETFL, O_NONBLOCK);
  output_watch_ = loop.on_readable(output_.read.get(), [this] { read_output(); });
  exit_watch_ = loop.on_readable(process_.pidfd(), [this] { on_exit(); });
}

void AgentProcess::send(const Json& command) const {
  const std::string line = to_line(command) + "\n";
  // A pipe takes a line whole or not at all up to PIPE_BUF; ours are shorter.
  [[maybe_unused]] const ssize_t written = write(commands_.write.get(), line.data(), line.size());
}

void AgentProcess::kill() {
  process_.kill(SIGKILL);
}

void AgentProcess::read_output() {
  std::array<char, 65536> chunk{};
  const ssize_t length = read(output_.read.get(), chunk.data(), chunk.size());
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {
    output_watch_ = {};
    return;
  }
  lines_.append({chunk.data(), static_cast<size_t>(length)});
  tell_lines();
}

void AgentProcess::tell_lines() {
  while (const auto line = lines_.next_line()) tell(*line);
  if (lines_.unfinished() <= longest_line) return;
  lines_.clear();
  output_watch_ = {};
  callbacks_.said(AgentRubbish{"a line of more than a megabyte"});
}

void AgentProcess::tell(std::string_view line) {
  const bool is_first = !std::exchange(greeted_, true);
  const AgentEvent event = is_first ? parse_agent_greeting(line) : parse_agent_event(line);
  if (const auto* log = std::get_if<AgentLog>(&event))
    log_.append(log->level.empty() ? log->message : log->level + ": " + log->message);
  callbacks_.said(event);
}

void AgentProcess::on_exit() {
  const auto status = process_.poll();
  if (!status) return;
  // What it said last is still in the pipe, which holds 64 KiB; another who holds its other end may
  // go on.
  for (int i = 0; i < 2 && output_watch_; ++i) read_output();
  exit_watch_ = {};
  ended_ = true;
  callbacks_.ended(*status);
}

}  // namespace icelab
