#include "src/stun/message.h"

#include "src/net/byte_order.h"
#include "src/net/socket_address.h"

#include <stun/stunmessage.h>

#include <algorithm>
#include <cstring>

namespace icelab {
namespace {

constexpr size_t header_length = 20;

// RFC 5780 section 7; libnice knows the first by its name in RFC 3489, and the others not at all.
constexpr auto change_request = STUN_ATTRIBUTE_CHANGE_REQUEST;
constexpr std::uint16_t response_port_type = 0x0027;
constexpr auto response_origin_type = static_cast<StunAttribute>(0x802b);
constexpr auto other_address_type = static_cast<StunAttribute>(0x802c);
constexpr std::uint32_t change_address_flag = 0x4;
constexpr std::uint32_t change_port_flag = 0x2;

StunClass class_of(const ::StunMessage& message) {
  switch (stun_message_get_class(&message)) {
    case STUN_REQUEST:
      return StunClass::request;
    case STUN_INDICATION:
      return StunClass::indication;
    case STUN_RESPONSE:
      return StunClass::success;
    case STUN_ERROR:
      break;
  }
  return StunClass::error;
}

StunMethod method_of(const ::StunMessage& message) {
  const auto method = static_cast<StunMethod>(stun_message_get_method(&message));
  switch (method) {
    case StunMethod::binding:
    case StunMethod::allocate:
    case StunMethod::refresh:
    case StunMethod::send:
    case StunMethod::data:
    case StunMethod::create_permission:
    case StunMethod::channel_bind:
      return method;
    default:
      return StunMethod::other;
  }
}

std::optional<Endpoint> find_address(const ::StunMessage& message, StunAttribute type,
                                     bool is_xor) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  const auto found = is_xor ? stun_message_find_xor_addr(&message, type, &storage, &length)
                            : stun_message_find_addr(&message, type, &storage, &length);
  return found == STUN_MESSAGE_RETURN_SUCCESS ? endpoint_of(&storage) : std::nullopt;
}

std::span<const std::uint8_t> find_bytes(const ::StunMessage& message, StunAttribute type) {
  std::uint16_t length = 0;
  const void* value = stun_message_find(&message, type, &length);
  if (value == nullptr) return {};
  return {static_cast<const std::uint8_t*>(value), length};
}

std::optional<std::uint32_t> find_number(const ::StunMessage& message, StunAttribute type) {
  std::uint32_t value = 0;
  if (stun_message_find32(&message, type, &value) != STUN_MESSAGE_RETURN_SUCCESS)
    return std::nullopt;
  return value;
}

/// An attribute of up to four bytes, filled up to four: its length is told without the padding (RFC
/// 8489 section 14).
void append_attribute(std::vector<std::uint8_t>& bytes, std::uint16_t type, std::uint16_t length,
                      std::uint32_t padded_value) {
  const size_t at = bytes.size();
  bytes.resize(at + 8);
  store16(&bytes[at], type);
  store16(&bytes[at + 2], length);
  store32(&bytes[at + 4], padded_value);
}

std::optional<int> find_error(const ::StunMessage& message) {
  int code = 0;
  if (stun_message_find_error(&message, &code) != STUN_MESSAGE_RETURN_SUCCESS) return std::nullopt;
  return code;
}

}  // namespace

std::optional<StunMessage> StunMessage::parse(std::span<const std::uint8_t> bytes) {
  const int valid = stun_message_validate_buffer_length(bytes.data(), bytes.size(), TRUE);
  if (valid < 0 || static_cast<size_t>(valid) != bytes.size()) return std::nullopt;

  // The library's reader takes a buffer that it could also write to, so it reads a copy.
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  ::StunMessage raw{};
  raw.buffer = copy.data();
  raw.buffer_len = copy.size();

  StunMessage message;
  message.message_class = class_of(raw);
  message.method = method_of(raw);
  std::copy_n(copy.begin() + 4, message.transaction.size(), message.transaction.begin());
  message.xor_mapped_address = find_address(raw, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, true);
  message.plain_mapped_address = find_address(raw, STUN_ATTRIBUTE_MAPPED_ADDRESS, false);
  message.mapped_address =
      message.xor_mapped_address ? message.xor_mapped_address : message.plain_mapped_address;
  message.relayed_address = find_address(raw, STUN_ATTRIBUTE_RELAY_ADDRESS, true);
  message.peer_address = find_address(raw, STUN_ATTRIBUTE_PEER_ADDRESS, true);
  if (const auto channel = find_number(raw, STUN_ATTRIBUTE_CHANNEL_NUMBER))
    message.channel = static_cast<std::uint16_t>(*channel >> 16);
  if (message.message_class == StunClass::error) message.error_code = find_error(raw);
  const std::uint32_t change = find_number(raw, change_request).value_or(0);
  message.change_address = (change & change_address_flag) != 0;
  message.change_port = (change & change_port_flag) != 0;
  message.response_origin = find_address(raw, response_origin_type, false);
  message.other_address = find_address(raw, other_address_type, false);
  message.priority = find_number(raw, STUN_ATTRIBUTE_PRIORITY);
  message.use_candidate =
      stun_message_find_flag(&raw, STUN_ATTRIBUTE_USE_CANDIDATE) == STUN_MESSAGE_RETURN_SUCCESS;
  const auto username = find_bytes(raw, STUN_ATTRIBUTE_USERNAME);
  message.username.assign(username.begin(), username.end());
  const auto data = find_bytes(raw, STUN_ATTRIBUTE_DATA);
  message.data.assign(data.begin(), data.end());
  return message;
}

std::vector<std::uint8_t> BindingRequest::bytes() const {
  std::vector<std::uint8_t> bytes(header_length);
  store16(bytes.data(), static_cast<std::uint16_t>(StunMethod::binding));
  std::ranges::copy(transaction, bytes.begin() + 4);
  if (change_address || change_port) {
    append_attribute(
        bytes, change_request, 4,
        (change_address ? change_address_flag : 0) | (change_port ? change_port_flag : 0));
  }
  if (response_port) {
    append_attribute(bytes, response_port_type, 2,
                     static_cast<std::uint32_t>(*response_port) << 16);
  }
  store16(&bytes[2], static_cast<std::uint16_t>(bytes.size() - header_length));
  return bytes;
}

TransactionId transaction_id(const std::array<std::uint8_t, 12>& bits) {
  TransactionId id{0x21, 0x12, 0xa4, 0x42};
  std::ranges::copy(bits, id.begin() + 4);
  return id;
}

std::vector<std::uint8_t> binding_request(const std::array<std::uint8_t, 12>& transaction) {
  return BindingRequest{.transaction = transaction_id(transaction), .response_port = {}}.bytes();
}

std::optional<ChannelData> ChannelData::parse(std::span<const std::uint8_t> bytes) {
  // Channel numbers are 0x4000 to 0x4FFF, which is how they differ from STUN (RFC 8656 section 12).
  if (bytes.size() < 4 || bytes[0] >> 4 != 4) return std::nullopt;
  const size_t length = static_cast<size_t>(bytes[2] << 8U) | bytes[3];
  if (bytes.size() < 4 + length) return std::nullopt;
  return ChannelData{static_cast<std::uint16_t>((bytes[0] << 8U) | bytes[1]),
                     bytes.subspan(4, length)};
}

}  // namespace icelab
