#include "netns/fabric/firewall_behavior.h"

#include <algorithm>

namespace icelab {

bool AllowedPorts::allows(std::uint16_t port) const {
  return all || std::ranges::find(some, port) != some.end();
}

}  // namespace icelab
