#pragma once

#include "harness/lab/log_file.h"
#include "netns/linux/process.h"
#include "netns/linux/processor_wait.h"
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

/// A server's program, running on a host of a lab until this ends.
class Server {
 public:
  /// Called from the loop: with nothing when the server answers, and with what went wrong if it
  /// cannot be had, or ends later.
  using Ready = std::function<void(std::optional<std::string> failure)>;

  /// `answers`: whether it does by now; it is asked again and again. Throws SystemError if the
  /// program cannot be started.
  Server(EventLoop& loop, ProgramSpec program, const std::string& name,
         std::function<bool()> answers, Ready ready);

  [[nodiscard]] const LogFile& log() const { return log_; }
  [[nodiscard]] ProcessorWait processor_wait() const {
    return ProcessorWait::of_process(process_.pidfd());
  }

 private:
  void ask();
  void on_exit();
  void settle(std::optional<std::string> failure);

  EventLoop& loop_;
  std::string program_;
  std::function<bool()> answers_;
  Ready ready_;
  bool failed_ = false;
  LogFile log_;
  ChildProcess process_;
  Instant give_up_;
  EventLoop::Watch retry_watch_;
  EventLoop::Watch exit_watch_;
};

/// A datagram that is sent to a server again and again, from its own host, until an answer comes.
class UdpQuestion {
 public:
  using IsAnswer = std::function<bool(std::span<const std::uint8_t>)>;

  UdpQuestion(int network, const Endpoint& server, std::vector<std::uint8_t> request,
              IsAnswer is_answer);
  /// Whether one has come to what was asked before.
  bool ask();

 private:
  bool is_answered();

  Descriptor socket_;
  std::vector<std::uint8_t> request_;
  IsAnswer is_answer_;
};

/// Whether a server listens on its own host, where a connection is taken or refused at once.
bool takes_connections(int network, const Endpoint& server);

/// Throws MachineError, with the command that mends it, if a program is not in PATH.
void require_program(const std::string& program, const std::string& package);

}  // namespace icelab
