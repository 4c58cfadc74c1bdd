#include "harness/certify/measurement.h"
#include "harness/certify/raw_socket.h"
#include "src/net/answers.h"

namespace icelab {
namespace {

/// A TCP connection from inside and the listener outside that took it.
struct Connection {
  TcpProbe inside, outside;
};

Connection connect_out(const Testbed& bed, int host, std::uint16_t port, const TcpProbe& listener) {
  auto inside = TcpProbe::connect(bed.inside_network(host), bed.inside(host, port),
                                  bed.called_inside(listener.local()));
  bed.settle();
  auto outside = listener.accept();
  return {std::move(inside), std::move(outside)};
}

/// Whether a connection from outside gets through; someone inside listens.
bool connects_in(const Testbed& bed, const Endpoint& from, const Endpoint& aim) {
  const auto attempt = TcpProbe::connect(bed.outside_network(), from, aim);
  bed.settle();
  return attempt.progress() == TcpProbe::Progress::connected;
}

/// A connection that is asked for from inside, and nobody outside says anything.
struct Unanswered {
  TcpProbe listener, inside;
  Packet syn;  // as it came to the listener
};

Unanswered ask_in_vain(const Testbed& bed) {
  const RawProbe arrivals(bed.outside_network(), bed.outside(0, 0).address, Protocol::tcp);
  auto listener = TcpProbe::stay_silent(bed.outside_network(), bed.outside(0, p1), p2);
  auto inside = TcpProbe::connect(bed.inside_network(0), bed.inside(0, first_port),
                                  bed.called_inside(listener.local()));
  bed.settle();
  while (auto packet = arrivals.poll()) {
    const bool is_own = packet->source().address == listener.local().address;
    if (!is_own && packet->destination() == listener.local())
      return {std::move(listener), std::move(inside), std::move(*packet)};
  }
  throw MeasurementError("a SYN did not arrive");
}

}  // namespace

std::string measure_tcp_mapping(Testbed& bed) {
  const auto listen = [&](int address, std::uint16_t port) {
    return TcpProbe::listen(bed.outside_network(), bed.outside(address, port));
  };
  const auto a1 = listen(0, p1), a2 = listen(0, p2), b1 = listen(1, p1);
  const auto rival = connect_out(bed, 1, first_port, a1);
  const auto at_a1 = connect_out(bed, 0, first_port, a1);
  const auto at_a2 = connect_out(bed, 0, first_port, a2);
  const auto at_b1 = connect_out(bed, 0, first_port, b1);
  return dependence(at_a1.outside.remote(), at_a2.outside.remote(), at_b1.outside.remote());
}

std::string measure_tcp_filtering(Testbed& bed) {
  const auto a1 = TcpProbe::listen(bed.outside_network(), bed.outside(0, p1));
  const auto connection = connect_out(bed, 0, first_port, a1);
  const auto inside = TcpProbe::listen(bed.inside_network(0), bed.inside(0, first_port));
  const Endpoint external = connection.outside.remote();
  const bool any_address = connects_in(bed, bed.outside(1, p1), external);
  return dependence(any_address, connects_in(bed, bed.outside(0, p2), external));
}

std::string measure_unsolicited_syn(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const Endpoint external = bed.mapped(socket, a1);
  const auto attempt = TcpProbe::connect(bed.outside_network(), bed.outside(0, p1), external);
  bed.settle();
  switch (attempt.progress()) {
    case TcpProbe::Progress::pending:
      return "drop";
    case TcpProbe::Progress::refused:
      return "reset";
    case TcpProbe::Progress::unreachable:
      return "icmp-unreachable";
    case TcpProbe::Progress::connected:
      break;
  }
  return "connected";
}

std::string measure_tcp_established_lifetime(Testbed& bed, Duration claimed) {
  const auto a1 = TcpProbe::listen(bed.outside_network(), bed.outside(0, p1));
  const auto one = connect_out(bed, 0, first_port, a1);
  const auto other = connect_out(bed, 0, first_port + stride, a1);
  const auto carries_data = [&](const Connection& connection) {
    connection.outside.send("still there?");
    bed.settle();
    return !connection.inside.received().empty();
  };
  return compare_lifetime(
      bed, claimed, [&] { return carries_data(one); }, [&] { return carries_data(other); });
}

/// A connection that has been reset: its endpoints may be used once more as long as their mapping
/// lives.
std::string measure_tcp_transitory_lifetime(Testbed& bed, Duration claimed) {
  const auto a1 = TcpProbe::listen(bed.outside_network(), bed.outside(0, p1));
  auto one = connect_out(bed, 0, first_port, a1);
  auto other = connect_out(bed, 0, first_port + stride, a1);
  const Endpoint one_outside = one.outside.remote(), other_outside = other.outside.remote();
  const Endpoint one_inside = one.inside.local(), other_inside = other.inside.local();
  one.inside.reset();
  other.inside.reset();
  bed.settle();
  const auto one_listens = TcpProbe::listen(bed.inside_network(0), one_inside);
  const auto other_listens = TcpProbe::listen(bed.inside_network(0), other_inside);
  return compare_lifetime(
      bed, claimed, [&] { return connects_in(bed, a1.local(), one_outside); },
      [&] { return connects_in(bed, a1.local(), other_outside); });
}

std::string measure_simultaneous_open(Testbed& bed) {
  const auto unanswered = ask_in_vain(bed);
  const auto crossing = TcpProbe::connect(bed.outside_network(), unanswered.listener.local(),
                                          unanswered.syn.source());
  bed.settle();
  const bool opened = crossing.progress() == TcpProbe::Progress::connected &&
                      unanswered.inside.progress() == TcpProbe::Progress::connected;
  return opened ? "supported" : "refused";
}

std::string measure_icmp_errors_for_tcp(Testbed& bed) {
  const auto unanswered = ask_in_vain(bed);
  const RawProbe outside(bed.outside_network(), unanswered.listener.local().address);
  outside.send(unreachable(unanswered.syn, unanswered.listener.local().address, Unreachable::host));
  bed.settle();
  return unanswered.inside.progress() == TcpProbe::Progress::unreachable ? "translated"
                                                                         : "swallowed";
}

}  // namespace icelab
