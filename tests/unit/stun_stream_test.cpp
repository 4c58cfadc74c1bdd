#include "src/stun/stream.h"
#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Bytes request =
    stun_bytes(StunClass::request, StunMethod::binding, "1", {stun_attribute::priority(1)});
const Bytes response = stun_bytes(StunClass::success, StunMethod::binding, "1");
const Bytes three_bytes = channel_data_bytes(0x4000, Bytes{1, 2, 3});
const Bytes four_bytes = channel_data_bytes(0x4001, Bytes{1, 2, 3, 4});

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<Bytes> feed_in_two(const Bytes& bytes, size_t first) {
  StunStream stream;
  auto messages = stream.feed(std::span(bytes).first(first));
  for (auto& message : stream.feed(std::span(bytes).subspan(first)))
    messages.push_back(std::move(message));
  return messages;
}

TEST(StunStream, CutsTurnMessagesWhereverTheyAreSplit) {
  const Bytes bytes = request + response;
  for (size_t first = 0; first <= bytes.size(); ++first)
    EXPECT_THAT(feed_in_two(bytes, first), ElementsAre(request, response)) << first;
}

TEST(StunStream, CutsIceTcpMessagesWhereverTheyAreSplit) {
  const Bytes bytes = framed(request) + framed(response);
  for (size_t first = 0; first <= bytes.size(); ++first)
    EXPECT_THAT(feed_in_two(bytes, first), ElementsAre(request, response)) << first;
}

TEST(StunStream, CutsMessagesThatComeByteByByte) {
  for (const Bytes& bytes : {request + response, framed(request) + framed(response)}) {
    StunStream stream;
    std::vector<Bytes> messages;
    for (const std::uint8_t byte : bytes) {
      for (auto& message : stream.feed({&byte, 1})) messages.push_back(std::move(message));
    }
    EXPECT_THAT(messages, ElementsAre(request, response));
  }
}

TEST(StunStream, PassesOverTheWordsThatOpenATunnelWhereverTheyAreSplit) {
  const std::string asked = "CONNECT 203.0.113.10:443 HTTP/1.0\r\nHost: 203.0.113.10\r\n\r\n";
  const std::string answered = "HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n";
  for (const std::string& words : {asked, answered}) {
    const Bytes bytes = Bytes(words.begin(), words.end()) + request + response;
    for (size_t first = 0; first <= bytes.size(); ++first)
      EXPECT_THAT(feed_in_two(bytes, first), ElementsAre(request, response)) << first;
  }
}

TEST(StunStream, GivesUpAWebPageAndWordsThatDoNotEnd) {
  const std::string refused = "HTTP/1.0 403 Filtered\r\n\r\n<html>go away</html>";
  const Bytes page(refused.begin(), refused.end());
  EXPECT_THAT(feed_in_two(page + request, page.size()), IsEmpty());
  const Bytes endless = Bytes{'G'} + Bytes(20000, 'x');
  EXPECT_THAT(feed_in_two(endless, 1), IsEmpty());
  StunStream stream;
  Bytes words{'H', 'T', 'T', 'P', '/', '1', '.'};
  words.resize(20000, 'x');
  EXPECT_THAT(stream.feed(words), IsEmpty());
  EXPECT_THAT(stream.feed(Bytes{'\r', '\n', '\r', '\n'} + request), IsEmpty());
}

TEST(StunStream, LeavesOutThePaddingOfChannelData) {
  const Bytes bytes = request + three_bytes + Bytes{0} + four_bytes + response;
  for (size_t first = 0; first <= bytes.size(); ++first) {
    EXPECT_THAT(feed_in_two(bytes, first), ElementsAre(request, three_bytes, four_bytes, response))
        << first;
  }
}

TEST(StunStream, PassesIceTcpFramesThatAreNotStun) {
  StunStream stream;
  EXPECT_THAT(
      stream.feed(framed(request) + framed(Bytes{'h', 'i'}) + framed({}) + framed(response)),
      ElementsAre(request, Bytes{'h', 'i'}, Bytes{}, response));
}

TEST(StunStream, GivesNothingOfAStreamThatIsNeither) {
  const Bytes client_hello = Bytes{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03};
  for (size_t first = 0; first <= client_hello.size(); ++first)
    EXPECT_THAT(feed_in_two(client_hello + request, first), IsEmpty()) << first;
}

TEST(StunStream, GivesNothingMoreOnceATurnStreamIsForeign) {
  StunStream stream;
  EXPECT_THAT(stream.feed(request + Bytes(8, 0xff) + response), ElementsAre(request));
  EXPECT_THAT(stream.feed(response), IsEmpty());
}

TEST(StunStream, WaitsForTheRestOfAMessage) {
  StunStream stream;
  EXPECT_THAT(stream.feed(std::span(request).first(request.size() - 1)), IsEmpty());
  EXPECT_THAT(stream.feed(std::span(request).last(1)), ElementsAre(request));
}

}  // namespace
}  // namespace icelab
