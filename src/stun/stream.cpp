#include "src/stun/stream.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

constexpr std::array<std::uint8_t, 4> magic_cookie{0x21, 0x12, 0xa4, 0x42};
constexpr size_t stun_header = 20;

bool cookie_at(const std::vector<std::uint8_t>& bytes, size_t offset) {
  return bytes.size() >= offset + 4 &&
         std::equal(magic_cookie.begin(), magic_cookie.end(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

size_t load16(const std::vector<std::uint8_t>& bytes, size_t offset) {
  return static_cast<size_t>(bytes[offset] << 8U) | bytes[offset + 1];
}

}  // namespace

/// Either protocol opens with a STUN message, whose cookie stands at offset 4, or 6 behind a length.
void StunStream::detect() {
  if (cookie_at(pending_, 4)) {
    framing_ = Framing::turn;
  } else if (cookie_at(pending_, 6)) {
    framing_ = Framing::rfc4571;
  } else if (pending_.size() >= 10) {
    framing_ = Framing::foreign;
  }
}

std::optional<StunStream::Extent> StunStream::next() const {
  if (pending_.size() < 4) return std::nullopt;
  if (framing_ == Framing::rfc4571) return Extent{2, load16(pending_, 0), 0};
  const size_t length = load16(pending_, 2);
  const bool is_channel_data = pending_[0] >> 4 == 4;
  if (is_channel_data) return Extent{0, 4 + length, (4 - length % 4) % 4};
  return Extent{0, stun_header + length, 0};
}

std::vector<std::vector<std::uint8_t>> StunStream::feed(std::span<const std::uint8_t> bytes) {
  std::vector<std::vector<std::uint8_t>> messages;
  if (framing_ == Framing::foreign) return messages;
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  if (framing_ == Framing::unknown) detect();
  if (framing_ == Framing::unknown || framing_ == Framing::foreign) return messages;

  while (const auto extent = next()) {
    const auto [skip, message, padding] = *extent;
    if (pending_.size() < skip + message + padding) break;
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(skip);
    const auto end = begin + static_cast<std::ptrdiff_t>(message);
    messages.emplace_back(begin, end);
    pending_.erase(pending_.begin(), end + static_cast<std::ptrdiff_t>(padding));
  }
  return messages;
}

}  // namespace icelab
