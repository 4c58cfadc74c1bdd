#include "src/net/prefix.h"

#include "src/net/byte_order.h"

#include <fmt/format.h>

#include <charconv>

namespace icelab {

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  int length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length < 0 || length > (address->is_v4() ? 32 : 128)) return std::nullopt;
  return IpPrefix{*address, length};
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (address.is_v4() != other.is_v4()) return false;
  // IPv4 is held as IPv6: its bits are the last 32.
  const int bits = length + (address.is_v4() ? 96 : 0);
  const auto mine = address.bytes(), theirs = other.bytes();
  for (int at = 0; at < bits; at += 8) {
    const auto difference = static_cast<unsigned>(mine[static_cast<unsigned>(at) / 8] ^
                                                  theirs[static_cast<unsigned>(at) / 8]);
    if (difference >> (bits - at < 8 ? 8 - (bits - at) : 0) != 0) return false;
  }
  return true;
}

std::string IpPrefix::to_string() const {
  return fmt::format("{}/{}", address.to_string(), length);
}

IpPrefix well_known_prefix() {
  return {IpAddress::v6({0x00, 0x64, 0xff, 0x9b}), 96};
}

IpAddress embed(const IpPrefix& prefix, const IpAddress& ipv4) {
  auto bytes = prefix.address.bytes();
  store32(&bytes[12], ipv4.v4_bits());
  return IpAddress::v6(bytes);
}

IpAddress embedded(const IpAddress& ipv6) {
  return IpAddress::v4(load32(&ipv6.bytes()[12]));
}

}  // namespace icelab
