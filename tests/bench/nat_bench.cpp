// Packets a second of Nat::translate on one core. Translating rewrites a packet, so each iteration
// also puts the packet back as it was: the figures include that second rewrite.

#include "netns/fabric/nat.h"
#include "tests/support/packets.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace icelab {
namespace {

using namespace std::chrono_literals;

const IpAddress external = "203.0.113.21"_address;
constexpr NatBehavior port_restricted{.filtering = Dependence::address_and_port_dependent};
constexpr NatBehavior symmetric{.mapping = Dependence::address_and_port_dependent,
                                .filtering = Dependence::address_and_port_dependent};
constexpr std::size_t payload_size = 172;  // 20 ms of telephone speech and its RTP header

struct Flow {
  Endpoint internal;
  Endpoint remote;
  Endpoint mapped;
  Packet outbound;
  Packet inbound;
};

/// Hosts of one network, each talking to four remote endpoints through a NAT that knows them
/// already.
std::vector<Flow> make_flows(Nat& nat, std::uint32_t mappings, Instant now) {
  const std::string payload(payload_size, 'x');
  std::vector<Flow> flows;
  for (std::uint32_t i = 0; i < mappings * 4; ++i) {
    const Endpoint internal{IpAddress::v4(0x0a000202 + i / 4 % 10),
                            static_cast<std::uint16_t>(5000 + i / 40)};
    const Endpoint remote{IpAddress::v4(0xcb00710a + i % 4),
                          static_cast<std::uint16_t>(3478 + i % 7)};
    Packet packet = udp_packet(internal, remote, payload);
    nat.translate(packet, Direction::outbound, now);
    const Endpoint mapped = packet.source();
    flows.push_back({internal, remote, mapped, udp_packet(internal, remote, payload),
                     udp_packet(remote, mapped, payload)});
  }
  return flows;
}

void must_forward(benchmark::State& state, const Verdict& verdict) {
  if (!std::holds_alternative<Forward>(verdict)) state.SkipWithError("a packet was dropped");
}

void count_packets(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations());  // shown as items_per_second
}

void both_directions(benchmark::State& state, const NatBehavior& behavior) {
  Instant now{1h};
  Nat nat(behavior, {external}, 1);
  auto flows = make_flows(nat, static_cast<std::uint32_t>(state.range(0)), now);
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    now += 1us;
    Flow& flow = flows[i / 2 % flows.size()];
    if (i % 2 == 0) {
      must_forward(state, nat.translate(flow.outbound, Direction::outbound, now));
      flow.outbound.set_source(flow.internal);
    } else {
      must_forward(state, nat.translate(flow.inbound, Direction::inbound, now));
      flow.inbound.set_destination(flow.mapped);
    }
    ++i;
  }
  count_packets(state);
}

void outbound(benchmark::State& state) {
  Instant now{1h};
  Nat nat(port_restricted, {external}, 1);
  auto flows = make_flows(nat, 100, now);
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    now += 1us;
    Flow& flow = flows[i++ % flows.size()];
    must_forward(state, nat.translate(flow.outbound, Direction::outbound, now));
    flow.outbound.set_source(flow.internal);
  }
  count_packets(state);
}

void inbound(benchmark::State& state) {
  const Instant now{1h};
  Nat nat(port_restricted, {external}, 1);
  auto flows = make_flows(nat, 100, now);
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    Flow& flow = flows[i++ % flows.size()];
    must_forward(state, nat.translate(flow.inbound, Direction::inbound, now));
    flow.inbound.set_destination(flow.mapped);
  }
  count_packets(state);
}

/// Every packet makes a mapping, in the place of one that expired.
void new_mappings(benchmark::State& state) {
  Instant now{1h};
  Nat nat(symmetric, {external}, 1);
  Packet packet = udp_packet("10.0.2.2:5000"_endpoint, "203.0.113.10:3478"_endpoint, "x");
  std::uint32_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    now += 100ms;  // 3000 live mappings
    packet.set_source("10.0.2.2:5000"_endpoint);
    packet.set_destination({IpAddress::v4(0xc6336400 + i % 50000), 3478});
    ++i;
    must_forward(state, nat.translate(packet, Direction::outbound, now));
  }
  count_packets(state);
}

/// Unsolicited packets to a mapping: the price of saying why.
void drops(benchmark::State& state) {
  const Instant now{1h};
  Nat nat(port_restricted, {external}, 1);
  const auto flows = make_flows(nat, 100, now);
  Packet stranger = udp_packet("198.51.100.7:9"_endpoint, flows[0].mapped, "x");
  for ([[maybe_unused]] auto _ : state) {
    const Verdict verdict = nat.translate(stranger, Direction::inbound, now);
    if (std::holds_alternative<Forward>(verdict)) state.SkipWithError("a stranger came in");
  }
  count_packets(state);
}

BENCHMARK_CAPTURE(both_directions, port_restricted, port_restricted)->Arg(100)->Arg(10000);
BENCHMARK_CAPTURE(both_directions, symmetric, symmetric)->Arg(100);
BENCHMARK(outbound);
BENCHMARK(inbound);
BENCHMARK(new_mappings);
BENCHMARK(drops);

}  // namespace
}  // namespace icelab
