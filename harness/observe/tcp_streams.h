#pragma once

#include "src/net/packet.h"
#include "src/stun/stream.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace icelab {

/// Puts the TCP segments that arrive at hosts back into byte streams, and cuts those into STUN
/// messages. Retransmitted and reordered segments are put right by their sequence numbers.
class TcpStreams {
 public:
  /// Takes a segment as it arrived; returns the messages that it completes.
  std::vector<std::vector<std::uint8_t>> arrive(const Packet& segment);

 private:
  /// One direction of one connection. Positions are sequence numbers without their wrap at 2^32.
  struct Stream {
    std::uint32_t initial;  // the sequence number of its first byte
    std::uint64_t next;     // the position expected
    std::map<std::uint64_t, std::vector<std::uint8_t>> early;
    StunStream messages;

    explicit Stream(std::uint32_t first);
    [[nodiscard]] std::uint64_t position(std::uint32_t sequence) const;
  };
  Stream& stream_of(const Packet& segment);

  std::map<std::pair<Endpoint, Endpoint>, Stream> streams_;
};

}  // namespace icelab
