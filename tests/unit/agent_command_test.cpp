#include "src/agent/command.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <typename Command>
Command parse(std::string_view line) {
  return std::get<Command>(parse_agent_command(line));
}

std::string refusal(std::string_view line) {
  try {
    parse_agent_command(line);
  } catch (const CommandError& error) {
    return error.what();
  }
  return "taken";
}

TEST(AgentCommand, TakesServersByNameToo) {
  const auto configure = parse<ConfigureCommand>(
      R"({"type":"configure","role":"controlled","stun":["ipv4.relay.example:3478"]})");
  EXPECT_THAT(configure.stun, ElementsAre(ServerAddress{"ipv4.relay.example", 3478}));
}

TEST(AgentCommand, LeavesSettingsAtTheirDefaults) {
  const auto configure = parse<ConfigureCommand>(R"({"type":"configure","role":"controlled"})");
  EXPECT_FALSE(configure.controlling);
  EXPECT_FALSE(configure.regular_nomination);
  EXPECT_FALSE(configure.force_relay);
  EXPECT_TRUE(configure.ice_udp);
  EXPECT_FALSE(configure.ice_tcp);
  EXPECT_EQ(configure.port, 0);
  EXPECT_EQ(configure.pacing_ms, 20);
  EXPECT_EQ(configure.retransmissions, 3);
  EXPECT_THAT(configure.stun, IsEmpty());
  EXPECT_THAT(configure.turn, IsEmpty());
  EXPECT_THAT(configure.addresses, IsEmpty());
}

TEST(AgentCommand, ReadsAWholeConfiguration) {
  const auto configure = parse<ConfigureCommand>(
      R"({"type":"configure","role":"controlling","stun":["203.0.113.10:3478"],
          "turn":[{"address":"[2001:db8::1]:3478","transport":"tcp","username":"u","password":"p"}],
          "proxy":"203.0.113.12:8888",
          "settings":{"nomination":"regular","force_relay":true,"ice_udp":false,"ice_tcp":true,
                      "port":50000,"pacing_ms":5,"retransmissions":7,"addresses":["127.0.0.1"]}})");
  EXPECT_TRUE(configure.controlling);
  EXPECT_THAT(configure.stun, ElementsAre(ServerAddress{"203.0.113.10", 3478}));
  ASSERT_EQ(configure.turn.size(), 1U);
  EXPECT_EQ(configure.turn[0].address, (ServerAddress{"2001:db8::1", 3478}));
  EXPECT_TRUE(configure.turn[0].over_tcp);
  EXPECT_EQ(configure.turn[0].username, "u");
  EXPECT_EQ(configure.turn[0].password, "p");
  EXPECT_EQ(configure.proxy, Endpoint::parse("203.0.113.12:8888"));
  EXPECT_TRUE(configure.regular_nomination);
  EXPECT_TRUE(configure.force_relay);
  EXPECT_FALSE(configure.ice_udp);
  EXPECT_TRUE(configure.ice_tcp);
  EXPECT_EQ(configure.port, 50000);
  EXPECT_EQ(configure.pacing_ms, 5);
  EXPECT_EQ(configure.retransmissions, 7);
  EXPECT_THAT(configure.addresses, ElementsAre(IpAddress::v4(0x7f000001)));
}

TEST(AgentCommand, ReadsTheOthers) {
  EXPECT_TRUE(std::holds_alternative<GatherCommand>(parse_agent_command(R"({"type":"gather"})")));
  EXPECT_TRUE(std::holds_alternative<QuitCommand>(parse_agent_command(R"({"type":"quit"})")));
  EXPECT_TRUE(std::holds_alternative<RestartCommand>(parse_agent_command(R"({"type":"restart"})")));
  EXPECT_TRUE(std::holds_alternative<RemoteGatheredCommand>(
      parse_agent_command(R"({"type":"remote-gathered"})")));
  EXPECT_EQ(parse<SendCommand>(R"({"type":"send","data":"x"})").data, "x");
  const auto credentials =
      parse<RemoteCredentialsCommand>(R"({"type":"remote-credentials","ufrag":"u","pwd":"p"})");
  EXPECT_EQ(credentials.ufrag, "u");
  EXPECT_EQ(credentials.pwd, "p");
  const auto candidate = parse<RemoteCandidateCommand>(
      R"({"type":"remote-candidate","candidate":"candidate:1 1 UDP 5 10.0.1.2 41010 typ host"})");
  EXPECT_EQ(candidate.candidate.endpoint, Endpoint::parse("10.0.1.2:41010").value());
}

TEST(AgentCommand, IgnoresUnknownMembers) {
  EXPECT_EQ(parse<SendCommand>(R"({"type":"send","data":"x","mood":"good"})").data, "x");
  EXPECT_TRUE(parse<ConfigureCommand>(
                  R"({"type":"configure","role":"controlling","settings":{"colour":"red"}})")
                  .controlling);
}

TEST(AgentCommand, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(refusal("rubbish"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("expected an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("type"));
  EXPECT_THAT(refusal(R"({"type":"gater"})"), HasSubstr("did you mean 'gather'"));
  EXPECT_THAT(refusal(R"({"type":"send"})"), HasSubstr("data"));
  EXPECT_THAT(refusal(R"({"type":"configure"})"), HasSubstr("role"));
  for (const std::string server :
       {"nowhere", ":3478", "re lay:3478", "relay.example:0x1", "a:b:1"}) {
    EXPECT_THAT(
        refusal(R"({"type":"configure","role":"controlling","stun":[")" + server + R"("]})"),
        HasSubstr("/stun/0"))
        << server;
  }
  EXPECT_THAT(
      refusal(R"({"type":"configure","role":"controlling","settings":{"retransmissions":0}})"),
      HasSubstr("/settings/retransmissions"));
  EXPECT_THAT(refusal(R"({"type":"configure","role":"controlling","settings":{"ice_udp":false}})"),
              HasSubstr("nothing is left to gather"));
  EXPECT_THAT(refusal(R"({"type":"remote-candidate","candidate":"candidate:1 1 UDP"})"),
              AllOf(HasSubstr("/candidate"), HasSubstr("RFC 8839")));
}

}  // namespace
}  // namespace icelab
