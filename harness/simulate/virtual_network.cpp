#include "harness/simulate/virtual_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace icelab {
namespace {

/// About a connectivity check's.
constexpr size_t payload_size = 100;

std::string_view text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

VirtualNetwork::VirtualNetwork(const Topology& topology, unsigned seed) : layout_(seed, 0) {
  layout_.add(topology);
  auto wire = layout_.wires.begin();
  for (size_t i = 0; i < layout_.places.size(); ++i) {
    for (const auto& interface : layout_.configs[i].interfaces) {
      for (const auto& each : interface.addresses) hosts_.emplace(each.address, wire->host);
      names_.emplace(wire->host, layout_.places[i].name);
      ++wire;
    }
  }
}

const HostPlace& VirtualNetwork::place(const std::string& host) const {
  return *std::ranges::find(layout_.places, host, &HostPlace::name);
}

void VirtualNetwork::on_message(const std::string& host, Receive receive) {
  receivers_[host] = std::move(receive);
}

void VirtualNetwork::send(const Channel& channel, const Message& message) {
  if (channel.protocol == Protocol::udp) {
    const std::string payload = write(message);
    send_packet(
        Packet::udp(channel.local, channel.remote,
                    {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()}));
    return;
  }
  Connection& connection = connections_[channel];
  if (connection.established) {
    send_segment(channel, {.ack = true}, write(message));
  } else {
    connection.waiting = message;
    send_segment(channel, {.syn = true});
  }
}

void VirtualNetwork::pass(Duration time) {
  const Instant until = now_ + time;
  while (true) {
    const auto next = layout_.fabric.next_departure();
    if (!next || *next > until) break;
    now_ = std::max(now_, *next);
    layout_.fabric.advance(now_, arrived_);
    hand_over();
  }
  now_ = until;
}

void VirtualNetwork::send_segment(const Channel& channel, const Packet::TcpHeader& header,
                                  std::string_view payload) {
  send_packet(Packet::tcp(channel.local, channel.remote, header, payload));
}

void VirtualNetwork::send_packet(Packet packet) {
  const auto host = hosts_.find(packet.source().address);
  if (host == hosts_.end()) return;
  layout_.fabric.send(host->second, std::move(packet), now_, arrived_);
  hand_over();
}

void VirtualNetwork::hand_over() {
  if (std::exchange(handing_over_, true)) return;
  while (!arrived_.empty()) {
    for (const auto& delivery : std::exchange(arrived_, {})) receive(delivery);
  }
  handing_over_ = false;
}

void VirtualNetwork::receive(const Delivery& delivery) {
  const Packet& packet = delivery.packet;
  if (!packet.has_ports()) return;
  const Channel channel{packet.protocol(), packet.destination(), packet.source()};
  if (packet.protocol() == Protocol::tcp) return receive_segment(channel, delivery);
  if (packet.protocol() == Protocol::udp) receive_payload(channel, delivery);
}

void VirtualNetwork::receive_segment(const Channel& channel, const Delivery& delivery) {
  const auto header = delivery.packet.tcp();
  if (header.rst) {
    connections_.erase(channel);
  } else if (header.syn && header.ack) {
    const auto connection = connections_.find(channel);
    if (connection == connections_.end()) return;
    connection->second.established = true;
    send_segment(channel, {.ack = true});
    if (const auto waiting = std::exchange(connection->second.waiting, {})) send(channel, *waiting);
  } else if (header.syn && listening_.contains(channel.local)) {
    connections_[channel].established = true;
    send_segment(channel, {.syn = true, .ack = true});
  } else if (header.syn) {
    send_segment(channel, {.rst = true, .ack = true});
  } else if (connections_.contains(channel)) {
    receive_payload(channel, delivery);
  }
}

void VirtualNetwork::receive_payload(const Channel& channel, const Delivery& delivery) {
  const auto payload = text(delivery.packet.payload());
  size_t number = 0;
  const auto read = std::from_chars(payload.data(), payload.data() + payload.size(), number);
  if (read.ec != std::errc{} || number >= messages_.size()) return;  // nobody's of ours
  const auto receiver = receivers_.find(names_.at(delivery.host));
  if (receiver != receivers_.end()) receiver->second(channel, Message(messages_[number]));
}

std::string VirtualNetwork::write(const Message& message) {
  messages_.push_back(message);
  return fmt::format("{:<{}}", messages_.size() - 1, payload_size);
}

}  // namespace icelab
