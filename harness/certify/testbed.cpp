#include "harness/certify/testbed.h"

#include "harness/certify/raw_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace icelab {
namespace {

constexpr int inside_hosts = 2;
// By these the hosts speak past the box: TEST-NET-2 (RFC 5737).
constexpr std::uint16_t control_port = 7;

IpAddress control_address(int host) {
  return IpAddress::v4(0xc6336464U + static_cast<std::uint32_t>(host));  // 198.51.100.100
}
bool is_control_address(const IpAddress& address) {
  return address.is_v4() && address.v4_bits() - control_address(0).v4_bits() <= inside_hosts;
}

/// A box, and beside it a way for what the testbed itself has to say: in order with everything
/// else, and nothing that the box would ever know of.
class SideDoor final : public Box {
 public:
  explicit SideDoor(std::unique_ptr<Box> box) : box_(std::move(box)) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override {
    if (is_control_address(packet.destination().address)) return Forward{};
    return box_->pass(packet, direction, now);
  }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override {
    return box_->external_addresses();
  }
  [[nodiscard]] std::span<const IpPrefix> external_prefixes() const override {
    return box_->external_prefixes();
  }
  [[nodiscard]] bool is_transparent_for(const IpAddress& inside) const override {
    return is_control_address(inside) || box_->is_transparent_for(inside);
  }
  [[nodiscard]] bool is_router() const override { return box_->is_router(); }
  [[nodiscard]] bool ages_in_real_time() const override { return box_->ages_in_real_time(); }

 private:
  std::unique_ptr<Box> box_;
};

InterfaceAddress whole_network(const IpAddress& address) {
  return {address, address.is_v4() ? 24 : 64};
}

}  // namespace

Endpoint Testbed::outside(int address, std::uint16_t port) const {
  return {setting_.outside.at(static_cast<size_t>(address)), port};
}

Endpoint Testbed::inside(int host, std::uint16_t port) const {
  return {setting_.inside.at(static_cast<size_t>(host)), port};
}

std::vector<HostConfig> Testbed::configs() const {
  std::vector<HostConfig> configs;
  configs.reserve(inside_hosts + 1);
  for (int host = 0; host < inside_hosts; ++host) {
    configs.push_back({.interfaces = {{.addresses = {whole_network(inside(host, 0).address),
                                                     {control_address(host), 32}}}}});
  }
  configs.push_back({.interfaces = {{.addresses = {whole_network(outside(0, 0).address),
                                                   whole_network(outside(1, 0).address),
                                                   {control_address(inside_hosts), 32}}}}});
  return configs;
}

Testbed::Testbed(const Setting& setting, std::unique_ptr<Box> box)
    : setting_(setting),
      in_real_time_(box->ages_in_real_time()),
      hosts_(Host::create_all(configs())) {
  Fabric fabric(0);
  NetworkId lan = Fabric::internet();
  if (setting.has_nat64)
    lan = fabric.add_network(lan, "nat64", std::make_unique<SideDoor>(make_outer_nat64()));
  lan = fabric.add_network(lan, "box", std::make_unique<SideDoor>(std::move(box)));
  std::vector<Wire> wires;
  wires.reserve(inside_hosts + 1);
  const auto attach = [&](NetworkId network, const std::string& name, const Host& host,
                          const std::vector<IpAddress>& addresses) {
    wires.push_back({.host = fabric.add_host(network, name, addresses), .tun = host.tun()});
  };
  for (int host = 0; host < inside_hosts; ++host) {
    attach(lan, fmt::format("inside{}", host), hosts_[static_cast<size_t>(host)],
           {inside(host, 0).address, control_address(host)});
  }
  attach(Fabric::internet(), "outside", outside_,
         {outside(0, 0).address, outside(1, 0).address, control_address(inside_hosts)});
  pump_ = std::make_unique<Pump>(std::move(fabric), std::move(wires));
  const auto control = [](const Host& host, int number) {
    return UdpProbe(host.network(), {control_address(number), control_port});
  };
  answering_ = std::make_unique<UdpProbe>(control(outside_, inside_hosts));
  for (int host = 0; host < inside_hosts; ++host)
    control_.push_back(control(hosts_[static_cast<size_t>(host)], host));
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
  from.send(called_inside(receiver.local()), "where am I?");
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
  const std::vector<std::uint8_t> content(payload.begin(), payload.end());
  auto fragments = in_fragments(Packet::udp(inside(host, port), to, content));
  std::ranges::reverse(fragments);
  const RawProbe raw(inside_network(host), inside(host, 0).address);
  for (const auto& each : fragments) raw.send(each);
}

/// There and back, from each inside host: what was sent before, by whichever side, is through
/// before it. Once more, for what kernels answered to that: a SYN's SYN-ACK.
void Testbed::settle() const {
  for (int round = 0; round < 2; ++round) {
    for (const auto& control : control_) {
      control.send(answering_->local(), "ping");
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
