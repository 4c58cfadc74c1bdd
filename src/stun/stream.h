#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace icelab {

/// One direction of a TCP connection that carries STUN, cut into messages. It finds out by itself
/// which of the two framings is in use: TURN's own (RFC 8656 section 12.5: messages carry their
/// length, ChannelData is padded to four bytes) or ICE-TCP's two-byte length before each (RFC
/// 4571). An HTTP message before them, with which a tunnel through a proxy begins (RFC 9110 section
/// 9.3.6), is passed over. Bytes that are neither, TLS for one, end it: nothing more comes out.
class StunStream {
 public:
  /// Appends bytes in stream order; returns the messages that they complete.
  std::vector<std::vector<std::uint8_t>> feed(std::span<const std::uint8_t> bytes);

 private:
  enum class Framing { unknown, http, turn, rfc4571, foreign };
  /// The whole size of the message at the front, framing and padding included.
  struct Extent {
    size_t skip;     // framing before the message
    size_t message;  // the message
    size_t padding;  // after it
  };
  void detect();
  void pass_over_http();
  /// nullopt until it is known.
  std::optional<Extent> front();
  std::optional<Extent> front_of_turn();

  std::vector<std::uint8_t> pending_;
  Framing framing_ = Framing::unknown;
};

}  // namespace icelab
