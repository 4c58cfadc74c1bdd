#include "harness/lab/coturn.h"

#include "netns/linux/host.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/net/socket_address.h"
#include "src/stun/message.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

constexpr auto retry_interval = std::chrono::milliseconds(10);
constexpr auto patience = std::chrono::seconds(15);
constexpr std::array<std::uint8_t, 12> probe_transaction{'i', 'c', 'e', 'l', 'a', 'b',
                                                         ' ', 'p', 'r', 'o', 'b', 'e'};

ProgramSpec coturn_program(int network, const std::vector<IpAddress>& addresses,
                           const LogFile& log) {
  std::vector<std::string> arguments{
      "turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "-a", "--realm=icelab",
      fmt::format("--user={}:{}", turn_user, turn_password), "--log-file=stdout", "--simple-log",
      // Nothing on disk: no user database, no pid file.
      "--userdb=:memory:", "--pidfile=/dev/null", "-m", "1"};
  for (const auto& address : addresses)
    arguments.push_back("--listening-ip=" + address.to_string());
  // Of each family the first; IPv6 is there where a peer has it.
  for (const bool ipv6 : {false, true}) {
    const auto first = std::ranges::find(addresses, !ipv6, &IpAddress::is_v4);
    if (first == addresses.end()) continue;
    arguments.push_back(
        fmt::format("--aux-server={}", Endpoint{*first, turn_web_port}.to_string()));
    arguments.push_back("--relay-ip=" + first->to_string());
  }
  return {.arguments = arguments,
          .environment = {},
          .network = network,
          .output = log.descriptor(),
          .error = log.descriptor(),
          .largest_file = largest_log};
}

Descriptor open_probe(int network, const IpAddress& server_address) {
  Descriptor probe;
  run_inside(network, [&] {
    probe = Descriptor(check(socket(server_address.is_v4() ? AF_INET : AF_INET6,
                                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                             "open a UDP socket"));
    const SocketAddress server({server_address, turn_port});
    check(connect(probe.get(), server.get(), server.size()), "aim a UDP socket at the TURN server");
  });
  return probe;
}

}  // namespace

void Coturn::require_installed() {
  if (!find_program("turnserver")) {
    throw MachineError(
        "coturn is not installed: no 'turnserver' in PATH\nTo install it: apt-get install coturn");
  }
}

Coturn::Coturn(EventLoop& loop, int network, const std::vector<IpAddress>& addresses,
               const std::string& name, std::function<void(std::optional<std::string>)> ready)
    : loop_(loop),
      ready_(std::move(ready)),
      log_(name),
      process_(coturn_program(network, addresses, log_)),
      probe_(open_probe(network, addresses[0])),
      give_up_(now() + patience) {
  exit_watch_ = loop_.on_readable(process_.pidfd(), [this] { on_exit(); });
  answer_watch_ = loop_.on_readable(probe_.get(), [this] { on_answer(); });
  ask();
}

/// Until the server listens, the kernel answers with ICMP, or nobody does: ask again.
void Coturn::ask() {
  if (now() > give_up_) {
    settle(fmt::format("coturn did not answer STUN within {} s", patience.count()));
    return;
  }
  const auto request = binding_request(probe_transaction);
  [[maybe_unused]] const ssize_t sent = send(probe_.get(), request.data(), request.size(), 0);
  retry_watch_ = loop_.after(retry_interval, [this] { ask(); });
}

void Coturn::on_answer() {
  std::array<std::uint8_t, 1500> buffer{};
  const ssize_t length = recv(probe_.get(), buffer.data(), buffer.size(), 0);
  if (length <= 0) return;  // the ICMP error of an earlier request
  const auto message = StunMessage::parse(std::span(buffer).first(static_cast<size_t>(length)));
  const bool answered = message && message->message_class == StunClass::success &&
                        std::equal(probe_transaction.begin(), probe_transaction.end(),
                                   message->transaction.begin() + 4);
  if (answered) settle({});
}

void Coturn::on_exit() {
  const auto status = process_.poll();
  if (!status) return;
  exit_watch_ = {};
  settle(fmt::format("coturn ended with {}: {}", status->to_string(), log_.last_line()));
}

void Coturn::settle(std::optional<std::string> failure) {
  answer_watch_ = {};
  retry_watch_ = {};
  if (failed_) return;
  failed_ = failure.has_value();
  ready_(std::move(failure));
}

}  // namespace icelab
