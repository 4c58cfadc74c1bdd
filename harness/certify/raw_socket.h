#pragma once

#include "harness/certify/socket.h"
#include "src/net/packet.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace icelab {

/// Sends whole IP packets, and sees those of one protocol that arrive at its host.
class RawProbe {
 public:
  /// `local`: one of the host's addresses, of the IP version that is meant. Without a protocol to
  /// hear it sees nothing.
  RawProbe(int network, const IpAddress& local, std::optional<Protocol> heard = {});
  void send(const Packet& packet) const;
  /// One that has arrived by now. Of IPv6, which raw sockets receive without their headers (RFC
  /// 3542 section 3), one with a header of the same addresses.
  [[nodiscard]] std::optional<Packet> poll() const;
  /// Throws MeasurementError, naming `what`, if nothing arrives.
  [[nodiscard]] Packet await(std::string_view what) const;

 private:
  bool ipv6_;
  std::uint8_t number_;  // of the protocol that it hears
  Descriptor socket_;
};

enum class EchoKind { request, reply };
/// An ICMP echo (RFC 792, RFC 4443 section 4) of the addresses' IP version: both of its ports are
/// its identifier.
Packet echo(EchoKind kind, std::uint16_t identifier, const IpAddress& from, const IpAddress& to);

/// What becomes of a packet where frames are Ethernet's: two or more of them.
std::vector<Packet> in_fragments(Packet packet);

}  // namespace icelab
