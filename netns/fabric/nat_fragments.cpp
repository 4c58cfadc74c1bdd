#include "netns/fabric/nat_fragments.h"

#include "src/net/ipv4_header.h"
#include "src/net/ipv6_header.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr std::size_t largest_packet = 65535;

/// Room for one more: without what is over, and if need be without the one that ends first.
template <typename Entries>
void make_room(Entries& entries, std::size_t most, Instant now) {
  if (entries.size() < most) return;
  std::erase_if(entries, [now](const auto& entry) { return entry.second.until <= now; });
  if (entries.size() < most) return;
  entries.erase(
      std::ranges::min_element(entries, {}, [](const auto& entry) { return entry.second.until; }));
}

/// The first fragment's headers as the whole packet has them: IPv6's fragment header is left out
/// (RFC 8200 section 4.5).
std::vector<std::uint8_t> header_of_whole(const Packet& first) {
  const auto bytes = first.bytes().first(first.header_length());
  std::vector<std::uint8_t> header(bytes.begin(), bytes.end());
  if (!first.is_ipv6()) {
    store16(&header[ipv4_header::fragment], 0);
    return header;
  }
  const auto chain = *ipv6_header::follow(bytes);
  header[chain.fragment_named_at] = header[chain.fragment];
  const auto at = header.begin() + static_cast<std::ptrdiff_t>(chain.fragment);
  header.erase(at, at + ipv6_header::fragment_size);
  return header;
}

}  // namespace

FragmentKey::FragmentKey(const Packet& fragment, Direction direction)
    : source_(fragment.source().address),
      destination_(fragment.destination().address),
      direction_(direction) {
  if (fragment.is_ipv6()) {
    read_ipv6(fragment.bytes());
  } else {
    read_ipv4(fragment.bytes());
  }
}

void FragmentKey::read_ipv4(std::span<const std::uint8_t> bytes) {
  using namespace ipv4_header;
  const std::uint16_t field = load16(&bytes[ipv4_header::fragment]);
  identification_ = load16(&bytes[identification]);
  protocol_ = bytes[protocol];
  offset_ = std::size_t{8} * (field & fragment_offset);
  is_last_ = (field & more_fragments) == 0;
}

/// Without the protocol, which only the first fragment tells for sure (RFC 8200 section 4.5).
void FragmentKey::read_ipv6(std::span<const std::uint8_t> bytes) {
  using namespace ipv6_header;
  const std::uint8_t* header = &bytes[follow(bytes)->fragment];
  const std::uint16_t field = load16(header + fragment_field);
  identification_ = load32(header + fragment_identification);
  offset_ = field & fragment_offset;
  is_last_ = (field & more_fragments) == 0;
}

std::size_t FragmentKey::Hash::operator()(const FragmentKey& key) const noexcept {
  return mix(key.source_.hash() + 3 * key.destination_.hash() + key.identification_);
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
  const std::size_t header = fragment.header_length();
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
    entry.header = header_of_whole(fragment);
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
  if (bytes[0] >> 4 == 6) {
    store16(&bytes[ipv6_header::payload_length],
            static_cast<std::uint16_t>(bytes.size() - ipv6_header::size));
  } else {
    store16(&bytes[ipv4_header::total_length], static_cast<std::uint16_t>(bytes.size()));
    ipv4_header::set_checksum(std::span(bytes).first(header));
  }
  return Packet::parse(std::move(bytes));
}

}  // namespace icelab
