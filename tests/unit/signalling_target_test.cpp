#include "src/agent/signalling_target.h"

#include "src/base/error.h"

#include <gmock/gmock.h>

#include <vector>

namespace icelab {
namespace {

using testing::HasSubstr;

const std::string room = "7dXk0mW2q5TzYv9bLhR4cA";

std::string url_of(const std::string& link) {
  return parse_signalling_target(std::vector{link, room}).url;
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse_signalling_target(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

TEST(SignallingTarget, IsBesideThePage) {
  EXPECT_EQ(url_of("http://127.0.0.1:8080/"), "http://127.0.0.1:8080/signal");
  EXPECT_EQ(url_of("http://127.0.0.1:8080"), "http://127.0.0.1:8080/signal");
  EXPECT_EQ(url_of("https://call.example.org/some/path"),
            "https://call.example.org/some/path/signal");
  EXPECT_EQ(url_of("ws://[::1]:8080/"), "http://[::1]:8080/signal");
  EXPECT_EQ(url_of("WSS://call.example.org/"), "https://call.example.org/signal");
  EXPECT_EQ(url_of("https://call.example.org/?lang=ko"), "https://call.example.org/signal");
}

TEST(SignallingTarget, TheRoomMayStandInTheLink) {
  const auto target = parse_signalling_target(std::vector{"http://localhost:8080/?relay#" + room});
  EXPECT_EQ(target.url, "http://localhost:8080/signal");
  EXPECT_EQ(target.room, room);
  EXPECT_EQ(refusal({"http://localhost/#" + room, room}), "taken");
}

TEST(SignallingTarget, SaysWhatIsWrong) {
  for (const std::string link : {"", "127.0.0.1:8080", "ftp://host/", "http://", "http:///",
                                 "http://a b/", "http://host:99999/", "//host/", "\xff\xfe"})
    EXPECT_THAT(refusal({link, room}), HasSubstr("takes the link of a signalling server")) << link;
  EXPECT_THAT(refusal({"http://host/"}), HasSubstr("a room is missing"));
  EXPECT_THAT(refusal({"http://host/", "short"}), HasSubstr("'short' is no name of a room"));
  EXPECT_THAT(refusal({"http://host/", room + " "}), HasSubstr("is no name of a room"));
  EXPECT_THAT(refusal({"http://host/", std::string(65, 'x')}), HasSubstr("is no name of a room"));
  EXPECT_THAT(refusal({"http://host/#" + room, room + "x"}), HasSubstr("another"));
  EXPECT_THAT(refusal({}), HasSubstr("and a room"));
  EXPECT_THAT(refusal({"http://host/", room, "more"}), HasSubstr("and a room"));
}

}  // namespace
}  // namespace icelab
