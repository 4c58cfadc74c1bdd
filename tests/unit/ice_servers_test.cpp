#include "src/agent/ice_servers.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

IceServers read(const char* json) {
  return read_ice_servers(Json::parse(json));
}

TEST(IceServers, AreReadAsABrowserReadsThem) {
  const IceServers servers = read(R"([
      {"urls": "stun:stun.example"},
      {"urls": ["turn:192.0.2.1:3479?transport=tcp", "TURN:[2001:db8::1]:80", "turn:relay.example?transport=udp"],
       "username": "u", "credential": "p"}])");
  EXPECT_THAT(servers.stun, ElementsAre(ServerAddress{.host = "stun.example", .port = 3478}));
  ASSERT_THAT(servers.turn, SizeIs(3));
  EXPECT_EQ(servers.turn[0].address.to_string(), "192.0.2.1:3479");
  EXPECT_TRUE(servers.turn[0].over_tcp);
  EXPECT_EQ(servers.turn[0].username, "u");
  EXPECT_EQ(servers.turn[0].password, "p");
  EXPECT_EQ(servers.turn[1].address, (ServerAddress{.host = "2001:db8::1", .port = 80}));
  EXPECT_FALSE(servers.turn[1].over_tcp);
  EXPECT_EQ(servers.turn[2].address, (ServerAddress{.host = "relay.example", .port = 3478}));
  EXPECT_THAT(servers.skipped, IsEmpty());
}

TEST(IceServers, ThoseOfNoUseAreLeftOutWithTheReason) {
  const IceServers servers = read(R"([{"urls": [
      "turns:relay.example:443", "stuns:relay.example", "turn:relay.example?transport=sctp", "turn:a:b:c",
      "turn:relay.example?other", "http:relay.example", "relay", ""]}])");
  EXPECT_THAT(servers.turn, IsEmpty());
  EXPECT_THAT(servers.stun, IsEmpty());
  EXPECT_THAT(servers.skipped,
              ElementsAre(HasSubstr("over TLS"), HasSubstr("over TLS"), HasSubstr("neither udp"),
                          HasSubstr("form"), HasSubstr("form"), HasSubstr("neither a STUN"),
                          HasSubstr("form"), HasSubstr("form")));
}

TEST(IceServers, WhateverComesIsAValue) {
  for (const char* json :
       {"null", "1", "{}", "[]", "[1]", "[{}]", R"([{"urls": 1}])", R"([{"urls": [null, {}]}])"}) {
    const IceServers servers = read(json);
    EXPECT_THAT(servers.stun, IsEmpty()) << json;
    EXPECT_THAT(servers.turn, IsEmpty()) << json;
  }
  EXPECT_EQ(read(R"([{"urls": "turn:h", "username": 1}])").turn.at(0).username, "");
}

}  // namespace
}  // namespace icelab
