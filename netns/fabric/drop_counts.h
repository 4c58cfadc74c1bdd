#pragma once

#include <cstdint>

namespace icelab {

/// Packets that a host's own interface dropped. No box of the network saw them.
struct DropCounts {
  std::uint64_t sent = 0;      // by the host's programs, on their way out
  std::uint64_t received = 0;  // delivered by the network, on their way in

  [[nodiscard]] bool any() const { return sent + received > 0; }
  bool operator==(const DropCounts&) const = default;
};

}  // namespace icelab
