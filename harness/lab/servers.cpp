#include "harness/lab/servers.h"

#include "harness/lab/call_server.h"
#include "harness/lab/coturn.h"
#include "harness/lab/host_place.h"
#include "harness/lab/tinyproxy.h"

#include <utility>

namespace icelab {
namespace {

/// All TURN servers of a lab, by the addresses that they relay from.
std::vector<IpAddress> turn_servers(const std::vector<ServerSpec>& servers, const Lab& lab) {
  std::vector<IpAddress> addresses;
  for (const ServerSpec& server : servers) {
    if (server.kind != ServerKind::coturn) continue;
    for (const auto& address : first_of_each_family(lab.place(server.name).addresses))
      addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

std::unique_ptr<Server> start_server(EventLoop& loop, const ServerSpec& spec,
                                     const std::vector<ServerSpec>& all, const Lab& lab,
                                     Server::Ready ready) {
  const int network = lab.host(spec.name).network();
  const auto& addresses = lab.place(spec.name).addresses;
  switch (spec.kind) {
    case ServerKind::tinyproxy:
      return start_tinyproxy(loop, network, spec.name, std::move(ready));
    case ServerKind::serve:
      return start_call_server(loop, network, addresses, turn_servers(all, lab), spec.name,
                               std::move(ready));
    case ServerKind::coturn:
      break;
  }
  return start_coturn(loop, network, addresses, spec.name, std::move(ready));
}

void require_installed(ServerKind kind) {
  switch (kind) {
    case ServerKind::coturn:
      return require_coturn();
    case ServerKind::tinyproxy:
      return require_tinyproxy();
    case ServerKind::serve:
      return require_call_page();
  }
}

}  // namespace icelab
