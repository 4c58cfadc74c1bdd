#include "harness/observe/tcp_streams.h"

#include <algorithm>
#include <iterator>

namespace icelab {

/// A whole turn of the sequence numbers lies before the first byte, so that no position is
/// negative.
TcpStreams::Stream::Stream(std::uint32_t first)
    : initial(first), next((std::uint64_t{1} << 32) + first) {}

/// The nearest to the one expected (RFC 9293 section 3.4).
std::uint64_t TcpStreams::Stream::position(std::uint32_t sequence) const {
  const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(next));
  return next + static_cast<std::uint64_t>(std::int64_t{distance});
}

/// A SYN takes a sequence number (RFC 9293 section 3.4), and begins a stream unless it is sent
/// again. A stream whose beginning was not seen begins with what was.
TcpStreams::Stream& TcpStreams::stream_of(const Packet& segment) {
  const auto header = segment.tcp();
  const auto connection = std::pair{segment.source(), segment.destination()};
  const std::uint32_t first = header.sequence + (header.syn ? 1 : 0);
  const auto stream = streams_.try_emplace(connection, first).first;
  if (header.syn && stream->second.initial != first) stream->second = Stream(first);
  return stream->second;
}

std::vector<std::vector<std::uint8_t>> TcpStreams::arrive(const Packet& segment) {
  Stream& stream = stream_of(segment);
  const auto payload = segment.payload();
  if (segment.tcp().syn || payload.empty()) return {};
  std::vector<std::uint8_t>& waiting = stream.early[stream.position(segment.tcp().sequence)];
  if (waiting.size() < payload.size()) waiting.assign(payload.begin(), payload.end());

  std::vector<std::vector<std::uint8_t>> messages;
  while (!stream.early.empty() && stream.early.begin()->first <= stream.next) {
    const auto [position, bytes] = std::move(*stream.early.begin());
    stream.early.erase(stream.early.begin());
    const auto known = static_cast<size_t>(stream.next - position);
    if (known >= bytes.size()) continue;
    stream.next += bytes.size() - known;
    std::ranges::move(stream.messages.feed(std::span(bytes).subspan(known)),
                      std::back_inserter(messages));
  }
  return messages;
}

}  // namespace icelab
