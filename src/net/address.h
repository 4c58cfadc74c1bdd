#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace icelab {

/// An IPv4 or IPv6 address. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2), so both
/// families compare, hash and order as two machine words.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static constexpr IpAddress v4(std::uint32_t host_order) {
    return {0, (std::uint64_t{0xffff} << 32) | host_order};
  }
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] constexpr bool is_v4() const { return high_ == 0 && (low_ >> 32) == 0xffff; }
  /// Host order; only for an address that is_v4().
  [[nodiscard]] constexpr std::uint32_t v4_bits() const { return static_cast<std::uint32_t>(low_); }
  [[nodiscard]] std::array<std::uint8_t, 16> bytes() const;
  /// RFC 1918, RFC 6598 (shared), RFC 3927, RFC 4193, link-local, loopback: never routed on the
  /// internet.
  [[nodiscard]] bool is_private() const;
  /// RFC 1112, RFC 4291 section 2.7.
  [[nodiscard]] bool is_multicast() const;
  /// RFC 3927, RFC 4291 section 2.5.6: means something on one link only.
  [[nodiscard]] bool is_link_local() const;
  /// Whether a router sends on what is addressed to it: neither multicast nor reserved, not this
  /// host, and within IPv6 not link-local.
  [[nodiscard]] bool is_forwardable() const;
  /// In the words of RFC 5952; what embeds an IPv4 address for translation (RFC 6052 section 2.4)
  /// shows it: "64:ff9b::192.0.2.1".
  [[nodiscard]] std::string to_string() const;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 mistakes the comparison with zero inside
  constexpr auto operator<=>(const IpAddress&) const = default;
  [[nodiscard]] constexpr std::uint64_t hash() const {
    return (low_ ^ (high_ * 0x9e3779b97f4a7c15U)) * 0xff51afd7ed558ccdU;
  }

 private:
  constexpr IpAddress(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

/// A transport address: what ICE calls the thing that a candidate is made of (RFC 8445 section 4).
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:80" or "[2001:db8::1]:80".
  static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// An address on a link and the length of the link's prefix: "10.0.1.2/24".
struct InterfaceAddress {
  IpAddress address;
  int prefix_length = 32;
};

/// Spreads a hash's bits, for tables whose buckets are chosen by the low ones.
constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93U;
  return value ^ (value >> 32);
}

}  // namespace icelab

template <>
struct std::hash<icelab::IpAddress> {
  size_t operator()(const icelab::IpAddress& address) const noexcept {
    return icelab::mix(address.hash());
  }
};

template <>
struct std::hash<icelab::Endpoint> {
  size_t operator()(const icelab::Endpoint& endpoint) const noexcept {
    return icelab::mix(endpoint.address.hash() + endpoint.port);
  }
};
