#pragma once

#include "src/net/packet.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace icelab {

/// Datagrams of one flow, one after the other, written as a single large one that the receiving
/// kernel takes apart again (UDP generic segmentation offload). A socket gets each datagram as it
/// was (packet captures on the host show the large one, as where a network card joins them); so
/// only those are joined of which the large one says everything: equal headers, one payload size
/// (the last may be shorter), no fragments, valid checksums, and atomic in the sense of RFC 6864,
/// where the identification field means nothing.
class Segments {
 public:
  /// IPv4 without options, and UDP.
  static constexpr size_t header_size = 28;
  static constexpr size_t checksum_start = 20;
  static constexpr size_t checksum_offset = 6;

  /// Whether `next` now stands behind those that are already here. The first always does. What
  /// is joined must stay where it is until clear().
  bool join(const Packet& next);
  void clear();

  [[nodiscard]] size_t count() const { return packets_.size(); }
  [[nodiscard]] const Packet& packet(size_t index) const { return *packets_[index]; }
  /// Payload bytes of each but perhaps the last.
  [[nodiscard]] size_t segment_size() const { return segment_size_; }
  /// The headers of the large datagram; its UDP checksum covers the pseudo-header alone.
  [[nodiscard]] std::array<std::uint8_t, header_size> header() const;

 private:
  std::vector<const Packet*> packets_;
  size_t segment_size_ = 0;
  size_t payload_size_ = 0;  // of all
  bool open_ = false;        // whether another may follow
};

}  // namespace icelab
