#include "harness/certify/testbed.h"

#include "src/net/byte_order.h"
#include "src/net/fragments.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace icelab {
namespace {

constexpr int inside_hosts = 2;
constexpr std::uint16_t control_port = 7;        // outside
constexpr std::uint16_t control_source = 30000;  // inside, the first of two

}  // namespace

Endpoint Testbed::outside(int address, std::uint16_t port) {
  return {IpAddress::v4(0xcb00710aU + static_cast<std::uint32_t>(address)), port};
}

Endpoint Testbed::inside(int host, std::uint16_t port) {
  return {IpAddress::v4(0x0a000102U + static_cast<std::uint32_t>(host)), port};
}

std::vector<HostConfig> Testbed::configs() {
  std::vector<HostConfig> configs;
  configs.reserve(inside_hosts + 1);
  for (int host = 0; host < inside_hosts; ++host)
    configs.push_back({.interfaces = {{.addresses = {{inside(host, 0).address, 24}}}}});
  configs.push_back(
      {.interfaces = {{.addresses = {{outside(0, 0).address, 24}, {outside(1, 0).address, 24}}}}});
  return configs;
}

Testbed::Testbed(std::unique_ptr<Box> box)
    : in_real_time_(box->ages_in_real_time()), hosts_(Host::create_all(configs())) {
  Fabric fabric(0);
  const NetworkId lan = fabric.add_network(Fabric::internet(), "box", std::move(box));
  std::vector<Wire> wires;
  wires.reserve(inside_hosts + 1);
  for (int host = 0; host < inside_hosts; ++host) {
    wires.push_back(
        {.host = fabric.add_host(lan, fmt::format("inside{}", host), {inside(host, 0).address}),
         .tun = hosts_[static_cast<size_t>(host)].tun()});
  }
  wires.push_back({.host = fabric.add_host(Fabric::internet(), "outside",
                                           {outside(0, 0).address, outside(1, 0).address}),
                   .tun = outside_.tun()});
  pump_ = std::make_unique<Pump>(std::move(fabric), std::move(wires));
  answering_ = std::make_unique<UdpProbe>(outside_udp(0, control_port));
  for (int host = 0; host < inside_hosts; ++host)
    control_.push_back(inside_udp(host, static_cast<std::uint16_t>(control_source + host)));
  settle();  // now, while the box still has room for it
}

int Testbed::inside_network(int host) const {
  return hosts_.at(static_cast<size_t>(host)).network();
}

UdpProbe Testbed::inside_udp(int host, std::uint16_t port) const {
  return {inside_network(host), inside(host, port)};
}

UdpProbe Testbed::outside_udp(int address, std::uint16_t port) const {
  return {outside_.network(), outside(address, port)};
}

Endpoint Testbed::mapped(const UdpProbe& from, const UdpProbe& receiver) const {
  from.send(receiver.local(), "where am I?");
  settle();
  if (const auto datagram = receiver.poll()) return datagram->from;
  throw MeasurementError(fmt::format("a datagram from {} did not arrive at {}",
                                     from.local().to_string(), receiver.local().to_string()));
}

bool Testbed::arrives(const UdpProbe& from, const Endpoint& aim, const UdpProbe& to) const {
  from.send(aim, "knock");
  settle();
  bool arrived = false;
  while (const auto datagram = to.poll()) arrived = arrived || datagram->data == "knock";
  return arrived;
}

void Testbed::send_fragments_backwards(int host, std::uint16_t port, const Endpoint& to,
                                       std::string_view payload) const {
  constexpr size_t ethernet_mtu = 1500;
  constexpr std::uint16_t identification = 0x1ce1;
  const std::vector<std::uint8_t> content(payload.begin(), payload.end());
  auto bytes = Packet::udp(inside(host, port), to, content).release();
  store16(&bytes[4], identification);  // the kernel computes the header's checksum
  auto fragments = fragment(*Packet::parse(std::move(bytes)), ethernet_mtu);
  std::ranges::reverse(fragments);
  const RawProbe raw(inside_network(host), IPPROTO_RAW);
  for (const auto& each : fragments) raw.send(each);
}

/// There and back, from each inside host: what was sent before, by whichever side, is through
/// before it. Once more, for what kernels answered to that: a SYN's SYN-ACK.
void Testbed::settle() const {
  for (int round = 0; round < 2; ++round) {
    for (const auto& control : control_) {
      control.send(outside(0, control_port), "ping");
      answering_->send(answering_->await("a control datagram").from, "pong");
      static_cast<void>(control.await("the answer to a control datagram"));
    }
  }
}

void Testbed::advance_clock(Duration by) {
  if (in_real_time_) return std::this_thread::sleep_for(by);
  pump_->advance_clock(by);
}

}  // namespace icelab
