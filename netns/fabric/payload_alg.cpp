#include "netns/fabric/payload_alg.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <algorithm>
#include <array>
#include <optional>

namespace icelab {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Raw = std::array<std::uint8_t, 4>;

Raw raw(const IpAddress& address) {
  Raw bytes{};
  store32(bytes.data(), address.v4_bits());
  return bytes;
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

void replace(Bytes& bytes, std::size_t at, const Raw& to, std::size_t segment,
             std::optional<std::size_t> checksum) {
  // The words of the segment that the four bytes touch: two, or three from an odd offset.
  const std::size_t first = at - (at - segment) % 2;
  std::array<std::uint16_t, 3> before{};
  for (std::size_t i = 0; i < before.size() && first + 2 * i < bytes.size(); ++i)
    before[i] = word_at(bytes, first + 2 * i);
  std::ranges::copy(to, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  if (!checksum) return;
  for (std::size_t i = 0; i < before.size() && first + 2 * i < bytes.size(); ++i) {
    store16(&bytes[*checksum],
            checksum_update(load16(&bytes[*checksum]), before[i], word_at(bytes, first + 2 * i)));
  }
}

}  // namespace

void replace_in_payload(Packet& packet, const IpAddress& from, const IpAddress& to) {
  const Protocol protocol = packet.protocol();
  if ((protocol != Protocol::udp && protocol != Protocol::tcp) || !packet.has_ports()) return;
  const auto payload = packet.payload();
  const Raw wanted = raw(from);
  if (std::search(payload.begin(), payload.end(), wanted.begin(), wanted.end()) == payload.end())
    return;

  const auto begin = static_cast<std::size_t>(payload.data() - packet.bytes().data());
  const std::size_t end = begin + payload.size();
  const std::size_t segment = (packet.bytes()[0] & 0xfU) * 4U;
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
