#pragma once

#include "harness/lab/layout.h"
#include "harness/simulate/message.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// A lab's fabric without a lab: on virtual time, with hosts that are no more than callbacks. Their
/// UDP is the wire's; their TCP opens connections and sends each message as one segment, without
/// retransmissions of its own.
class VirtualNetwork {
 public:
  using Receive = std::function<void(const Channel&, const Message&)>;

  /// Without kernel routers: there is no kernel here.
  VirtualNetwork(const Topology& topology, unsigned seed);

  [[nodiscard]] const std::vector<HostPlace>& places() const { return layout_.places; }
  [[nodiscard]] const HostPlace& place(const std::string& host) const;

  void on_message(const std::string& host, Receive receive);
  /// TCP connections to there are accepted.
  void listen(const Endpoint& endpoint) { listening_.insert(endpoint); }

  /// Over TCP, a connection is opened, or tried again, where there is none yet; the newest message
  /// is sent when it stands.
  void send(const Channel& channel, const Message& message);
  /// Lets time pass.
  void pass(Duration time);

 private:
  struct Connection {
    bool established = false;
    std::optional<Message> waiting;
  };

  void send_segment(const Channel& channel, const Packet::TcpHeader& header,
                    std::string_view payload = {});
  void send_packet(Packet packet);
  /// Hands over all that has arrived, and all that comes of it.
  void hand_over();
  void receive(const Delivery& delivery);
  void receive_segment(const Channel& channel, const Delivery& delivery);
  void receive_payload(const Channel& channel, const Delivery& delivery);
  std::string write(const Message& message);

  Layout layout_;
  Instant now_{std::chrono::hours(1)};
  std::map<IpAddress, HostId> hosts_;
  std::map<HostId, std::string> names_;
  std::map<std::string, Receive> receivers_;
  std::set<Endpoint> listening_;
  std::map<Channel, Connection> connections_;
  std::vector<Message> messages_;  // a packet carries the number of its own
  std::vector<Delivery> arrived_;
  bool handing_over_ = false;
};

}  // namespace icelab
