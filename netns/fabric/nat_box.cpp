#include "netns/fabric/nat_box.h"

namespace icelab {

Verdict NatBox::pass(Packet& packet, Direction direction, Instant now) {
  const bool translates_ipv6 = !nat_.externals().front().is_v4();
  if (packet.is_ipv6() != translates_ipv6) return Forward{};
  return nat_.translate(packet, direction, now);
}

}  // namespace icelab
