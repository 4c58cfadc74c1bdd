#include "harness/lab/coturn.h"

#include "netns/linux/host.h"
#include "src/base/error.h"
#include "src/net/socket_address.h"
#include "src/stun/message.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

ProgramSpec coturn_program(int network, const std::vector<IpAddress>& addresses) {
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
  return {.arguments = arguments, .environment = {}, .network = network};
}

/// Asks for a binding, and looks for the answer to what was asked before.
class StunProbe {
 public:
  StunProbe(int network, const IpAddress& server_address) {
    run_inside(network, [&] {
      socket_ = Descriptor(check(socket(server_address.is_v4() ? AF_INET : AF_INET6,
                                        SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                                 "open a UDP socket"));
      const SocketAddress server({server_address, turn_port});
      check(connect(socket_.get(), server.get(), server.size()),
            "aim a UDP socket at the TURN server");
    });
  }

  bool ask() {
    if (is_answered()) return true;
    // Until the server listens, the kernel answers with ICMP, or nobody does.
    const auto request = binding_request(transaction);
    [[maybe_unused]] const ssize_t sent = send(socket_.get(), request.data(), request.size(), 0);
    return is_answered();
  }

 private:
  bool is_answered() {
    std::array<std::uint8_t, 1500> buffer{};
    const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (length <= 0) return false;  // nothing, or the ICMP error of an earlier request
    const auto message = StunMessage::parse(std::span(buffer).first(static_cast<size_t>(length)));
    return message && message->message_class == StunClass::success &&
           std::equal(transaction.begin(), transaction.end(), message->transaction.begin() + 4);
  }

  static constexpr std::array<std::uint8_t, 12> transaction{'i', 'c', 'e', 'l', 'a', 'b',
                                                            ' ', 'p', 'r', 'o', 'b', 'e'};
  Descriptor socket_;  // on the server's own host
};

}  // namespace

void require_coturn() {
  require_program("turnserver", "coturn");
}

std::unique_ptr<Server> start_coturn(EventLoop& loop, int network,
                                     const std::vector<IpAddress>& addresses,
                                     const std::string& name, Server::Ready ready) {
  const auto probe = std::make_shared<StunProbe>(network, addresses[0]);
  return std::make_unique<Server>(
      loop, coturn_program(network, addresses), name, [probe] { return probe->ask(); },
      std::move(ready));
}

}  // namespace icelab
