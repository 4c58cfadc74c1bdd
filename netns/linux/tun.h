#pragma once

#include "src/base/descriptor.h"
#include "src/net/segments.h"

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace icelab {

/// A TUN interface of this name in the caller's network namespace, whose packets the descriptor
/// reads and writes, never waiting. Throws MachineError if /dev/net/tun is refused, saying what to
/// do.
Descriptor create_tun(const std::string& name);

/// Reads what the host sent next into `buffer`: its length, or nullopt if there is nothing more.
std::optional<size_t> read_packet(int tun, std::span<std::uint8_t> buffer);

/// Writes packets for a host's interface. Most of what that costs is the kernel's way up to the
/// socket, so a run of datagrams of one flow takes it once, where the kernel can (Linux 6.2).
class TunWriter {
 public:
  using WriteCall = ssize_t (*)(int, const iovec*, int);
  explicit TunWriter(WriteCall call = ::writev) : call_(call) {}

  /// Writes all that has been joined, in order. An interface that is down takes nothing, as a real
  /// one would; throws SystemError for anything else that goes wrong. Returns how many packets the
  /// interface dropped without counting them: of a run that is written at once it counts one.
  size_t write(int tun, const Segments& segments);

 private:
  enum class Given { taken, dropped, not_understood };
  size_t write_joined(int tun, const Segments& segments);
  void write_alone(int tun, std::span<const std::uint8_t> packet);
  /// What becomes of what parts_ say.
  Given give(int tun);

  WriteCall call_;
  bool kernel_segments_ = true;  // until it says otherwise
  std::vector<iovec> parts_;
};

}  // namespace icelab
