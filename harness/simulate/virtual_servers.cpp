#include "harness/simulate/virtual_servers.h"

#include "harness/lab/coturn.h"
#include "harness/lab/tinyproxy.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint16_t first_relayed_port = 50000;

}  // namespace

VirtualTurnServer::VirtualTurnServer(VirtualNetwork& network, const std::string& host)
    : network_(network), relay_address_(network.place(host).addresses[0]) {
  for (const auto& address : network.place(host).addresses) {
    network.listen({address, turn_port});
    network.listen({address, turn_web_port});
  }
  network.on_message(
      host, [this](const Channel& channel, const Message& message) { receive(channel, message); });
}

void VirtualTurnServer::receive(const Channel& channel, const Message& message) {
  if (message.kind == Message::Kind::allocate) return allocate(channel);
  const auto client = std::ranges::find(allocations_, channel, &Allocation::client);
  if (client != allocations_.end()) return send_from(*client, message);
  pass_on(channel.local, channel.remote, message);
}

void VirtualTurnServer::allocate(const Channel& client) {
  auto allocation = std::ranges::find(allocations_, client, &Allocation::client);
  if (allocation == allocations_.end()) {
    const auto port = static_cast<std::uint16_t>(first_relayed_port + allocations_.size());
    allocations_.push_back({client, {relay_address_, port}});
    allocation = std::prev(allocations_.end());
  }
  network_.send(
      client,
      {.kind = Message::Kind::allocated, .mapped = client.remote, .relayed = allocation->relayed});
}

void VirtualTurnServer::send_from(const Allocation& allocation, Message message) {
  if (!message.peer || !permitted_.contains(message.peer->address)) return;
  const Endpoint to = *message.peer;
  const Endpoint from = allocation.relayed;
  message.peer = {};
  if (to.address == relay_address_) {
    pass_on(to, from, message);  // what it says to itself does not leave its host
  } else {
    network_.send({Protocol::udp, from, to}, message);
  }
}

void VirtualTurnServer::pass_on(const Endpoint& relayed, const Endpoint& from, Message message) {
  const auto allocation = std::ranges::find(allocations_, relayed, &Allocation::relayed);
  if (allocation == allocations_.end() || !permitted_.contains(from.address)) return;
  message.peer = from;
  network_.send(allocation->client, message);
}

VirtualProxy::VirtualProxy(VirtualNetwork& network, const std::string& host) : network_(network) {
  for (const auto& address : network.place(host).addresses) network.listen({address, proxy_port});
  network.on_message(
      host, [this](const Channel& channel, const Message& message) { receive(channel, message); });
}

void VirtualProxy::receive(const Channel& channel, Message message) {
  auto tunnel = tunnels_.find(channel);
  if (tunnel == tunnels_.end()) {
    if (!message.through || message.through->port != turn_web_port) return;
    const Channel onwards{Protocol::tcp, {channel.local.address, next_port_++}, *message.through};
    tunnels_.emplace(onwards, channel);
    tunnel = tunnels_.emplace(channel, onwards).first;
  }
  message.through = {};
  network_.send(tunnel->second, message);
}

}  // namespace icelab
