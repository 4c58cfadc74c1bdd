#include "harness/lab/servers.h"

#include "harness/lab/coturn.h"
#include "harness/lab/tinyproxy.h"

#include <utility>

namespace icelab {

std::unique_ptr<Server> start_server(EventLoop& loop, const ServerSpec& spec, const Lab& lab,
                                     Server::Ready ready) {
  const int network = lab.host(spec.name).network();
  switch (spec.kind) {
    case ServerKind::tinyproxy:
      return start_tinyproxy(loop, network, spec.name, std::move(ready));
    case ServerKind::coturn:
      break;
  }
  return start_coturn(loop, network, lab.place(spec.name).addresses, spec.name, std::move(ready));
}

void require_installed(ServerKind kind) {
  switch (kind) {
    case ServerKind::coturn:
      return require_coturn();
    case ServerKind::tinyproxy:
      return require_tinyproxy();
  }
}

}  // namespace icelab
