#include "harness/lab/call_server.h"

#include "harness/lab/coturn.h"
#include "harness/lab/host_place.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/serve/pages.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr std::uint16_t http_port = 80;
/// A lab's own, so it need not be unguessable.
constexpr std::string_view room = "the-room-of-this-laboratory";

void tell_of_turn(std::vector<std::string>& arguments, const Endpoint& server,
                  std::string_view transport) {
  arguments.emplace_back("--turn");
  arguments.push_back(fmt::format("turn:{}?transport={}", server.to_string(), transport));
}

}  // namespace

std::unique_ptr<Server> start_call_server(EventLoop& loop, int network,
                                          const std::vector<IpAddress>& addresses,
                                          const std::vector<IpAddress>& turn_servers,
                                          const std::string& name, Server::Ready ready) {
  std::vector<std::string> arguments{own_program("icelab").string(), "serve"};
  for (const IpAddress& address : first_of_each_family(addresses)) {
    arguments.emplace_back("--listen");
    arguments.push_back(Endpoint{address, http_port}.to_string());
  }
  for (const IpAddress& server : turn_servers) {
    tell_of_turn(arguments, {server, turn_port}, "udp");
    tell_of_turn(arguments, {server, turn_port}, "tcp");
    tell_of_turn(arguments, {server, turn_web_port}, "tcp");
  }
  return std::make_unique<Server>(
      loop,
      ProgramSpec{.arguments = std::move(arguments),
                  .environment = {{"ICELAB_TURN_SECRET", std::string(turn_secret)}},
                  .network = network},
      name,
      [network, first = Endpoint{addresses[0], http_port}] {
        return takes_connections(network, first);
      },
      std::move(ready));
}

std::string call_link(const IpAddress& server, bool relay_only) {
  const Endpoint endpoint{server, http_port};
  return fmt::format("http://{}/{}#{}", endpoint.to_string(), relay_only ? "?relay" : "", room);
}

void require_call_page() {
  std::error_code error;
  const auto page = built_pages() / "index.html";
  if (std::filesystem::exists(page, error)) return;
  throw MachineError(fmt::format(
      "the call page is not built: there is no {}\nTo build it: ./dev web", page.string()));
}

}  // namespace icelab
