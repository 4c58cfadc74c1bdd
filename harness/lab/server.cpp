#include "harness/lab/server.h"

#include "netns/linux/host.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>

namespace icelab {
namespace {

constexpr auto retry_interval = std::chrono::milliseconds(5);
constexpr auto patience = std::chrono::seconds(15);

ProgramSpec logging_to(ProgramSpec program, const LogFile& log) {
  program.output = log.descriptor();
  program.error = log.descriptor();
  program.largest_file = largest_log;
  return program;
}

}  // namespace

Server::Server(EventLoop& loop, ProgramSpec program, const std::string& name,
               std::function<bool()> answers, Ready ready)
    : loop_(loop),
      program_(program.arguments.at(0)),
      answers_(std::move(answers)),
      ready_(std::move(ready)),
      log_(name),
      process_(logging_to(std::move(program), log_)),
      give_up_(now() + patience) {
  exit_watch_ = loop_.on_readable(process_.pidfd(), [this] { on_exit(); });
  retry_watch_ = loop_.after({}, [this] { ask(); });
}

void Server::ask() {
  if (answers_()) return settle({});
  if (now() > give_up_)
    return settle(fmt::format("{} did not answer within {} s", program_, patience.count()));
  retry_watch_ = loop_.after(retry_interval, [this] { ask(); });
}

void Server::on_exit() {
  const auto status = process_.poll();
  if (!status) return;
  exit_watch_ = {};
  settle(fmt::format("{} ended with {}: {}", program_, status->to_string(), log_.last_line()));
}

void Server::settle(std::optional<std::string> failure) {
  retry_watch_ = {};
  if (failed_) return;
  failed_ = failure.has_value();
  ready_(std::move(failure));
}

UdpQuestion::UdpQuestion(int network, const Endpoint& server, std::vector<std::uint8_t> request,
                         IsAnswer is_answer)
    : request_(std::move(request)), is_answer_(std::move(is_answer)) {
  const SocketAddress address(server);
  run_inside(network, [&] {
    socket_ = Descriptor(check(socket(server.address.is_v4() ? AF_INET : AF_INET6,
                                      SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                               "open a UDP socket"));
    check(connect(socket_.get(), address.get(), address.size()), "aim a UDP socket at a server");
  });
}

bool UdpQuestion::ask() {
  if (is_answered()) return true;
  // Until the server listens, the kernel answers with ICMP, or nobody does.
  [[maybe_unused]] const ssize_t sent = send(socket_.get(), request_.data(), request_.size(), 0);
  return is_answered();
}

bool UdpQuestion::is_answered() {
  std::array<std::uint8_t, 1500> buffer{};
  const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  // Else there is nothing, or the ICMP error of an earlier request.
  return length > 0 && is_answer_(std::span(buffer).first(static_cast<size_t>(length)));
}

bool takes_connections(int network, const Endpoint& server) {
  bool connected = false;
  run_inside(network, [&] {
    const SocketAddress address(server);
    const Descriptor socket(check(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0),
                                  "open a TCP socket"));
    connected = connect(socket.get(), address.get(), address.size()) == 0;
  });
  return connected;
}

void require_program(const std::string& program, const std::string& package) {
  if (find_program(program)) return;
  throw MachineError(
      fmt::format("{0} is not installed: no '{1}' in PATH\nTo install it: apt-get install {0}",
                  package, program));
}

}  // namespace icelab
