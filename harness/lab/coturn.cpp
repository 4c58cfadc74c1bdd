#include "harness/lab/coturn.h"

#include "harness/lab/host_place.h"
#include "src/stun/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace icelab {
namespace {

constexpr std::array<std::uint8_t, 12> probe_transaction{'i', 'c', 'e', 'l', 'a', 'b',
                                                         ' ', 'p', 'r', 'o', 'b', 'e'};

ProgramSpec coturn_program(int network, const std::vector<IpAddress>& addresses) {
  std::vector<std::string> arguments{"turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls",
                                     "--use-auth-secret",
                                     fmt::format("--static-auth-secret={}", turn_secret),
                                     "--realm=icelab", "--log-file=stdout", "--simple-log",
                                     // Nothing on disk: no user database, no pid file.
                                     "--userdb=:memory:", "--pidfile=/dev/null", "-m", "1"};
  for (const auto& address : addresses)
    arguments.push_back("--listening-ip=" + address.to_string());
  // IPv6 is there where a peer has it.
  for (const auto& address : first_of_each_family(addresses)) {
    arguments.push_back(
        fmt::format("--aux-server={}", Endpoint{address, turn_web_port}.to_string()));
    arguments.push_back("--relay-ip=" + address.to_string());
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

TurnCredentials lab_turn_credentials(std::string_view client) {
  constexpr auto lifetime = std::chrono::hours(24);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return turn_credentials(turn_secret, client, now + lifetime);
}

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
