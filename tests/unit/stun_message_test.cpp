#include "src/stun/message.h"
#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using namespace stun_attribute;
using testing::ElementsAre;
using testing::Optional;

const Endpoint bob = "203.0.113.22:40000"_endpoint;

std::optional<StunMessage> parse(const Bytes& bytes) {
  return StunMessage::parse(bytes);
}

TEST(StunMessage, ReadsAConnectivityCheck) {
  const auto message =
      parse(stun_bytes(StunClass::request, StunMethod::binding, "check 1",
                       {username("bob:alice"), priority(1845501695), use_candidate()}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class, StunClass::request);
  EXPECT_EQ(message->method, StunMethod::binding);
  EXPECT_EQ(message->username, "bob:alice");
  EXPECT_THAT(message->priority, Optional(1845501695U));
  EXPECT_TRUE(message->use_candidate);
  EXPECT_FALSE(message->is_response());
  EXPECT_EQ(message->mapped_address, std::nullopt);
}

TEST(StunMessage, TellsWhatItDoesNotCarryByEmptiness) {
  const auto message = parse(stun_bytes(StunClass::request, StunMethod::binding, "bare"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->priority, std::nullopt);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_EQ(message->error_code, std::nullopt);
  EXPECT_EQ(message->channel, std::nullopt);
  EXPECT_THAT(message->username, testing::IsEmpty());
  EXPECT_THAT(message->data, testing::IsEmpty());
}

TEST(StunMessage, KeepsTheCookieAndTheTransactionId) {
  const auto message = parse(stun_bytes(StunClass::success, StunMethod::binding, "abcdefghijkl"));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->transaction, ElementsAre(0x21, 0x12, 0xa4, 0x42, 'a', 'b', 'c', 'd', 'e',
                                                'f', 'g', 'h', 'i', 'j', 'k', 'l'));
}

TEST(StunMessage, ReadsEveryClassAndMethod) {
  for (const auto message_class :
       {StunClass::request, StunClass::indication, StunClass::success, StunClass::error}) {
    for (const auto method :
         {StunMethod::binding, StunMethod::allocate, StunMethod::refresh, StunMethod::send,
          StunMethod::data, StunMethod::create_permission, StunMethod::channel_bind}) {
      const auto message = parse(stun_bytes(message_class, method, "1"));
      ASSERT_TRUE(message);
      EXPECT_EQ(message->message_class, message_class);
      EXPECT_EQ(message->method, method);
    }
  }
}

TEST(StunMessage, ReadsAMethodThatItDoesNotKnowAsOther) {
  constexpr auto connect = StunMethod{0x00a};  // RFC 6062
  const auto message = parse(stun_bytes(StunClass::request, connect, "1"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->method, StunMethod::other);
}

TEST(StunMessage, ReadsAddressesWithAndWithoutXor) {
  const auto response = [](const StunAttributeBytes& attribute) {
    return parse(stun_bytes(StunClass::success, StunMethod::binding, "1", {attribute}));
  };
  EXPECT_THAT(response(xor_mapped_address(bob))->mapped_address, Optional(bob));
  EXPECT_THAT(response(mapped_address(bob))->mapped_address, Optional(bob));
  EXPECT_THAT(response(xor_relayed_address(bob))->relayed_address, Optional(bob));
  EXPECT_THAT(response(xor_peer_address(bob))->peer_address, Optional(bob));
}

TEST(StunMessage, ReadsAnErrorResponse) {
  const auto message =
      parse(stun_bytes(StunClass::error, StunMethod::binding, "1", {error_code(487)}));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_response());
  EXPECT_THAT(message->error_code, Optional(487));
}

TEST(StunMessage, ReadsAnErrorResponseThatDoesNotSayWhich) {
  const auto message = parse(stun_bytes(StunClass::error, StunMethod::binding, "1"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->error_code, std::nullopt);
}

TEST(StunMessage, ReadsTheDataOfASendIndication) {
  const Bytes inner = stun_bytes(StunClass::request, StunMethod::binding, "inner");
  const auto message = parse(stun_bytes(StunClass::indication, StunMethod::send, "outer",
                                        {xor_peer_address(bob), wrapped_data(inner)}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->data, inner);
}

TEST(StunMessage, ReadsTheChannelOfAChannelBindRequest) {
  const auto message = parse(stun_bytes(StunClass::request, StunMethod::channel_bind, "1",
                                        {channel_number(0x4001), xor_peer_address(bob)}));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->channel, Optional(0x4001));
}

TEST(StunMessage, IsNoneIfItIsTruncatedAnywhere) {
  const Bytes whole = stun_bytes(StunClass::request, StunMethod::binding, "1",
                                 {username("bob:alice"), priority(1), use_candidate()});
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}))
        << length;
  }
}

TEST(StunMessage, IsNoneIfBytesFollowIt) {
  Bytes bytes = stun_bytes(StunClass::request, StunMethod::binding, "1");
  bytes.resize(bytes.size() + 4);
  EXPECT_FALSE(parse(bytes));
}

TEST(StunMessage, IsNoneIfAnAttributeIsLongerThanIt) {
  Bytes bytes = stun_bytes(StunClass::request, StunMethod::binding, "1", {priority(1)});
  bytes[23] = 8;  // PRIORITY's length
  EXPECT_FALSE(parse(bytes));
}

TEST(StunMessage, IgnoresAnAddressOfNoFamily) {
  Bytes bytes = stun_bytes(StunClass::success, StunMethod::binding, "1", {xor_mapped_address(bob)});
  bytes[25] = 7;
  const auto message = parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->mapped_address, std::nullopt);
}

TEST(StunMessage, IsNoneOfWhatElseUdpCarries) {
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse(Bytes(20, 0x80)));  // RTP has 10 in its first bits
  EXPECT_FALSE(parse(channel_data_bytes(0x4000, Bytes(16, 1))));
}

TEST(StunMessage, WritesABindingRequestThatReadsBack) {
  const auto message = StunMessage::parse(
      binding_request({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class, StunClass::request);
  EXPECT_EQ(message->method, StunMethod::binding);
  EXPECT_EQ(message->transaction[4], 'a');
  EXPECT_EQ(message->transaction[15], 'l');
}

TEST(StunMessage, ReadsBothMappedAddressesWhereTheyDiffer) {
  const Endpoint rewritten = "10.0.1.2:40000"_endpoint;
  const auto message = parse(stun_bytes(StunClass::success, StunMethod::binding, "1",
                                        {mapped_address(rewritten), xor_mapped_address(bob)}));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->xor_mapped_address, Optional(bob));
  EXPECT_THAT(message->plain_mapped_address, Optional(rewritten));
  EXPECT_THAT(message->mapped_address, Optional(bob));
}

TEST(StunMessage, ReadsWhereABehaviorDiscoveryServerAnswersFrom) {
  const Endpoint here = "203.0.113.10:3478"_endpoint;
  const Endpoint there = "203.0.113.11:3479"_endpoint;
  const auto message = parse(stun_bytes(StunClass::success, StunMethod::binding, "1",
                                        {response_origin(here), other_address(there)}));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->response_origin, Optional(here));
  EXPECT_THAT(message->other_address, Optional(there));
}

TEST(StunMessage, ReadsAndWritesEveryChangeRequest) {
  for (const bool address : {false, true}) {
    for (const bool port : {false, true}) {
      const BindingRequest request{.transaction = transaction_id({'1'}),
                                   .change_address = address,
                                   .change_port = port,
                                   .response_port = {}};
      const auto message = parse(request.bytes());
      ASSERT_TRUE(message);
      EXPECT_EQ(message->change_address, address);
      EXPECT_EQ(message->change_port, port);
      std::vector<StunAttributeBytes> attributes;
      if (address || port) attributes.push_back(change_request(address, port));
      EXPECT_EQ(request.bytes(),
                stun_bytes(StunClass::request, StunMethod::binding, "1", attributes));
    }
  }
}

TEST(StunMessage, WritesTheResponsePortWithItsPadding) {
  const BindingRequest request{.transaction = transaction_id({'1'}), .response_port = 40001};
  EXPECT_EQ(request.bytes(), stun_bytes(StunClass::request, StunMethod::binding, "1",
                                        {{0x0027, {40001 >> 8, 40001 & 0xff}}}));
}

TEST(StunMessage, WritesAndReadsARequestOfRfc3489WhichHasNoCookie) {
  const TransactionId id{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6};
  const auto message = parse(BindingRequest{.transaction = id, .response_port = {}}.bytes());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->transaction, id);
}

TEST(ChannelData, ReadsTheChannelAndTheData) {
  const Bytes bytes = channel_data_bytes(0x4abc, Bytes{1, 2, 3});
  const auto channel_data = ChannelData::parse(bytes);
  ASSERT_TRUE(channel_data);
  EXPECT_EQ(channel_data->channel, 0x4abc);
  EXPECT_THAT(channel_data->data, ElementsAre(1, 2, 3));
}

TEST(ChannelData, MayBePadded) {
  Bytes bytes = channel_data_bytes(0x4000, Bytes{1, 2, 3});
  bytes.push_back(0);
  const auto channel_data = ChannelData::parse(bytes);
  ASSERT_TRUE(channel_data);
  EXPECT_THAT(channel_data->data, ElementsAre(1, 2, 3));
}

TEST(ChannelData, MayBeEmpty) {
  const Bytes bytes = channel_data_bytes(0x4000, {});
  const auto channel_data = ChannelData::parse(bytes);
  ASSERT_TRUE(channel_data);
  EXPECT_THAT(channel_data->data, testing::IsEmpty());
}

TEST(ChannelData, IsNoneIfItIsTruncatedAnywhere) {
  const Bytes whole = channel_data_bytes(0x4000, Bytes{1, 2, 3});
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(ChannelData::parse(std::span(whole).first(length))) << length;
}

TEST(ChannelData, IsNoneOutsideTheChannelNumbers) {
  for (const std::uint16_t number : {0x0001, 0x3fff, 0x5000, 0x8000})
    EXPECT_FALSE(ChannelData::parse(channel_data_bytes(number, Bytes{1}))) << number;
}

}  // namespace
}  // namespace icelab
