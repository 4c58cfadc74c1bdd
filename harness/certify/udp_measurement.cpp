#include "harness/certify/measurement.h"

namespace icelab {

std::string measure_udp_mapping(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1), a2 = bed.outside_udp(0, p2), b1 = bed.outside_udp(1, p1);
  const auto rival = bed.inside_udp(1, first_port);
  static_cast<void>(bed.mapped(rival, a1));
  const auto socket = bed.inside_udp(0, first_port);
  const Endpoint at_a1 = bed.mapped(socket, a1);
  const Endpoint at_a2 = bed.mapped(socket, a2);
  return dependence(at_a1, at_a2, bed.mapped(socket, b1));
}

std::string measure_udp_filtering(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1), a2 = bed.outside_udp(0, p2), b1 = bed.outside_udp(1, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const Endpoint external = bed.mapped(socket, a1);
  // The stranger first: what it is refused is not what its neighbour has been granted.
  const bool any_address = bed.arrives(b1, external, socket);
  const bool any_port = bed.arrives(a2, external, socket);
  if (!bed.arrives(a1, external, socket)) return "nobody, not even who was sent to";
  return dependence(any_address, any_port);
}

std::string measure_hairpinning(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto caller = bed.inside_udp(0, first_port), callee = bed.inside_udp(1, first_port + 1);
  const Endpoint caller_outside = bed.mapped(caller, a1);
  const Endpoint callee_outside = bed.mapped(callee, a1);
  callee.send(bed.called_inside(caller_outside), "let me be called");
  bed.settle();  // hosts have no order among one another
  caller.send(bed.called_inside(callee_outside), "hello");
  bed.settle();
  while (const auto datagram = callee.poll()) {
    if (datagram->data == "hello")
      return datagram->from == caller.local() ? "internal-source" : "external-source";
  }
  return "none";
}

std::string measure_lifetime(Testbed& bed, Duration claimed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto one = bed.inside_udp(0, first_port), other = bed.inside_udp(0, first_port + stride);
  const Endpoint one_outside = bed.mapped(one, a1), other_outside = bed.mapped(other, a1);
  return compare_lifetime(
      bed, claimed, [&] { return bed.arrives(a1, one_outside, one); },
      [&] { return bed.arrives(a1, other_outside, other); });
}

std::string measure_stream_lifetime(Testbed& bed, Duration claimed) {
  constexpr auto until_stream = std::chrono::milliseconds(2200);
  const auto a1 = bed.outside_udp(0, p1);
  const auto one = bed.inside_udp(0, first_port), other = bed.inside_udp(0, first_port + stride);
  const Endpoint one_outside = bed.mapped(one, a1), other_outside = bed.mapped(other, a1);
  const auto answer_both = [&] {
    return bed.arrives(a1, one_outside, one) && bed.arrives(a1, other_outside, other);
  };
  if (!answer_both()) return "nothing, not even at once";
  bed.advance_clock(until_stream);
  if (!answer_both()) return "nothing, not even for two seconds";
  return compare_lifetime(
      bed, claimed, [&] { return bed.arrives(a1, one_outside, one); },
      [&] { return bed.arrives(a1, other_outside, other); });
}

std::string measure_refresh(Testbed& bed, Duration lifetime) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto sender = bed.inside_udp(0, first_port),
             receiver = bed.inside_udp(0, first_port + stride);
  const Endpoint sender_outside = bed.mapped(sender, a1);
  const Endpoint receiver_outside = bed.mapped(receiver, a1);
  bed.advance_clock(lifetime * 6 / 10);
  sender.send(bed.called_inside(a1.local()), "still here");
  static_cast<void>(bed.arrives(a1, receiver_outside, receiver));
  bed.advance_clock(lifetime * 6 / 10);
  const bool outbound = bed.arrives(a1, sender_outside, sender);
  const bool inbound = bed.arrives(a1, receiver_outside, receiver);
  if (outbound && inbound) return "both";
  if (outbound) return "outbound";
  return inbound ? "inbound" : "none";
}

std::string measure_early_packet(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto other = bed.inside_udp(0, first_port);
  const IpAddress external = bed.mapped(other, a1).address;
  const Endpoint expected{external, first_port + stride};
  a1.send(expected, "too early");
  bed.settle();
  const auto socket = bed.inside_udp(0, expected.port);
  const Endpoint mapped = bed.mapped(socket, a1);
  if (mapped != expected) return "steals-port";
  return bed.arrives(a1, mapped, socket) ? "ignored" : "blocks-source";
}

std::string measure_fragments(Testbed& bed) {
  constexpr size_t size = 3000;  // two frames of an Ethernet, and some
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const std::string large(size, 'x');
  socket.send(bed.called_inside(a1.local()), large);
  bed.settle();
  if (!a1.poll()) return "dropped";
  bed.send_fragments_backwards(0, first_port, bed.called_inside(a1.local()), large);
  bed.settle();
  return a1.poll() ? "reassembled" : "passed";
}

std::string measure_payload(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const auto own = socket.local().address.bytes();  // of IPv4 the last four
  std::string payload = "my address is ";
  payload.append(own.begin() + (socket.local().address.is_v4() ? 12 : 0), own.end());
  socket.send(bed.called_inside(a1.local()), payload);
  bed.settle();
  const auto arrived = a1.poll();
  if (!arrived) return "dropped";
  return arrived->data == payload ? "untouched" : "rewritten";
}

}  // namespace icelab
