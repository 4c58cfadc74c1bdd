#include "harness/observe/tcp_streams.h"

namespace icelab {
namespace {

/// How far a sequence number lies beyond another, modulo 2^32 (RFC 9293 section 3.4).
std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

void append(std::vector<std::vector<std::uint8_t>>& all,
            std::vector<std::vector<std::uint8_t>> more) {
  for (auto& message : more) all.push_back(std::move(message));
}

}  // namespace

std::vector<std::vector<std::uint8_t>> TcpStreams::arrive(const Packet& segment) {
  const auto header = segment.tcp();
  const auto connection = std::pair{segment.source(), segment.destination()};
  if (header.syn) {
    streams_[connection] = Stream{.next = header.sequence + 1, .early = {}, .messages = {}};
    return {};
  }
  Stream& stream = streams_[connection];
  const auto payload = segment.payload();
  if (payload.empty()) return {};
  if (!stream.next) stream.next = header.sequence;
  stream.early.try_emplace(header.sequence, payload.begin(), payload.end());

  std::vector<std::vector<std::uint8_t>> messages;
  for (auto each = stream.early.begin(); each != stream.early.end();) {
    const std::int32_t gap = distance(*stream.next, each->first);
    if (gap > 0) {
      ++each;
      continue;
    }
    const auto known = static_cast<size_t>(-static_cast<std::int64_t>(gap));
    if (known < each->second.size()) {
      append(messages, stream.messages.feed(std::span(each->second).subspan(known)));
      stream.next = *stream.next + static_cast<std::uint32_t>(each->second.size() - known);
    }
    stream.early.erase(each);
    each = stream.early.begin();
  }
  return messages;
}

}  // namespace icelab
