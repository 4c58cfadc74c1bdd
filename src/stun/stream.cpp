#include "src/stun/stream.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace icelab {
namespace {

constexpr std::array<std::uint8_t, 4> magic_cookie{0x21, 0x12, 0xa4, 0x42};
constexpr size_t stun_header = 20;
constexpr size_t channel_data_header = 4;

bool cookie_at(const std::vector<std::uint8_t>& bytes, size_t offset) {
  return bytes.size() >= offset + magic_cookie.size() &&
         std::ranges::equal(std::span(bytes).subspan(offset, magic_cookie.size()), magic_cookie);
}

size_t load16(const std::vector<std::uint8_t>& bytes, size_t offset) {
  return static_cast<size_t>(bytes[offset] << 8U) | bytes[offset + 1];
}

}  // namespace

/// A request or a response without a body, whose end is an empty line.
void StunStream::pass_over_http() {
  constexpr std::string_view connect = "CONNECT ", response = "HTTP/1.", end = "\r\n\r\n";
  constexpr size_t longest = 16384;
  const std::string_view text(reinterpret_cast<const char*>(pending_.data()), pending_.size());
  if (!text.starts_with(connect) && !text.starts_with(response)) return;
  framing_ = Framing::http;
  const auto found = text.find(end);
  if (found == std::string_view::npos) {
    if (text.size() > longest) framing_ = Framing::foreign;
    return;
  }
  const auto length = static_cast<std::ptrdiff_t>(found + end.size());
  pending_.erase(pending_.begin(), pending_.begin() + length);
  framing_ = Framing::unknown;
}

/// Either protocol opens with a STUN message, whose cookie stands at offset 4, or 6 behind a
/// length.
void StunStream::detect() {
  if (cookie_at(pending_, 4)) {
    framing_ = Framing::turn;
  } else if (cookie_at(pending_, 6)) {
    framing_ = Framing::rfc4571;
  } else if (pending_.size() >= 6 + magic_cookie.size()) {
    framing_ = Framing::foreign;
  }
}

/// The first two bits tell STUN from ChannelData (RFC 8656 section 12).
std::optional<StunStream::Extent> StunStream::front_of_turn() {
  if (pending_.size() < channel_data_header) return std::nullopt;
  const size_t length = load16(pending_, 2);
  switch (pending_[0] >> 6) {
    case 0:
      return Extent{.skip = 0, .message = stun_header + length, .padding = 0};
    case 1:
      return Extent{
          .skip = 0, .message = channel_data_header + length, .padding = (4 - length % 4) % 4};
    default:
      framing_ = Framing::foreign;
      return std::nullopt;
  }
}

std::optional<StunStream::Extent> StunStream::front() {
  if (framing_ == Framing::unknown || framing_ == Framing::http) pass_over_http();
  if (framing_ == Framing::unknown) detect();
  switch (framing_) {
    case Framing::turn:
      return front_of_turn();
    case Framing::rfc4571:
      if (pending_.size() < 2) return std::nullopt;
      return Extent{.skip = 2, .message = load16(pending_, 0), .padding = 0};
    case Framing::unknown:
    case Framing::http:
    case Framing::foreign:
      break;
  }
  return std::nullopt;
}

std::vector<std::vector<std::uint8_t>> StunStream::feed(std::span<const std::uint8_t> bytes) {
  std::vector<std::vector<std::uint8_t>> messages;
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  while (const auto extent = front()) {
    const auto [skip, message, padding] = *extent;
    if (pending_.size() < skip + message + padding) break;
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(skip);
    const auto end = begin + static_cast<std::ptrdiff_t>(message);
    messages.emplace_back(begin, end);
    pending_.erase(pending_.begin(), end + static_cast<std::ptrdiff_t>(padding));
  }
  if (framing_ == Framing::foreign) pending_.clear();
  return messages;
}

}  // namespace icelab
