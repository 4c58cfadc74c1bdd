#include "harness/certify/measurement.h"
#include "harness/certify/raw_socket.h"

namespace icelab {
namespace {

/// Whether an echo reply to this external endpoint gets in.
bool reply_arrives(const Testbed& bed, const RawProbe& outside, const Endpoint& external,
                   const RawProbe& inside) {
  outside.send(echo(EchoKind::reply, external.port, bed.outside(0, 0).address, external.address));
  bed.settle();
  return inside.poll().has_value();
}

/// Where an echo request appears outside; it is answered by that host's kernel.
Endpoint mapped_query(const Testbed& bed, const RawProbe& inside, std::uint16_t identifier,
                      const RawProbe& outside) {
  inside.send(echo(EchoKind::request, identifier, bed.inside(0, 0).address,
                   bed.called_inside(bed.outside(0, 0)).address));
  bed.settle();
  while (inside.poll()) continue;
  while (const auto packet = outside.poll()) {
    if (packet->is_echo_request()) return packet->source();
  }
  throw MeasurementError("an echo request did not arrive");
}

}  // namespace

std::string measure_icmp_errors(Testbed& bed) {
  const Endpoint nobody = bed.called_inside(bed.outside(0, p1));
  const UdpProbe socket(bed.inside_network(0), bed.inside(0, first_port), nobody);
  socket.send(nobody, "is anyone there?");
  bed.settle();
  return socket.was_refused() ? "translated" : "swallowed";
}

std::string measure_icmp_lifetime(Testbed& bed, Duration claimed) {
  const RawProbe inside(bed.inside_network(0), bed.inside(0, 0).address, Protocol::icmp);
  const RawProbe outside(bed.outside_network(), bed.outside(0, 0).address, Protocol::icmp);
  const Endpoint one = mapped_query(bed, inside, first_port, outside);
  const Endpoint other = mapped_query(bed, inside, first_port + stride, outside);
  return compare_lifetime(
      bed, claimed, [&] { return reply_arrives(bed, outside, one, inside); },
      [&] { return reply_arrives(bed, outside, other, inside); });
}

}  // namespace icelab
