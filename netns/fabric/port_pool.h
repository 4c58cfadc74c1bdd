#pragma once

#include "netns/fabric/nat_behavior.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

namespace icelab {

enum class Parity : std::uint8_t { any, even, odd };

/// The external ports of one address and one protocol (for ICMP: the query identifiers), each of
/// which is taken or free. Port 0 means "no port" and is never given.
class PortPool {
 public:
  explicit PortPool(PortRange range);

  [[nodiscard]] bool is_free(std::uint16_t port) const { return port != 0 && !taken_[port]; }
  /// Any port may be taken, even outside the range.
  void take(std::uint16_t port);
  void release(std::uint16_t port);
  /// The first free port of `among`, which is a part of the range, at or after `from`; the search
  /// goes on at its beginning.
  [[nodiscard]] std::optional<std::uint16_t> next_free(PortRange among, int from,
                                                       Parity parity) const;

 private:
  [[nodiscard]] bool is_exhausted(Parity parity) const;

  PortRange range_;
  std::bitset<65536> taken_;
  std::array<int, 2> free_;  // of the range's even and odd ports
};

/// The first port of `among` at or after `from` for which `suits` holds; the search goes on at its
/// beginning.
template <typename Predicate>
std::optional<std::uint16_t> next_port(PortRange among, int from, Parity parity,
                                       const Predicate& suits) {
  const int begin = from < among.first || from > among.last ? among.first : from;
  const auto search = [&](int first, int end) -> std::optional<std::uint16_t> {
    const bool starts_wrong = parity != Parity::any && (first % 2 == 0) != (parity == Parity::even);
    const int step = parity == Parity::any ? 1 : 2;
    for (int port = starts_wrong ? first + 1 : first; port < end; port += step) {
      if (suits(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
    }
    return std::nullopt;
  };
  const auto after = search(begin, among.last + 1);
  return after ? after : search(among.first, begin);
}

}  // namespace icelab
