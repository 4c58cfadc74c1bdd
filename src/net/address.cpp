#include "src/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace icelab {
namespace {

constexpr std::uint64_t load_be64(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8) | bytes[i];
  return value;
}

constexpr std::uint64_t well_known_prefix = 0x0064ff9b00000000;  // 64:ff9b::/96, RFC 6052

/// Whether address lies in network/length.
constexpr bool within(std::uint32_t address, std::uint32_t network, int length) {
  return ((address ^ network) >> (32 - length)) == 0;
}

bool is_private_v4(std::uint32_t bits) {
  return within(bits, 0x0a000000, 8) || within(bits, 0xac100000, 12) ||
         within(bits, 0xc0a80000, 16) || within(bits, 0x64400000, 10) ||
         within(bits, 0xa9fe0000, 16) || within(bits, 0x7f000000, 8) ||
         within(bits, 0xc0000000, 24);  // IETF protocol assignments, such as a CLAT's: RFC 6890
}

}  // namespace

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  return {load_be64(bytes.data()), load_be64(bytes.data() + 8)};
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  const std::string terminated(text);
  in_addr v4_address{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4_address) == 1) return v4(ntohl(v4_address.s_addr));
  std::array<std::uint8_t, 16> v6_address{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6_address.data()) == 1) return v6(v6_address);
  return std::nullopt;
}

std::array<std::uint8_t, 16> IpAddress::bytes() const {
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high_ >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low_ >> (56 - 8 * i));
  }
  return bytes;
}

bool IpAddress::is_private() const {
  if (is_v4()) return is_private_v4(v4_bits());
  const bool unique_local = (high_ >> 57) == 0xfc >> 1;
  const bool loopback = high_ == 0 && low_ == 1;
  return unique_local || is_link_local() || loopback;
}

bool IpAddress::is_multicast() const {
  return is_v4() ? within(v4_bits(), 0xe0000000, 4) : high_ >> 56 == 0xff;
}

bool IpAddress::is_link_local() const {
  return is_v4() ? within(v4_bits(), 0xa9fe0000, 16) : (high_ >> 54) == 0xfe80 >> 6;
}

bool IpAddress::is_forwardable() const {
  if (is_v4()) {
    const std::uint32_t top = v4_bits() >> 24;
    return top != 0 && top != 127 && top < 224;
  }
  const bool unspecified_or_loopback = high_ == 0 && low_ <= 1;
  return !is_multicast() && !is_link_local() && !unspecified_or_loopback;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto all = bytes();
  const bool embeds_v4 = high_ == well_known_prefix && low_ >> 32 == 0;
  if (is_v4() || embeds_v4) {
    inet_ntop(AF_INET, all.data() + 12, text.data(), text.size());
    if (embeds_v4) return fmt::format("64:ff9b::{}", text.data());
  } else {
    inet_ntop(AF_INET6, all.data(), text.data(), text.size());
  }
  return text.data();
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  const auto address = IpAddress::parse(host);
  if (!address || address->is_v4() == bracketed) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return Endpoint{*address, port};
}

std::string Endpoint::to_string() const {
  if (address.is_v4()) return fmt::format("{}:{}", address.to_string(), port);
  return fmt::format("[{}]:{}", address.to_string(), port);
}

}  // namespace icelab
