#include "harness/lab/coturn.h"

#include "src/stun/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

constexpr std::array<std::uint8_t, 12> probe_transaction{'i', 'c', 'e', 'l', 'a', 'b',
                                                         ' ', 'p', 'r', 'o', 'b', 'e'};

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

bool answers_probe(std::span<const std::uint8_t> bytes) {
  const auto message = StunMessage::parse(bytes);
  return message && message->message_class == StunClass::success &&
         std::equal(probe_transaction.begin(), probe_transaction.end(),
                    message->transaction.begin() + 4);
}

}  // namespace

void require_coturn() {
  require_program("turnserver", "coturn");
}

std::unique_ptr<Server> start_coturn(EventLoop& loop, int network,
                                     const std::vector<IpAddress>& addresses,
                                     const std::string& name, Server::Ready ready) {
  const auto question =
      std::make_shared<UdpQuestion>(network, Endpoint{addresses[0], turn_port},
                                    binding_request(probe_transaction), answers_probe);
  return std::make_unique<Server>(
      loop, coturn_program(network, addresses), name, [question] { return question->ask(); },
      std::move(ready));
}

}  // namespace icelab
