#include "harness/certify/nat_measurement.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint16_t p1 = 3478, p2 = 3479;  // outside
constexpr std::uint16_t first_port = 40001;    // inside
constexpr std::uint16_t stride = 7;            // odd: even ports and odd ones in turn

std::string dependence(const Endpoint& at_a1, const Endpoint& at_a2, const Endpoint& at_b1) {
  if (at_a1 == at_a2 && at_a1 == at_b1) return "endpoint-independent";
  return at_a1 == at_a2 ? "address-dependent" : "address-and-port-dependent";
}

std::string dependence(bool any_address, bool any_port) {
  if (any_address) return "endpoint-independent";
  return any_port ? "address-dependent" : "address-and-port-dependent";
}

struct Sample {
  std::uint16_t internal;
  Endpoint external;
};

/// Where a host's sockets, opened one after the other, appear outside.
std::vector<Sample> sample_ports(const Testbed& bed, int host, int count) {
  const auto receiver = bed.outside_udp(0, p1);
  std::vector<Sample> found;
  for (int i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port + i * stride);
    const auto socket = bed.inside_udp(host, port);
    found.push_back({port, bed.mapped(socket, receiver)});
  }
  return found;
}

/// A TCP connection from inside and the listener outside that took it.
struct Connection {
  TcpProbe inside, outside;
};

Connection connect_out(const Testbed& bed, int host, std::uint16_t port, const TcpProbe& listener) {
  auto inside =
      TcpProbe::connect(bed.inside_network(host), Testbed::inside(host, port), listener.local());
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

std::string measure_tcp_mapping(Testbed& bed) {
  const auto listen = [&](int address, std::uint16_t port) {
    return TcpProbe::listen(bed.outside_network(), Testbed::outside(address, port));
  };
  const auto a1 = listen(0, p1), a2 = listen(0, p2), b1 = listen(1, p1);
  const auto rival = connect_out(bed, 1, first_port, a1);
  const auto at_a1 = connect_out(bed, 0, first_port, a1);
  const auto at_a2 = connect_out(bed, 0, first_port, a2);
  const auto at_b1 = connect_out(bed, 0, first_port, b1);
  return dependence(at_a1.outside.remote(), at_a2.outside.remote(), at_b1.outside.remote());
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

std::string measure_tcp_filtering(Testbed& bed) {
  const auto a1 = TcpProbe::listen(bed.outside_network(), Testbed::outside(0, p1));
  const auto connection = connect_out(bed, 0, first_port, a1);
  const auto inside = TcpProbe::listen(bed.inside_network(0), Testbed::inside(0, first_port));
  const Endpoint external = connection.outside.remote();
  const bool any_address = connects_in(bed, Testbed::outside(1, p1), external);
  return dependence(any_address, connects_in(bed, Testbed::outside(0, p2), external));
}

std::string measure_port_assignment(Testbed& bed, int sockets) {
  const auto found = sample_ports(bed, 0, sockets);
  const auto is_preserved = [](const Sample& sample) {
    return sample.internal == sample.external.port;
  };
  if (std::ranges::all_of(found, is_preserved)) return "preserve";
  // One after the other on each address; where the parity is kept, in steps of up to three.
  constexpr int largest_step = 3;
  std::vector<Endpoint> ends;
  for (const auto& sample : found) {
    const auto last = std::ranges::find(ends, sample.external.address, &Endpoint::address);
    if (last == ends.end()) {
      ends.push_back(sample.external);
      continue;
    }
    const int step = sample.external.port - last->port;
    if (step < 1 || step > largest_step) return "random";
    *last = sample.external;
  }
  return "sequential";
}

std::string measure_port_clash(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1), b1 = bed.outside_udp(1, p1);
  const auto first = bed.inside_udp(0, first_port), second = bed.inside_udp(1, first_port);
  const Endpoint taken = bed.mapped(first, a1);
  const Endpoint elsewhere = bed.mapped(second, b1);
  if (elsewhere == taken) return "shared";
  const int step = elsewhere.port - taken.port;
  return step == 1 || step == 2 ? "next" : "random";
}

std::string measure_port_parity(Testbed& bed, int sockets) {
  const auto found = sample_ports(bed, 0, sockets);
  const auto is_kept = [](const Sample& sample) {
    return sample.internal % 2 == sample.external.port % 2;
  };
  return std::ranges::all_of(found, is_kept) ? "kept" : "not kept";
}

std::string measure_port_block(Testbed& bed, int sockets, int block) {
  // The testbed's own socket has a port of the block as well.
  auto found = sample_ports(bed, 0, std::min(sockets, block - 1));
  // A block is one address's.
  std::erase_if(found, [address = found[0].external.address](const Sample& sample) {
    return sample.external.address != address;
  });
  const auto [least, most] =
      std::ranges::minmax(found, {}, [](const Sample& sample) { return sample.external.port; });
  const bool within = most.external.port - least.external.port < block;
  return fmt::format("{}{}", within ? "" : "more than ", block);
}

std::string measure_pooling(Testbed& bed, int sockets) {
  const auto found = sample_ports(bed, 0, sockets);
  const auto is_first = [&](const Sample& sample) {
    return sample.external.address == found[0].external.address;
  };
  return std::ranges::all_of(found, is_first) ? "paired" : "arbitrary";
}

std::string measure_hairpinning(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto caller = bed.inside_udp(0, first_port), callee = bed.inside_udp(1, first_port + 1);
  const Endpoint caller_outside = bed.mapped(caller, a1);
  const Endpoint callee_outside = bed.mapped(callee, a1);
  callee.send(caller_outside, "let me be called");
  bed.settle();  // hosts have no order among one another
  caller.send(callee_outside, "hello");
  bed.settle();
  while (const auto datagram = callee.poll()) {
    if (datagram->data == "hello")
      return datagram->from == caller.local() ? "internal-source" : "external-source";
  }
  return "none";
}

std::string measure_lifetime(Testbed& bed, Duration claimed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto early = bed.inside_udp(0, first_port), late = bed.inside_udp(0, first_port + stride);
  const Endpoint early_outside = bed.mapped(early, a1), late_outside = bed.mapped(late, a1);
  bed.advance_clock(claimed * 9 / 10);
  if (!bed.arrives(a1, early_outside, early)) return "shorter";
  bed.advance_clock(claimed * 2 / 10);
  if (bed.arrives(a1, late_outside, late)) return "longer";
  return fmt::format("{:g} s", seconds(claimed));
}

std::string measure_refresh(Testbed& bed, Duration lifetime) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto sender = bed.inside_udp(0, first_port),
             receiver = bed.inside_udp(0, first_port + stride);
  const Endpoint sender_outside = bed.mapped(sender, a1);
  const Endpoint receiver_outside = bed.mapped(receiver, a1);
  bed.advance_clock(lifetime * 6 / 10);
  sender.send(a1.local(), "still here");
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

std::string measure_unsolicited_syn(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const Endpoint external = bed.mapped(socket, a1);
  const auto attempt = TcpProbe::connect(bed.outside_network(), Testbed::outside(0, p1), external);
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

std::string measure_icmp_errors(Testbed& bed) {
  const Endpoint nobody = Testbed::outside(0, p1);
  const UdpProbe socket(bed.inside_network(0), Testbed::inside(0, first_port), nobody);
  socket.send(nobody, "is anyone there?");
  bed.settle();
  return socket.was_refused() ? "translated" : "swallowed";
}

std::string measure_fragments(Testbed& bed) {
  constexpr size_t size = 3000;  // two frames of an Ethernet, and some
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const std::string large(size, 'x');
  socket.send(a1.local(), large);
  bed.settle();
  if (!a1.poll()) return "dropped";
  bed.send_fragments_backwards(0, first_port, a1.local(), large);
  bed.settle();
  return a1.poll() ? "reassembled" : "passed";
}

std::string measure_payload(Testbed& bed) {
  const auto a1 = bed.outside_udp(0, p1);
  const auto socket = bed.inside_udp(0, first_port);
  const std::uint32_t own = socket.local().address.v4_bits();
  std::string payload = "my address is ";
  for (const int shift : {24, 16, 8, 0}) payload += static_cast<char>(own >> shift);
  socket.send(a1.local(), payload);
  bed.settle();
  const auto arrived = a1.poll();
  if (!arrived) return "dropped";
  return arrived->data == payload ? "untouched" : "rewritten";
}

std::string measure_mappings(Testbed& bed, int most) {
  constexpr int at_once = 32;
  const auto a1 = bed.outside_udp(0, p1);
  std::vector<UdpProbe> sockets;
  int mappings = 1;  // the testbed's own
  for (int i = 0; i < most + 1; ++i) {
    sockets.push_back(bed.inside_udp(0, static_cast<std::uint16_t>(first_port + i)));
    sockets.back().send(a1.local(), "one more");
    if (i % at_once != 0 && i != most) continue;
    bed.settle();  // a socket has no room for all of them
    while (a1.poll()) ++mappings;
  }
  return mappings > most ? fmt::format("more than {}", most) : std::to_string(mappings);
}

}  // namespace icelab
