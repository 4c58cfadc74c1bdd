#include "netns/fabric/nptv6.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

using Words = std::array<std::uint16_t, 8>;

constexpr std::uint16_t all_ones = 0xffff;
constexpr std::size_t subnet_word = 3;

Words words_of(const IpAddress& address) {
  const auto bytes = address.bytes();
  Words words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = load16(&bytes[2 * i]);
  return words;
}

IpAddress address_of(const Words& words) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < words.size(); ++i) store16(&bytes[2 * i], words[i]);
  return IpAddress::v6(bytes);
}

/// One's complement addition.
std::uint16_t add(std::uint16_t a, std::uint16_t b) {
  const std::uint32_t sum = static_cast<std::uint32_t>(a) + b;
  return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

/// The bits of a word that belong to a prefix of so many bits.
std::uint16_t mask_of(int length, std::size_t word) {
  const int bits = std::clamp(length - 16 * static_cast<int>(word), 0, 16);
  return static_cast<std::uint16_t>(~(all_ones >> bits));
}

/// Section 3.2: the checksum's share of a prefix.
std::uint16_t sum_of(const IpPrefix& prefix) {
  const Words words = words_of(prefix.address);
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i)
    sum = add(sum, static_cast<std::uint16_t>(words[i] & mask_of(prefix.length, i)));
  return sum;
}

/// Which word takes up the difference: the subnet's (section 3.4), or where the prefix leaves none,
/// the first of the interface identifier that is not all ones (section 3.5). None for an identifier
/// of zeros, and where there is no such word (section 3.7).
std::optional<std::size_t> adjusted_word(const Words& words, int length) {
  if (length <= 48)
    return words[subnet_word] == all_ones ? std::nullopt : std::optional(subnet_word);
  const auto identifier = std::span(words).last(4);
  if (std::ranges::all_of(identifier, [](auto word) { return word == 0; })) return std::nullopt;
  const auto found = std::ranges::find_if(identifier, [](auto word) { return word != all_ones; });
  if (found == identifier.end()) return std::nullopt;
  return 4 + static_cast<std::size_t>(found - identifier.begin());
}

std::optional<IpAddress> translate(const IpAddress& address, const IpPrefix& from,
                                   const IpPrefix& to) {
  Words words = words_of(address);
  const auto at = adjusted_word(words, from.length);
  if (!at) return std::nullopt;
  const Words prefix = words_of(to.address);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint16_t mask = mask_of(to.length, i);
    words[i] = static_cast<std::uint16_t>((prefix[i] & mask) | (words[i] & ~mask));
  }
  const auto subtrahend = static_cast<std::uint16_t>(~sum_of(to));
  words[*at] = add(words[*at], add(sum_of(from), subtrahend));
  if (words[*at] == all_ones) words[*at] = 0;
  return address_of(words);
}

Endpoint with_address(const Endpoint& endpoint, const IpAddress& address) {
  return {address, endpoint.port};
}

}  // namespace

std::optional<IpAddress> Nptv6::to_external(const IpAddress& internal) const {
  return translate(internal, internal_, external_);
}

std::optional<IpAddress> Nptv6::to_internal(const IpAddress& external) const {
  return translate(external, external_, internal_);
}

Verdict Nptv6::pass(Packet& packet, Direction direction, Instant) {
  if (!packet.is_ipv6()) return Forward{};
  const Endpoint source = packet.source(), destination = packet.destination();
  const bool outbound = direction == Direction::outbound;
  const bool leaves = outbound && internal_.contains(source.address);
  const bool enters = external_.contains(destination.address);  // turning back, if from inside
  const auto outside = leaves ? to_external(source.address) : source.address;
  const auto inside = enters ? to_internal(destination.address) : destination.address;
  if (!outside || !inside) {
    return Drop{DropReason::blocked,
                fmt::format("{} has no counterpart in {} (RFC 6296 section 3.7)",
                            (outside ? destination : source).address.to_string(),
                            (outside ? internal_ : external_).to_string())};
  }
  // What an error quotes went the other way.
  const auto quoted = packet.quoted();
  if (quoted && leaves && internal_.contains(quoted->destination.address)) {
    if (const auto counterpart = to_external(quoted->destination.address))
      packet.set_quoted_destination(with_address(quoted->destination, *counterpart));
  }
  if (quoted && enters && external_.contains(quoted->source.address)) {
    if (const auto counterpart = to_internal(quoted->source.address))
      packet.set_quoted_source(with_address(quoted->source, *counterpart));
  }
  if (leaves) packet.set_source(with_address(source, *outside));
  if (enters) packet.set_destination(with_address(destination, *inside));
  if (outbound && enters) return Reflect{};  // section 2.2
  return Forward{};
}

}  // namespace icelab
