#include "harness/certify/measurement.h"

#include <algorithm>

namespace icelab {
namespace {

/// Two sockets inside, each with a mapping towards the same one outside.
class Conversations {
 public:
  explicit Conversations(Testbed& bed) : bed_(bed) {}

  /// Both sides of each talk, more often than it could be forgotten, until it is older than two
  /// seconds.
  void settle(Duration unanswered) {
    constexpr Duration longest_pause = std::chrono::milliseconds(450);
    constexpr Duration until = std::chrono::milliseconds(2250);
    const Duration pause = std::min(longest_pause, unanswered * 6 / 10);
    for (Duration age{}; age <= until; age += pause) {
      if (age > Duration{}) bed_.advance_clock(pause);
      one_.send(bed_.called_inside(remote_.local()), "are you there?");
      other_.send(bed_.called_inside(remote_.local()), "are you there?");
      if (!one_lives() || !other_lives())
        throw MeasurementError("an answer did not arrive while both sides talked");
    }
  }

  std::string compare_lifetime(Duration claimed) {
    return icelab::compare_lifetime(
        bed_, claimed, [&] { return one_lives(); }, [&] { return other_lives(); });
  }

  /// The one sends, the other receives.
  std::string find_refresh(Duration lifetime) {
    bed_.advance_clock(lifetime * 6 / 10);
    one_.send(bed_.called_inside(remote_.local()), "still here");
    static_cast<void>(other_lives());
    bed_.advance_clock(lifetime * 6 / 10);
    const bool outbound = one_lives();
    const bool inbound = other_lives();
    if (outbound && inbound) return "both";
    if (outbound) return "outbound";
    return inbound ? "inbound" : "none";
  }

 private:
  bool one_lives() { return bed_.arrives(remote_, one_outside_, one_); }
  bool other_lives() { return bed_.arrives(remote_, other_outside_, other_); }

  Testbed& bed_;
  UdpProbe remote_ = bed_.outside_udp(0, p1);
  UdpProbe one_ = bed_.inside_udp(0, first_port);
  UdpProbe other_ = bed_.inside_udp(0, first_port + stride);
  Endpoint one_outside_ = bed_.mapped(one_, remote_);
  Endpoint other_outside_ = bed_.mapped(other_, remote_);
};

}  // namespace

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
  return Conversations(bed).compare_lifetime(claimed);
}

std::string measure_settled_lifetime(Testbed& bed, Duration claimed, Duration unanswered) {
  Conversations conversations(bed);
  conversations.settle(unanswered);
  return conversations.compare_lifetime(claimed);
}

std::string measure_refresh(Testbed& bed, Duration lifetime) {
  return Conversations(bed).find_refresh(lifetime);
}

std::string measure_settled_refresh(Testbed& bed, Duration lifetime, Duration unanswered) {
  Conversations conversations(bed);
  conversations.settle(unanswered);
  return conversations.find_refresh(lifetime);
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
