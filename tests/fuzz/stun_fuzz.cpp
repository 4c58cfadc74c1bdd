// Any bytes as a STUN message, as ChannelData and as a TCP stream of either framing. A stream gives
// the same messages however it is split.

#include "src/stun/message.h"
#include "src/stun/stream.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>
#include <vector>

namespace {

using namespace icelab;
using Bytes = std::vector<std::uint8_t>;

void read_message(std::span<const std::uint8_t> bytes) {
  const auto message = StunMessage::parse(bytes);
  if (message && message->data.size() + message->username.size() > bytes.size()) std::abort();
  const auto channel_data = ChannelData::parse(bytes);
  if (channel_data && channel_data->data.size() + 4 > bytes.size()) std::abort();
}

/// With the length that the header ought to have: otherwise hardly any would get past it.
void read_message_of_true_length(Bytes bytes) {
  if (bytes.size() < 20) return;
  bytes.resize(bytes.size() / 4 * 4);
  bytes[2] = static_cast<std::uint8_t>((bytes.size() - 20) >> 8);
  bytes[3] = static_cast<std::uint8_t>(bytes.size() - 20);
  read_message(bytes);
}

std::vector<Bytes> cut(std::span<const std::uint8_t> bytes, size_t first) {
  StunStream stream;
  auto messages = stream.feed(bytes.first(first));
  std::ranges::move(stream.feed(bytes.subspan(first)), std::back_inserter(messages));
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  read_message(bytes);
  read_message_of_true_length({bytes.begin(), bytes.end()});
  const auto whole = cut(bytes, 0);
  for (size_t first = 1; first < size; first += 1 + size / 16) {
    if (cut(bytes, first) != whole) std::abort();
  }
  return 0;
}
