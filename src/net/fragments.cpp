#include "src/net/fragments.h"

#include "src/net/ipv4_header.h"

#include <algorithm>

namespace icelab {

namespace {

using ipv4_header::dont_fragment, ipv4_header::fragment_offset, ipv4_header::more_fragments;

}  // namespace

bool may_be_fragmented(const Packet& packet) {
  return !packet.is_ipv6() && (load16(&packet.bytes()[ipv4_header::fragment]) & dont_fragment) == 0;
}

std::vector<Packet> fragment(const Packet& packet, size_t mtu) {
  const auto bytes = packet.bytes();
  const size_t header = packet.header_length();
  const auto content = bytes.subspan(header);
  const std::uint16_t flags = load16(&bytes[ipv4_header::fragment]);
  const size_t room = (mtu - header) / 8 * 8;

  std::vector<Packet> fragments;
  for (size_t at = 0; at < content.size(); at += room) {
    const auto part = content.subspan(at, std::min(room, content.size() - at));
    const bool is_last = at + part.size() == content.size();
    std::vector<std::uint8_t> made(bytes.begin(), bytes.begin() + static_cast<ssize_t>(header));
    made.insert(made.end(), part.begin(), part.end());
    store16(&made[ipv4_header::total_length], static_cast<std::uint16_t>(made.size()));
    // Of what is itself a fragment, the pieces lie where it lay.
    const auto offset = static_cast<std::uint16_t>((flags & fragment_offset) + at / 8);
    const auto more = static_cast<std::uint16_t>(is_last ? flags & more_fragments : more_fragments);
    store16(&made[ipv4_header::fragment], static_cast<std::uint16_t>(offset | more));
    ipv4_header::set_checksum(std::span(made).first(header));
    if (auto parsed = Packet::parse(std::move(made))) fragments.push_back(std::move(*parsed));
  }
  return fragments;
}

}  // namespace icelab
