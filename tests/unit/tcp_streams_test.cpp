#include "harness/observe/tcp_streams.h"

#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <gmock/gmock.h>

#include <iterator>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint alice = "203.0.113.21:41000"_endpoint;
const Endpoint relay = "203.0.113.10:3478"_endpoint;
const Bytes request =
    stun_bytes(StunClass::request, StunMethod::binding, "1", {stun_attribute::priority(1)});
const Bytes response = stun_bytes(StunClass::success, StunMethod::binding, "1");

/// One direction of a connection whose first byte of data has this sequence number.
class Sender {
 public:
  explicit Sender(std::uint32_t first_byte, const Endpoint& from = alice)
      : first_byte_(first_byte), from_(from) {}

  [[nodiscard]] Packet syn() const { return segment(first_byte_ - 1, {.syn = true}, {}); }
  /// The bytes of `all` from `begin` up to `end`.
  [[nodiscard]] Packet part(const Bytes& all, size_t begin, size_t end) const {
    return segment(first_byte_ + static_cast<std::uint32_t>(begin), {.ack = true},
                   std::span(all).subspan(begin, end - begin));
  }
  [[nodiscard]] Packet whole(const Bytes& all) const { return part(all, 0, all.size()); }

 private:
  [[nodiscard]] Packet segment(std::uint32_t sequence, TcpFlags flags,
                               std::span<const std::uint8_t> payload) const {
    const auto made = tcp_packet(from_, relay, flags, std::string(payload.begin(), payload.end()));
    Bytes bytes(made.bytes().begin(), made.bytes().end());
    for (int i = 0; i < 4; ++i) bytes[24 + i] = static_cast<std::uint8_t>(sequence >> (24 - 8 * i));
    return Packet::parse(std::move(bytes)).value();
  }

  std::uint32_t first_byte_;
  Endpoint from_;
};

std::vector<Bytes> arrive(TcpStreams& streams, const std::vector<Packet>& segments) {
  std::vector<Bytes> messages;
  for (const Packet& segment : segments)
    std::ranges::move(streams.arrive(segment), std::back_inserter(messages));
  return messages;
}

class TcpStreamsTest : public testing::Test {
 protected:
  TcpStreamsTest() { all_.insert(all_.end(), response.begin(), response.end()); }
  Bytes all_ = request;
  Sender sender_{1000};
  TcpStreams streams_;
};

TEST_F(TcpStreamsTest, CutsTheStreamIntoMessages) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.whole(all_)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, FollowsAStreamWhoseBeginningWasNotSeen) {
  EXPECT_THAT(arrive(streams_, {sender_.whole(all_)}), ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, TakesARetransmittedSegmentOnce) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.part(all_, 0, 10), sender_.part(all_, 0, 10),
                                sender_.part(all_, 10, 48), sender_.part(all_, 10, 48)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, PutsReorderedSegmentsRight) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.part(all_, 30, 48),
                                sender_.part(all_, 10, 30), sender_.part(all_, 0, 10)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, TakesOverlappingBytesOnce) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.part(all_, 0, 20),
                                sender_.part(all_, 10, 40), sender_.part(all_, 5, 48)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, KeepsTheLongerOfTwoEarlySegments) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.part(all_, 20, 30),
                                sender_.part(all_, 20, 48), sender_.part(all_, 0, 20)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, GoesOnWhereSequenceNumbersWrap) {
  for (std::uint32_t before = 0; before <= all_.size(); ++before) {
    const Sender wrapping(0U - before);
    TcpStreams streams;
    EXPECT_THAT(arrive(streams, {wrapping.syn(), wrapping.part(all_, 40, 48),
                                 wrapping.part(all_, 0, 20), wrapping.part(all_, 10, 40)}),
                ElementsAre(request, response))
        << before;
  }
}

TEST_F(TcpStreamsTest, IsNotConfusedByASynSentAgain) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.part(all_, 0, 20), sender_.syn(),
                                sender_.part(all_, 20, 48)}),
              ElementsAre(request, response));
}

TEST_F(TcpStreamsTest, BeginsAnewWithANewConnection) {
  const Sender next(777000);
  EXPECT_THAT(arrive(streams_,
                     {sender_.syn(), sender_.part(all_, 0, 20), next.syn(), next.whole(response)}),
              ElementsAre(response));
}

TEST_F(TcpStreamsTest, KeepsConnectionsApart) {
  const Sender bob(1000, "203.0.113.22:41000"_endpoint);
  EXPECT_THAT(arrive(streams_, {sender_.syn(), bob.syn(), sender_.part(all_, 0, 10),
                                bob.part(all_, 0, 28), sender_.part(all_, 10, 28)}),
              ElementsAre(request, request));
}

TEST_F(TcpStreamsTest, GivesNothingAfterAHole) {
  EXPECT_THAT(
      arrive(streams_, {sender_.syn(), sender_.part(all_, 0, 28), sender_.part(all_, 29, 48)}),
      ElementsAre(request));
}

TEST_F(TcpStreamsTest, PassesForeignBytesBy) {
  EXPECT_THAT(arrive(streams_, {sender_.syn(), sender_.whole(Bytes(100, 0x16))}), IsEmpty());
}

}  // namespace
}  // namespace icelab
