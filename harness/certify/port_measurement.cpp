#include "harness/certify/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace icelab {
namespace {

struct Sample {
  std::uint16_t internal;
  Endpoint external;
};

/// Where a host's sockets, opened one after the other, appear outside.
std::vector<Sample> sample_ports(const Testbed& bed, int host, int count) {
  const auto receiver = bed.outside_udp(0, p1);
  std::vector<Sample> found;
  for (int i = 0; i < count; ++i) {
    const auto port = spread_port(first_port, i);
    const auto socket = bed.inside_udp(host, port);
    found.push_back({port, bed.mapped(socket, receiver)});
  }
  return found;
}

/// The blocks in which a host's ports lie.
std::set<int> blocks_of(const std::vector<Sample>& samples, std::uint16_t first, int block) {
  std::set<int> blocks;
  for (const auto& sample : samples) blocks.insert((sample.external.port - first) / block);
  return blocks;
}

constexpr int at_once = 32;  // a socket has no room for many more

}  // namespace

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
  auto found = sample_ports(bed, 0, std::min(sockets, block));
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

std::string measure_mappings(Testbed& bed, int most) {
  const auto a1 = bed.outside_udp(0, p1);
  int mappings = 0;
  for (int i = 0; i < most + 1; ++i) {
    bed.inside_udp(0, static_cast<std::uint16_t>(first_port + i))
        .send(bed.called_inside(a1.local()), "one more");
    if (i % at_once != 0 && i != most) continue;
    bed.settle();
    while (a1.poll()) ++mappings;
  }
  return mappings > most ? fmt::format("more than {}", most) : std::to_string(mappings);
}

std::string measure_second_port_block(Testbed& bed, std::uint16_t first, int block) {
  const auto own = sample_ports(bed, 0, block + block / 2);
  const auto of_neighbor = sample_ports(bed, 1, 3);
  const auto blocks = blocks_of(own, first, block);
  for (const int each : blocks_of(of_neighbor, first, block)) {
    const bool same_address = own[0].external.address == of_neighbor[0].external.address;
    if (same_address && blocks.contains(each)) return "shared with a neighbor";
  }
  return blocks.size() == 2 ? "one more, its own" : fmt::format("{} in all", blocks.size());
}

std::string measure_port_exhaustion(Testbed& bed, int ports) {
  const auto a1 = bed.outside_udp(0, p1), b1 = bed.outside_udp(1, p1);
  std::set<Endpoint> seen;
  const int attempts = ports + at_once;
  for (int i = 0; i < attempts; ++i) {
    for (const int host : {0, 1}) {
      bed.inside_udp(host, static_cast<std::uint16_t>(first_port + i))
          .send(bed.called_inside(a1.local()), "one more");
    }
    if (i % (at_once / 2) != 0 && i + 1 != attempts) continue;
    bed.settle();
    while (const auto datagram = a1.poll()) seen.insert(datagram->from);
  }
  const auto late = bed.inside_udp(0, first_port - 1);
  late.send(bed.called_inside(b1.local()), "another destination");
  bed.settle();
  const bool shares = b1.poll().has_value();
  const int count = static_cast<int>(seen.size());
  if (count > ports) return fmt::format("more than {}", ports);
  return fmt::format("{}, then {}", count, shares ? "shared" : "none");
}

}  // namespace icelab
