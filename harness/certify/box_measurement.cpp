#include "harness/certify/box_measurement.h"

#include "harness/certify/measurement.h"
#include "harness/certify/raw_socket.h"
#include "src/net/prefix.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <vector>

namespace icelab {
namespace {

std::string describe_ports(std::span<const std::uint16_t> asked,
                           const std::vector<std::uint16_t>& open) {
  if (open.size() == asked.size()) return "all";
  return open.empty() ? "none" : fmt::format("{}", fmt::join(open, ", "));
}

std::string describe_refusal(TcpProbe::Progress progress) {
  switch (progress) {
    case TcpProbe::Progress::pending:
      return "dropped";
    case TcpProbe::Progress::refused:
    case TcpProbe::Progress::unreachable:
      return "rejected";
    case TcpProbe::Progress::connected:
      break;
  }
  return "allowed";
}

/// What becomes of a datagram that `from`, connected, sends to `to`.
std::string describe_fate(const Testbed& bed, const UdpProbe& from, const Endpoint& aim,
                          const UdpProbe& to) {
  if (bed.arrives(from, aim, to)) return "allowed";
  return from.was_refused() ? "rejected" : "dropped";
}

/// Whether the reply to an echo request comes back to where it was sent from.
std::string ping(const Testbed& bed, int network, const IpAddress& from, const IpAddress& to) {
  const RawProbe socket(network, from, Protocol::icmp);
  socket.send(echo(EchoKind::request, first_port, from, to));
  bed.settle();
  while (const auto packet = socket.poll()) {
    if (packet->has_ports() && !packet->is_echo_request()) return "allowed";
  }
  return "blocked";
}

std::uint32_t sum_of(const IpAddress& address) {
  std::uint32_t sum = 0;
  const auto bytes = address.bytes();
  for (size_t i = 0; i < bytes.size(); i += 2) sum += bytes[i] * 256U + bytes[i + 1];
  return sum % 0xffff;  // one's complement, in which both zeros are one
}

/// Whether somebody has connected by now.
bool has_connection(const TcpProbe& listener) {
  try {
    static_cast<void>(listener.accept());
    return true;
  } catch (const MeasurementError&) {
    return false;
  }
}

}  // namespace

std::string measure_outgoing_udp(Testbed& bed, std::span<const std::uint16_t> ports) {
  const auto socket = bed.inside_udp(0, first_port);
  std::vector<std::uint16_t> open;
  for (const auto port : ports) {
    const auto receiver = bed.outside_udp(0, port);
    if (bed.arrives(socket, bed.called_inside(receiver.local()), receiver)) open.push_back(port);
  }
  return describe_ports(ports, open);
}

std::string measure_outgoing_tcp(Testbed& bed, std::span<const std::uint16_t> ports) {
  std::vector<std::uint16_t> open;
  for (const auto port : ports) {
    const auto listener = TcpProbe::listen(bed.outside_network(), bed.outside(0, port));
    const auto attempt = TcpProbe::connect(bed.inside_network(0), bed.inside(0, first_port),
                                           bed.called_inside(listener.local()));
    bed.settle();
    // Someone else may have answered in its place.
    if (attempt.progress() == TcpProbe::Progress::connected && has_connection(listener))
      open.push_back(port);
  }
  return describe_ports(ports, open);
}

std::string measure_captive_portal(Testbed& bed) {
  constexpr std::uint16_t http = 80;
  const auto listener = TcpProbe::listen(bed.outside_network(), bed.outside(0, http));
  const auto visitor = TcpProbe::connect(bed.inside_network(0), bed.inside(0, first_port),
                                         bed.called_inside(listener.local()));
  bed.settle();
  if (visitor.progress() != TcpProbe::Progress::connected || has_connection(listener))
    return "none";
  visitor.send("GET / HTTP/1.1\r\nHost: server.example\r\n\r\n");
  visitor.await("a page");
  return visitor.received().find(" 302 ") == std::string::npos ? "another page" : "redirects";
}

std::string measure_outgoing_udp_refusal(Testbed& bed, std::uint16_t port) {
  const auto receiver = bed.outside_udp(0, port);
  const Endpoint aim = bed.called_inside(receiver.local());
  const UdpProbe socket(bed.inside_network(0), bed.inside(0, first_port), aim);
  return describe_fate(bed, socket, aim, receiver);
}

std::string measure_outgoing_tcp_refusal(Testbed& bed, std::uint16_t port) {
  const auto listener = TcpProbe::listen(bed.outside_network(), bed.outside(0, port));
  const auto attempt = TcpProbe::connect(bed.inside_network(0), bed.inside(0, first_port),
                                         bed.called_inside(listener.local()));
  bed.settle();
  return describe_refusal(attempt.progress());
}

std::string measure_outgoing_echo(Testbed& bed) {
  return ping(bed, bed.inside_network(0), bed.inside(0, 0).address,
              bed.called_inside(bed.outside(0, 0)).address);
}

std::string measure_incoming_echo(Testbed& bed, const IpAddress& aim) {
  return ping(bed, bed.outside_network(), bed.outside(0, 0).address, aim);
}

std::string measure_incoming_udp(Testbed& bed, const IpAddress& aim) {
  const auto receiver = bed.inside_udp(0, first_port);
  const Endpoint called{aim, first_port};
  const UdpProbe stranger(bed.outside_network(), bed.outside(1, p1), called);
  return describe_fate(bed, stranger, called, receiver);
}

std::string measure_incoming_tcp(Testbed& bed, const IpAddress& aim) {
  const auto listener = TcpProbe::listen(bed.inside_network(0), bed.inside(0, first_port));
  const auto attempt =
      TcpProbe::connect(bed.outside_network(), bed.outside(1, p1), {aim, first_port});
  bed.settle();
  return describe_refusal(attempt.progress());
}

IpAddress external_address(const Testbed& bed) {
  return bed.mapped(bed.inside_udp(0, first_port - 1), bed.outside_udp(0, p2)).address;
}

std::string measure_prefix(Testbed& bed, int bits) {
  auto bytes = external_address(bed).bytes();
  std::fill(bytes.begin() + bits / 8, bytes.end(), std::uint8_t{0});
  return IpPrefix{IpAddress::v6(bytes), bits}.to_string();
}

std::string measure_addresses(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1), b1 = bed.outside_udp(1, p1);
  std::set<IpAddress> of_all;
  for (const int host : {0, 1}) {
    std::set<IpAddress> own;
    for (const int port : {0, 1}) {
      const auto socket = bed.inside_udp(host, static_cast<std::uint16_t>(first_port + port));
      own.insert({bed.mapped(socket, a1).address, bed.mapped(socket, b1).address});
    }
    if (own.size() != 1) return "varies";
    if (!of_all.insert(*own.begin()).second) return "shared";
  }
  return "one each";
}

std::string measure_ports(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  for (const int host : {0, 1}) {  // the same ports of both
    for (int i = 0; i < 4; ++i) {
      const auto port = spread_port(first_port, i);
      if (bed.mapped(bed.inside_udp(host, port), a1).port != port) return "translated";
    }
  }
  return "untouched";
}

std::string measure_checksum(Testbed& bed) {
  return sum_of(external_address(bed)) == sum_of(bed.inside(0, 0).address) ? "neutral" : "changed";
}

std::string measure_memory(Testbed& bed) {
  const IpAddress external = external_address(bed);
  bed.advance_clock(std::chrono::hours(24));
  return measure_incoming_udp(bed, external) == "allowed" ? "none needed" : "forgotten";
}

std::string measure_udp_round_trip(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const Endpoint external = bed.mapped(socket, a1);
  a1.send(external, "answer");
  bed.settle();
  const auto answer = socket.poll();
  if (!answer) return "no answer";
  return answer->from == bed.called_inside(a1.local()) ? "both ways" : "answered by another";
}

std::string measure_tcp_round_trip(Testbed& bed) {
  const auto listener = TcpProbe::listen(bed.outside_network(), bed.outside(0, p1));
  const auto inside = TcpProbe::connect(bed.inside_network(0), bed.inside(0, first_port),
                                        bed.called_inside(listener.local()));
  bed.settle();
  const auto outside = listener.accept();
  inside.send("question");
  outside.send("answer");
  bed.settle();
  if (outside.received() != "question") return "no question";
  return inside.received() == "answer" ? "both ways" : "no answer";
}

}  // namespace icelab
