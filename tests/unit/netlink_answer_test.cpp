#include "netns/linux/netlink_answer.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <limits>

namespace icelab {
namespace {

/// A message with this body, followed by as much of the request as errors quote.
template <typename Body>
std::vector<std::uint8_t> message(std::uint16_t type, const Body& body) {
  std::vector<std::uint8_t> bytes(NLMSG_LENGTH(sizeof(nlmsgerr)));
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
  header.nlmsg_type = type;
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + NLMSG_LENGTH(0), &body, sizeof(body));
  return bytes;
}

std::optional<int> error_in(int code) {
  return NetlinkAnswer::parse(message(NLMSG_ERROR, nlmsgerr{code, {}}))->error();
}

TEST(NetlinkAnswer, TellsWhyARequestWasRefused) {
  EXPECT_EQ(error_in(-EEXIST), EEXIST);
}

TEST(NetlinkAnswer, TellsThatARequestWasObeyed) {
  EXPECT_EQ(error_in(0), 0);
}

TEST(NetlinkAnswer, TakesWhatIsNoneOfErrnosForAMalformedAnswer) {
  EXPECT_EQ(error_in(EEXIST), EBADMSG);
  EXPECT_EQ(error_in(std::numeric_limits<int>::min()), EBADMSG);
}

TEST(NetlinkAnswer, HasTheKernelsStructBehindItsHeader) {
  rtmsg route{};
  route.rtm_type = RTN_LOCAL;
  const auto answer = NetlinkAnswer::parse(message(RTM_NEWROUTE, route));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error(), std::nullopt);
  EXPECT_EQ(answer->body<rtmsg>().rtm_type, RTN_LOCAL);
}

TEST(NetlinkAnswer, IsNoneWhereItsLengthIsBeyondItsEnd) {
  auto bytes = message(NLMSG_ERROR, nlmsgerr{});
  ++bytes[0];
  EXPECT_FALSE(NetlinkAnswer::parse(bytes));
}

TEST(NetlinkAnswer, IsNoneWhereItIsTooShortToTellOfAnError) {
  auto bytes = message(NLMSG_ERROR, nlmsgerr{});
  bytes.pop_back();
  EXPECT_FALSE(NetlinkAnswer::parse(bytes));
  EXPECT_FALSE(NetlinkAnswer::parse({}));
}

}  // namespace
}  // namespace icelab
