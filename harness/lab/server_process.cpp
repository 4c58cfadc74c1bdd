#include "harness/lab/server_process.h"

#include "netns/linux/host.h"
#include "src/base/error.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace icelab {
namespace {

constexpr auto retry_interval = std::chrono::milliseconds(10);
constexpr auto patience = std::chrono::seconds(15);

ProgramSpec with_log(ProgramSpec spec, const LogFile& log) {
  spec.output = spec.error = log.descriptor();
  spec.largest_file = largest_log;
  return spec;
}

Descriptor open_probe(int network, const Endpoint& server) {
  Descriptor probe;
  run_inside(network, [&] {
    probe = Descriptor(check(socket(server.address.is_v4() ? AF_INET : AF_INET6,
                                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                             "open a UDP socket"));
    const SocketAddress address(server);
    check(connect(probe.get(), address.get(), address.size()),
          fmt::format("aim a UDP socket at {}", server.to_string()));
  });
  return probe;
}

}  // namespace

ServerProcess::ServerProcess(EventLoop& loop, std::string program, const ProgramSpec& spec,
                             const std::string& log_name, Question question,
                             std::function<void(std::optional<std::string>)> ready)
    : loop_(loop),
      program_(std::move(program)),
      question_(std::move(question)),
      ready_(std::move(ready)),
      log_(log_name),
      process_(with_log(spec, log_)),
      probe_(open_probe(spec.network, question_.server)),
      give_up_(now() + patience) {
  exit_watch_ = loop_.on_readable(process_.pidfd(), [this] { on_exit(); });
  answer_watch_ = loop_.on_readable(probe_.get(), [this] { on_answer(); });
  ask();
}

/// Until the server listens, the kernel answers with ICMP, or nobody does: ask again.
void ServerProcess::ask() {
  if (now() > give_up_) {
    settle(fmt::format("{} did not answer within {} s", program_, patience.count()));
    return;
  }
  const auto& request = question_.request;
  [[maybe_unused]] const ssize_t sent = send(probe_.get(), request.data(), request.size(), 0);
  retry_watch_ = loop_.after(retry_interval, [this] { ask(); });
}

void ServerProcess::on_answer() {
  std::array<std::uint8_t, 1500> buffer{};
  const ssize_t length = recv(probe_.get(), buffer.data(), buffer.size(), 0);
  if (length <= 0) return;  // the ICMP error of an earlier request
  if (question_.is_answer(std::span(buffer).first(static_cast<size_t>(length)))) settle({});
}

void ServerProcess::on_exit() {
  const auto status = process_.poll();
  if (!status) return;
  exit_watch_ = {};
  settle(fmt::format("{} ended with {}: {}", program_, status->to_string(), log_.last_line()));
}

void ServerProcess::settle(std::optional<std::string> failure) {
  answer_watch_ = {};
  retry_watch_ = {};
  if (failed_) return;
  failed_ = failure.has_value();
  ready_(std::move(failure));
}

}  // namespace icelab
