#pragma once

#include "harness/lab/log_file.h"
#include "netns/linux/process.h"
#include "src/base/clock.h"
#include "src/base/event_loop.h"
#include "src/net/address.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace icelab {

/// A server program on a lab's host, which is asked over UDP, from its own host, until it answers.
class ServerProcess {
 public:
  struct Question {
    Endpoint server;
    std::vector<std::uint8_t> request;
    std::function<bool(std::span<const std::uint8_t>)> is_answer;
  };
  /// `program`: what it is called in messages, "coturn"; its output goes to a log of the name
  /// `log_name`. Calls `ready` from the loop: with nothing when it has answered, and with what went
  /// wrong if it cannot be had, or ends later. Throws SystemError if it cannot be started.
  ServerProcess(EventLoop& loop, std::string program, const ProgramSpec& spec,
                const std::string& log_name, Question question,
                std::function<void(std::optional<std::string> failure)> ready);

  [[nodiscard]] const LogFile& log() const { return log_; }

 private:
  void ask();
  void on_answer();
  void on_exit();
  void settle(std::optional<std::string> failure);

  EventLoop& loop_;
  std::string program_;
  Question question_;
  std::function<void(std::optional<std::string>)> ready_;
  bool failed_ = false;
  LogFile log_;
  ChildProcess process_;
  Descriptor probe_;  // a UDP socket on the server's own host
  Instant give_up_;
  EventLoop::Watch answer_watch_;
  EventLoop::Watch retry_watch_;
  EventLoop::Watch exit_watch_;
};

}  // namespace icelab
