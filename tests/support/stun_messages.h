#pragma once

#include "src/net/address.h"
#include "src/stun/message.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace icelab {

// STUN messages made from their parts, for tests (RFC 8489 section 5), sharing no code with
// src/stun.

struct StunAttributeBytes {
  std::uint16_t type;
  std::vector<std::uint8_t> value;  // without padding
};

namespace stun_attribute {
StunAttributeBytes mapped_address(const Endpoint& endpoint);  // as RFC 3489 has it: not XORed
StunAttributeBytes xor_mapped_address(const Endpoint& endpoint);
StunAttributeBytes xor_relayed_address(const Endpoint& endpoint);
StunAttributeBytes xor_peer_address(const Endpoint& endpoint);
StunAttributeBytes response_origin(const Endpoint& endpoint);
StunAttributeBytes other_address(const Endpoint& endpoint);
StunAttributeBytes change_request(bool address, bool port);
StunAttributeBytes username(std::string_view text);
StunAttributeBytes priority(std::uint32_t value);
StunAttributeBytes use_candidate();
StunAttributeBytes error_code(int code);
StunAttributeBytes channel_number(std::uint16_t channel);
StunAttributeBytes wrapped_data(std::span<const std::uint8_t> bytes);
}  // namespace stun_attribute

/// The id is filled up with zeros to its 96 bits. XORed addresses are IPv4's.
std::vector<std::uint8_t> stun_bytes(StunClass message_class, StunMethod method,
                                     std::string_view id,
                                     const std::vector<StunAttributeBytes>& attributes = {});
/// As stun_bytes, but with the whole id: in RFC 3489 there is no magic cookie.
std::vector<std::uint8_t> stun_bytes(StunClass message_class, StunMethod method,
                                     const TransactionId& id,
                                     const std::vector<StunAttributeBytes>& attributes = {});
/// Without the padding that TCP asks for.
std::vector<std::uint8_t> channel_data_bytes(std::uint16_t channel,
                                             std::span<const std::uint8_t> data);
/// With the length before it that ICE-TCP asks for (RFC 4571).
std::vector<std::uint8_t> framed(std::span<const std::uint8_t> message);

}  // namespace icelab
