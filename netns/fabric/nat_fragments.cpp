#include "netns/fabric/nat_fragments.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <algorithm>

namespace icelab {
namespace {

// Offsets within the IPv4 header (RFC 791).
constexpr std::size_t at_length = 2, at_identification = 4, at_fragment = 6, at_protocol = 9,
                      at_checksum = 10;
constexpr std::uint16_t more_fragments = 0x2000, offset_bits = 0x1fff;
constexpr std::size_t largest_packet = 65535;

std::size_t header_length(std::span<const std::uint8_t> packet) {
  return (packet[0] & 0xfU) * 4U;
}

/// Room for one more: without what is over, and if need be without the one that ends first.
template <typename Entries>
void make_room(Entries& entries, std::size_t most, Instant now) {
  if (entries.size() < most) return;
  std::erase_if(entries, [now](const auto& entry) { return entry.second.until <= now; });
  if (entries.size() < most) return;
  entries.erase(
      std::ranges::min_element(entries, {}, [](const auto& entry) { return entry.second.until; }));
}

}  // namespace

FragmentKey::FragmentKey(const Packet& fragment, Direction direction)
    : source_(fragment.source().address), destination_(fragment.destination().address) {
  const auto bytes = fragment.bytes();
  const std::uint16_t field = load16(&bytes[at_fragment]);
  packet_ = (static_cast<std::uint32_t>(load16(&bytes[at_identification])) << 16) |
            (static_cast<std::uint32_t>(bytes[at_protocol]) << 8) |
            static_cast<std::uint32_t>(direction);
  offset_ = std::size_t{8} * (field & offset_bits);
  is_last_ = (field & more_fragments) == 0;
}

std::size_t FragmentKey::Hash::operator()(const FragmentKey& key) const noexcept {
  return mix(key.source_.hash() + 3 * key.destination_.hash() + key.packet_);
}

void FragmentTrails::remember(const FragmentKey& first, const Trail& trail, Instant now) {
  make_room(entries_, max_trails, now);
  entries_.insert_or_assign(first, Entry{trail, now + fragment_lifetime});
}

std::optional<FragmentTrails::Trail> FragmentTrails::find(const FragmentKey& key,
                                                          Instant now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.trail;
}

std::variant<Hold, Packet, UnfitFragment> FragmentReassembler::add(const FragmentKey& key,
                                                                   const Packet& fragment,
                                                                   Instant now) {
  const std::size_t header = header_length(fragment.bytes());
  const auto bytes = fragment.bytes().subspan(header);
  if (bytes.empty() || (!key.is_last() && bytes.size() % 8 != 0))
    return UnfitFragment{"of a length that none has but the last one"};
  if (header + key.offset() + bytes.size() > largest_packet)
    return UnfitFragment{"it reaches beyond the end of the largest packet"};

  auto found = entries_.find(key);
  if (found != entries_.end() && found->second.until <= now) {
    entries_.erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    make_room(entries_, max_packets, now);
    found = entries_.emplace(key, Entry{.until = now + fragment_lifetime}).first;
  }
  Entry& entry = found->second;
  switch (fit(entry, key, bytes)) {
    case Fit::duplicate:
      return Hold{};
    case Fit::contradiction:
      entries_.erase(found);
      return UnfitFragment{"it contradicts others of its packet, which is given up"};
    case Fit::new_part:
      break;
  }
  if (key.is_first()) {
    const auto first = fragment.bytes().first(header);
    entry.header.assign(first.begin(), first.end());
  }
  if (key.is_last()) entry.size = key.offset() + bytes.size();
  entry.parts.push_back({key.offset(), {bytes.begin(), bytes.end()}});

  std::size_t present = 0;
  for (const Part& part : entry.parts) present += part.bytes.size();
  if (present != entry.size) return Hold{};
  auto whole = join(entry);
  entries_.erase(found);
  if (!whole) return UnfitFragment{"with it, the parts of its packet are complete, but make none"};
  return std::move(*whole);
}

FragmentReassembler::Fit FragmentReassembler::fit(const Entry& entry, const FragmentKey& key,
                                                  std::span<const std::uint8_t> bytes) {
  const std::size_t end = key.offset() + bytes.size();
  for (const Part& part : entry.parts) {
    if (part.offset == key.offset() && std::ranges::equal(part.bytes, bytes)) return Fit::duplicate;
    const std::size_t part_end = part.offset + part.bytes.size();
    if (key.offset() < part_end && part.offset < end) return Fit::contradiction;
    if (key.is_last() && end < part_end) return Fit::contradiction;
  }
  const bool beyond_end = entry.size && (key.is_last() || end > *entry.size);
  return beyond_end ? Fit::contradiction : Fit::new_part;
}

/// The parts lie next to one another from the beginning to the end: there are no gaps and no
/// overlaps among so many bytes.
std::optional<Packet> FragmentReassembler::join(const Entry& entry) {
  std::vector<std::uint8_t> bytes = entry.header;
  const std::size_t header = bytes.size();
  if (header + *entry.size > largest_packet) return std::nullopt;
  bytes.resize(header + *entry.size);
  for (const Part& part : entry.parts) {
    const auto at = static_cast<std::ptrdiff_t>(header + part.offset);
    std::ranges::copy(part.bytes, bytes.begin() + at);
  }
  store16(&bytes[at_length], static_cast<std::uint16_t>(bytes.size()));
  store16(&bytes[at_fragment], 0);
  store16(&bytes[at_checksum], 0);
  store16(&bytes[at_checksum], checksum_finish(checksum_add(0, std::span(bytes).first(header))));
  return Packet::parse(std::move(bytes));
}

}  // namespace icelab
