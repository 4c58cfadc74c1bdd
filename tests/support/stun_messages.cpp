#include "tests/support/stun_messages.h"

#include <algorithm>

namespace icelab {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t magic_cookie = 0x2112a442;
constexpr size_t id_length = 12;

void put16(Bytes& bytes, size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& bytes, std::uint32_t value) {
  put16(bytes, value >> 16);
  put16(bytes, value & 0xffffU);
}

Bytes number(std::uint32_t value) {
  Bytes bytes;
  put32(bytes, value);
  return bytes;
}

Bytes address(const Endpoint& endpoint, std::uint32_t mask) {
  Bytes bytes{0, 1};
  put16(bytes, endpoint.port ^ (mask >> 16));
  put32(bytes, endpoint.address.v4_bits() ^ mask);
  return bytes;
}

/// The class stands in two bits amid the method's (RFC 8489 section 5, figure 3).
std::uint16_t message_type(StunClass message_class, StunMethod method) {
  const auto c = static_cast<unsigned>(message_class);
  const auto m = static_cast<unsigned>(method);
  return static_cast<std::uint16_t>((m & 0xfU) | (c & 1U) << 4 | (m & 0x70U) << 1 | (c & 2U) << 7 |
                                    (m & 0xf80U) << 2);
}

}  // namespace

namespace stun_attribute {

StunAttributeBytes mapped_address(const Endpoint& endpoint) {
  return {0x0001, address(endpoint, 0)};
}
StunAttributeBytes xor_mapped_address(const Endpoint& endpoint) {
  return {0x0020, address(endpoint, magic_cookie)};
}
StunAttributeBytes xor_relayed_address(const Endpoint& endpoint) {
  return {0x0016, address(endpoint, magic_cookie)};
}
StunAttributeBytes xor_peer_address(const Endpoint& endpoint) {
  return {0x0012, address(endpoint, magic_cookie)};
}
StunAttributeBytes response_origin(const Endpoint& endpoint) {
  return {0x802b, address(endpoint, 0)};
}
StunAttributeBytes other_address(const Endpoint& endpoint) {
  return {0x802c, address(endpoint, 0)};
}
StunAttributeBytes change_request(bool address, bool port) {
  return {0x0003, number((address ? 4U : 0U) | (port ? 2U : 0U))};
}
StunAttributeBytes username(std::string_view text) {
  return {0x0006, {text.begin(), text.end()}};
}
StunAttributeBytes priority(std::uint32_t value) {
  return {0x0024, number(value)};
}
StunAttributeBytes use_candidate() {
  return {0x0025, {}};
}
StunAttributeBytes error_code(int code) {
  return {0x0009,
          {0, 0, static_cast<std::uint8_t>(code / 100), static_cast<std::uint8_t>(code % 100)}};
}
StunAttributeBytes channel_number(std::uint16_t channel) {
  return {0x000c, number(static_cast<std::uint32_t>(channel) << 16)};
}
StunAttributeBytes wrapped_data(std::span<const std::uint8_t> bytes) {
  return {0x0013, {bytes.begin(), bytes.end()}};
}

}  // namespace stun_attribute

std::vector<std::uint8_t> stun_bytes(StunClass message_class, StunMethod method,
                                     const TransactionId& id,
                                     const std::vector<StunAttributeBytes>& attributes) {
  Bytes body;
  for (const auto& attribute : attributes) {
    put16(body, attribute.type);
    put16(body, attribute.value.size());
    body.insert(body.end(), attribute.value.begin(), attribute.value.end());
    body.resize((body.size() + 3) / 4 * 4);
  }
  Bytes bytes;
  put16(bytes, message_type(message_class, method));
  put16(bytes, body.size());
  bytes.insert(bytes.end(), id.begin(), id.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::vector<std::uint8_t> stun_bytes(StunClass message_class, StunMethod method,
                                     std::string_view id,
                                     const std::vector<StunAttributeBytes>& attributes) {
  TransactionId whole{0x21, 0x12, 0xa4, 0x42};
  std::copy_n(id.begin(), std::min(id.size(), id_length), whole.begin() + 4);
  return stun_bytes(message_class, method, whole, attributes);
}

std::vector<std::uint8_t> channel_data_bytes(std::uint16_t channel,
                                             std::span<const std::uint8_t> data) {
  Bytes bytes;
  put16(bytes, channel);
  put16(bytes, data.size());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::vector<std::uint8_t> framed(std::span<const std::uint8_t> message) {
  Bytes bytes;
  put16(bytes, message.size());
  bytes.insert(bytes.end(), message.begin(), message.end());
  return bytes;
}

}  // namespace icelab
