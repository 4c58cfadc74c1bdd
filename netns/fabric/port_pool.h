#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

namespace icelab {

/// The external ports of one address and one protocol (for ICMP: the query identifiers), each of
/// which is one mapping's or free: "port overloading" is what RFC 4787 REQ-3 forbids. Random ports
/// come from a generator of its own, so that a seed always gives the same ones.
class PortPool {
 public:
  explicit PortPool(std::uint64_t seed) : random_(seed) {}

  /// The preferred port if it is free, else a random free one of 1024-65535; nullopt if none is.
  /// Port 0 means "no port" and is never given.
  std::optional<std::uint16_t> take(std::uint16_t preferred);
  void release(std::uint16_t port);
  /// Whether no random port is left.
  [[nodiscard]] bool is_exhausted() const { return free_ == 0; }

 private:
  static constexpr std::uint32_t first_random = 1024;
  static constexpr std::uint32_t end = 65536;

  std::uint16_t mark(std::uint32_t port);

  std::bitset<end> taken_;
  std::uint32_t free_ = end - first_random;  // of those that a random choice may hit
  std::uint64_t random_;
};

}  // namespace icelab
