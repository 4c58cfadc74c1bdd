#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "src/net/packet.h"
#include "src/stun/stream.h"

namespace icelab {

/// Puts the TCP segments that arrive at hosts back into byte streams, and cuts those into STUN messages.
/// Retransmitted and reordered segments are put right by their sequence numbers.
class TcpStreams {
 public:
  /// Takes a segment as it arrived; returns the messages that it completes.
  std::vector<std::vector<std::uint8_t>> arrive(const Packet& segment);

 private:
  struct Stream {
    std::optional<std::uint32_t> next;  // the sequence number expected
    std::map<std::uint32_t, std::vector<std::uint8_t>> early;
    StunStream messages;
  };
  std::map<std::pair<Endpoint, Endpoint>, Stream> streams_;
};

}  // namespace icelab
