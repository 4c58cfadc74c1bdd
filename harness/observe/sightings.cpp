#include "harness/observe/sightings.h"

#include "harness/observe/tcp_streams.h"

namespace icelab {
namespace {

class Finder {
 public:
  void follow(const Trip& trip) {
    if (!trip.departure.has_ports()) return;
    switch (trip.departure.protocol()) {
      case Protocol::udp:
        read(trip, trip.departure.payload());
        break;
      case Protocol::tcp:
        // A segment that never arrived is sent again, so a stream is what its receiver got.
        if (!trip.arrival) break;
        for (const auto& message : streams_.arrive(trip.arrival->packet)) read(trip, message);
        break;
      case Protocol::icmp:
      case Protocol::other:
        break;
    }
  }

  Sightings take() { return std::move(found_); }

 private:
  using Channel = std::pair<std::pair<Protocol, Endpoint>, std::uint16_t>;

  void read(const Trip& trip, std::span<const std::uint8_t> bytes) {
    if (auto message = StunMessage::parse(bytes)) {
      learn(trip, *message);
      const bool carries = message->peer_address && !message->data.empty();
      if (carries && message->method == StunMethod::send) {
        unwrap(trip, message->data, *message->peer_address, true);
      } else if (carries && message->method == StunMethod::data) {
        unwrap(trip, message->data, *message->peer_address, false);
      } else {
        add(trip, std::move(*message), {});
      }
    } else if (const auto channel_data = ChannelData::parse(bytes)) {
      read_channel(trip, *channel_data);
    }
  }

  /// Which way ChannelData goes is told by whose channel it is.
  void read_channel(const Trip& trip, const ChannelData& channel_data) {
    for (const bool from_client : {true, false}) {
      const auto peer = channels_.find({client_key(trip, from_client), channel_data.channel});
      if (peer == channels_.end()) continue;
      unwrap(trip, channel_data.data, peer->second, from_client);
      return;
    }
  }

  void unwrap(const Trip& trip, std::span<const std::uint8_t> data, const Endpoint& peer,
              bool from_client) {
    auto message = StunMessage::parse(data);
    if (!message) return;
    add(trip, std::move(*message),
        Sighting::Relayed{client_key(trip, from_client).second, peer, from_client});
  }

  /// Keeps what allocations and channels there are.
  void learn(const Trip& trip, const StunMessage& message) {
    if (message.method == StunMethod::allocate && trip.arrival) {
      if (message.message_class == StunClass::request) {
        seen_as_[{trip.arrival->packet.protocol(), trip.arrival->packet.source()}] =
            trip.departure.source();
      }
      if (message.relayed_address)
        found_.allocations[client_key(trip, false)] = *message.relayed_address;
    }
    if (message.method == StunMethod::channel_bind && message.channel && message.peer_address)
      channels_[{client_key(trip, true), *message.channel}] = *message.peer_address;
  }

  /// The client's endpoint on its own host: where its packets depart, and the server's arrive. One
  /// that was dropped on the way to it still has the address by which the server knows it.
  [[nodiscard]] std::pair<Protocol, Endpoint> client_key(const Trip& trip, bool from_client) const {
    const Protocol protocol = trip.departure.protocol();
    if (from_client) return {protocol, trip.departure.source()};
    if (trip.arrival) return {protocol, trip.arrival->packet.destination()};
    const Endpoint aimed_at = trip.departure.destination();
    const auto client = seen_as_.find({protocol, aimed_at});
    return {protocol, client == seen_as_.end() ? aimed_at : client->second};
  }

  void add(const Trip& trip, StunMessage message, std::optional<Sighting::Relayed> relayed) {
    found_.messages.push_back({.trip = &trip,
                               .protocol = trip.departure.protocol(),
                               .message = std::move(message),
                               .relayed = relayed});
  }

  TcpStreams streams_;
  std::map<Channel, Endpoint> channels_;
  std::map<std::pair<Protocol, Endpoint>, Endpoint> seen_as_;  // by the server -> on its own host
  Sightings found_;
};

}  // namespace

Sightings find_sightings(const std::vector<Trip>& trips) {
  Finder finder;
  for (const Trip& trip : trips) finder.follow(trip);
  return finder.take();
}

}  // namespace icelab
