#pragma once

#include "src/net/address.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace icelab {

/// RFC 8489 section 5.
enum class StunClass : std::uint8_t { request, indication, success, error };

/// RFC 8489 section 18.2 and RFC 8656 section 17; what is not listed here reads as `other`.
enum class StunMethod : std::uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
  channel_bind = 0x009,
  other = 0xfff,
};

/// The 96-bit transaction id, and before it the magic cookie's place: RFC 3489 has 128 bits.
using TransactionId = std::array<std::uint8_t, 16>;

/// One STUN or TURN message, read into values; what it does not carry is empty.
struct StunMessage {
  StunClass message_class = StunClass::request;
  StunMethod method = StunMethod::other;
  TransactionId transaction{};

  std::optional<Endpoint> mapped_address;  // XOR-MAPPED-ADDRESS, or RFC 3489's MAPPED-ADDRESS
  std::optional<Endpoint> xor_mapped_address;
  std::optional<Endpoint> plain_mapped_address;  // MAPPED-ADDRESS: an ALG may have rewritten it
  std::optional<Endpoint> relayed_address;       // XOR-RELAYED-ADDRESS
  std::optional<Endpoint> peer_address;          // XOR-PEER-ADDRESS
  std::optional<std::uint16_t> channel;          // CHANNEL-NUMBER
  std::optional<int> error_code;
  // RFC 5780 section 7
  bool change_address = false;              // CHANGE-REQUEST: answer from your other address
  bool change_port = false;                 // CHANGE-REQUEST: answer from your other port
  std::optional<Endpoint> response_origin;  // RESPONSE-ORIGIN: whence the server says it answers
  std::optional<Endpoint> other_address;    // OTHER-ADDRESS: its other address with its other port
  std::optional<std::uint32_t>
      priority;  // PRIORITY: makes a Binding request an ICE check (RFC 8445 7.1.1)
  bool use_candidate = false;
  std::string username;
  std::vector<std::uint8_t> data;  // DATA, of Send and Data indications

  /// nullopt unless the bytes are exactly one well-formed message.
  static std::optional<StunMessage> parse(std::span<const std::uint8_t> bytes);

  [[nodiscard]] bool is_response() const {
    return message_class == StunClass::success || message_class == StunClass::error;
  }
};

/// "Who am I?" (RFC 8489 section 2), and for NAT discovery how to answer (RFC 5780 section 7).
struct BindingRequest {
  TransactionId transaction{};
  bool change_address = false;                 // both of these are CHANGE-REQUEST,
  bool change_port = false;                    // which is left out where neither is asked for
  std::optional<std::uint16_t> response_port;  // RESPONSE-PORT: answer to this port of mine

  [[nodiscard]] std::vector<std::uint8_t> bytes() const;
};

/// The magic cookie, and after it the 96 bits that tell transactions apart.
TransactionId transaction_id(const std::array<std::uint8_t, 12>& bits);

/// A Binding request without attributes.
std::vector<std::uint8_t> binding_request(const std::array<std::uint8_t, 12>& transaction);

/// What TURN sends once a channel is bound (RFC 8656 section 12.4).
struct ChannelData {
  std::uint16_t channel = 0;
  std::span<const std::uint8_t> data;  // into the bytes that were parsed

  static std::optional<ChannelData> parse(std::span<const std::uint8_t> bytes);
};

}  // namespace icelab
