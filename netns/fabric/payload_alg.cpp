#include "netns/fabric/payload_alg.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <algorithm>
#include <array>
#include <optional>

namespace icelab {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// As it stands in a header.
Bytes raw(const IpAddress& address) {
  const auto all = address.bytes();
  return {all.begin() + (address.is_v4() ? 12 : 0), all.end()};
}

/// Where a segment's checksum is, if it has one.
std::optional<std::size_t> find_checksum(const Bytes& bytes, std::size_t segment,
                                         Protocol protocol) {
  constexpr std::size_t in_udp = 6, in_tcp = 16;
  if (protocol == Protocol::tcp) return segment + in_tcp;
  const bool none = load16(&bytes[segment + in_udp]) == 0;  // RFC 768
  return none ? std::nullopt : std::optional(segment + in_udp);
}

/// The word of a segment that begins at this offset; its last byte counts as if a zero followed.
std::uint16_t word_at(const Bytes& bytes, std::size_t at) {
  const std::uint8_t next = at + 1 < bytes.size() ? bytes[at + 1] : std::uint8_t{0};
  return static_cast<std::uint16_t>((bytes[at] << 8) | next);
}

void replace(Bytes& bytes, std::size_t at, const Bytes& to, std::size_t segment,
             std::optional<std::size_t> checksum) {
  // The words of the segment that an address touches: two or eight, and one more from an odd
  // offset.
  const std::size_t first = at - (at - segment) % 2;
  std::array<std::uint16_t, 9> before{};
  const std::size_t touched = std::min(to.size() / 2 + 1, (bytes.size() - first + 1) / 2);
  for (std::size_t i = 0; i < touched; ++i) before[i] = word_at(bytes, first + 2 * i);
  std::ranges::copy(to, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  if (!checksum) return;
  for (std::size_t i = 0; i < touched; ++i) {
    store16(&bytes[*checksum],
            checksum_update(load16(&bytes[*checksum]), before[i], word_at(bytes, first + 2 * i)));
  }
}

}  // namespace

void replace_in_payload(Packet& packet, const IpAddress& from, const IpAddress& to) {
  const Protocol protocol = packet.protocol();
  if ((protocol != Protocol::udp && protocol != Protocol::tcp) || !packet.has_ports()) return;
  const auto payload = packet.payload();
  const Bytes wanted = raw(from);
  if (std::search(payload.begin(), payload.end(), wanted.begin(), wanted.end()) == payload.end())
    return;

  const auto begin = static_cast<std::size_t>(payload.data() - packet.bytes().data());
  const std::size_t end = begin + payload.size();
  const std::size_t segment = packet.header_length();
  Bytes bytes = std::move(packet).release();
  const auto checksum = find_checksum(bytes, segment, protocol);
  for (std::size_t at = begin; at + wanted.size() <= end;) {
    const auto here = std::span(bytes).subspan(at, wanted.size());
    if (!std::ranges::equal(here, wanted)) {
      ++at;
      continue;
    }
    replace(bytes, at, raw(to), segment, checksum);
    at += wanted.size();
  }
  if (checksum && protocol == Protocol::udp && load16(&bytes[*checksum]) == 0)
    store16(&bytes[*checksum], 0xffff);  // RFC 768
  packet = *Packet::parse(std::move(bytes));
}

}  // namespace icelab
