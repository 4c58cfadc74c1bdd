#include "src/net/fragments.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint16_t dont_fragment = 0x4000;
constexpr std::uint16_t more_fragments = 0x2000;
constexpr std::uint16_t offset_mask = 0x1fff;

}  // namespace

bool may_be_fragmented(const Packet& packet) {
  return (load16(&packet.bytes()[6]) & dont_fragment) == 0;
}

std::vector<Packet> fragment(const Packet& packet, size_t mtu) {
  const auto bytes = packet.bytes();
  const size_t header = (bytes[0] & 0xfU) * 4U;
  const auto content = bytes.subspan(header);
  const std::uint16_t flags = load16(&bytes[6]);
  const size_t room = (mtu - header) / 8 * 8;

  std::vector<Packet> fragments;
  for (size_t at = 0; at < content.size(); at += room) {
    const auto part = content.subspan(at, std::min(room, content.size() - at));
    const bool is_last = at + part.size() == content.size();
    std::vector<std::uint8_t> made(bytes.begin(), bytes.begin() + static_cast<ssize_t>(header));
    made.insert(made.end(), part.begin(), part.end());
    store16(&made[2], static_cast<std::uint16_t>(made.size()));
    // Of what is itself a fragment, the pieces lie where it lay.
    const auto offset = static_cast<std::uint16_t>((flags & offset_mask) + at / 8);
    const auto more = static_cast<std::uint16_t>(is_last ? flags & more_fragments : more_fragments);
    store16(&made[6], static_cast<std::uint16_t>(offset | more));
    store16(&made[10], 0);
    store16(&made[10], checksum_finish(checksum_add(0, std::span(made).first(header))));
    if (auto fragment = Packet::parse(std::move(made))) fragments.push_back(std::move(*fragment));
  }
  return fragments;
}

}  // namespace icelab
