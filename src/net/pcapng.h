#pragma once

#include "src/base/clock.h"
#include "src/net/address.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace icelab {

/// A capture of IP packets from several vantage points, as Wireshark opens it: the PCAP Next
/// Generation file format (draft-ietf-opsawg-pcapng), one section, packets without a link layer
/// (LINKTYPE_RAW), times in nanoseconds. Pure: it makes bytes. Interfaces and names come before
/// the packets.
class Pcapng {
 public:
  /// Nanoseconds since 1970.
  using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
  enum class Interface : std::uint32_t {};
  enum class Towards { unknown = 0, host = 1, network = 2 };  // from where the packet was seen

  explicit Pcapng(std::string_view application);

  Interface add_interface(std::string_view name, std::string_view description = "");
  void add_name(const IpAddress& address, std::string_view name);
  struct Seen {
    Interface interface {};
    WallTime time;
    Towards towards = Towards::unknown;
    std::span<const std::uint8_t> packet;
    std::string_view comment{};  // UTF-8, of any number of lines
  };
  void add_packet(const Seen& seen);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::uint32_t interfaces_ = 0;
};

}  // namespace icelab
