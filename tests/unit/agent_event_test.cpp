#include "harness/agents/agent_event.h"

#include "tests/support/growth.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

/// The event if it is of this type; fails the test with what it is otherwise.
template <typename Event>
Event read(std::string_view line) {
  const AgentEvent event = parse_agent_event(line);
  if (const auto* wanted = std::get_if<Event>(&event)) return *wanted;
  const auto* rubbish = std::get_if<AgentRubbish>(&event);
  ADD_FAILURE() << line << " is event " << event.index() << (rubbish ? ": " + rubbish->why : "");
  return {};
}

TEST(AgentEvent, ReadsHello) {
  const auto hello = read<AgentHello>(R"({"type":"hello","agent":"libnice 0.1.21","protocol":1})");
  EXPECT_EQ(hello.agent, "libnice 0.1.21");
  EXPECT_EQ(hello.protocol, 1);
}

TEST(AgentEvent, TakesNoOtherProtocolForItsOwn) {
  constexpr auto hello = R"({{"type":"hello","agent":"x","protocol":{}}})";
  EXPECT_GT(read<AgentHello>(fmt::format(hello, "4294967297")).protocol, agent_protocol);
  read<AgentRubbish>(fmt::format(hello, "1e300"));
}

TEST(AgentEvent, TakesNoCredentialsWithControlCharacters) {
  const auto rubbish =
      read<AgentRubbish>(R"({"type":"credentials","ufrag":"ab\u0001d","pwd":"secret"})");
  EXPECT_THAT(rubbish.why, HasSubstr("control characters"));
}

TEST(AgentEvent, ReadsCredentials) {
  const auto credentials =
      read<AgentCredentials>(R"({"type":"credentials","ufrag":"abcd","pwd":"secret"})");
  EXPECT_EQ(credentials.ufrag, "abcd");
  EXPECT_EQ(credentials.password, "secret");
}

TEST(AgentEvent, ReadsACandidateAndKeepsItsWords) {
  const std::string sdp = "candidate:1 1 UDP 2015363327 10.0.1.2 41010 typ host";
  const auto told = read<AgentCandidate>(R"({"type":"candidate","candidate":")" + sdp + R"("})");
  EXPECT_EQ(told.sdp, sdp);
  EXPECT_EQ(told.candidate.endpoint.to_string(), "10.0.1.2:41010");
}

TEST(AgentEvent, ReadsGathered) {
  read<AgentGathered>(R"({"type":"gathered"})");
}

TEST(AgentEvent, ReadsAState) {
  EXPECT_EQ(read<AgentState>(R"({"type":"state","state":"ready"})").state, "ready");
  const auto state = read<AgentState>(R"({"type":"state","state":"connected","level":"media"})");
  EXPECT_EQ(state.level, Level::media);
}

TEST(AgentEvent, ReadsTheSelectedPairByItsBase) {
  const auto selected = read<AgentSelected>(R"({"type":"selected",
      "local":{"type":"srflx","transport":"udp","address":"203.0.113.21:1","base":"10.0.1.2:1"},
      "remote":{"type":"host","transport":"udp","address":"203.0.113.22:2"}})");
  EXPECT_EQ(selected.local.type, "srflx");
  EXPECT_EQ(selected.local.address, "10.0.1.2:1");
  EXPECT_EQ(selected.remote.address, "203.0.113.22:2");
}

TEST(AgentEvent, ReadsTheSelectedPairOfAnAgentThatDoesNotTellTheBase) {
  const auto selected = read<AgentSelected>(R"({"type":"selected",
      "local":{"type":"srflx","transport":"udp","address":"203.0.113.21:1"},
      "remote":{"type":"host","transport":"udp","address":"203.0.113.22:2"}})");
  EXPECT_EQ(selected.local.address, "203.0.113.21:1");
}

TEST(AgentEvent, ReadsPairs) {
  const auto told = read<AgentPairs>(R"({"type":"pairs","pairs":[
      {"local":{"type":"host","transport":"udp","address":"10.0.1.2:1"},
       "remote":{"type":"host","transport":"udp","address":"10.0.2.2:2"},
       "state":"succeeded","nominated":true},
      {"local":{"type":"relay","transport":"udp","address":"203.0.113.10:3"},
       "remote":{"type":"host","transport":"udp","address":"10.0.2.2:2"},"state":"frozen"}]})");
  EXPECT_THAT(
      told.pairs,
      ElementsAre(
          AllOf(Field(&AgentPair::state, "succeeded"), Field(&AgentPair::nominated, true)),
          AllOf(Field(&AgentPair::state, "frozen"), Field(&AgentPair::nominated, false),
                Field(&AgentPair::local, Field(&CandidateReport::address, "203.0.113.10:3")))));
}

TEST(AgentEvent, ReadsAnEmptyTableOfPairs) {
  EXPECT_THAT(read<AgentPairs>(R"({"type":"pairs","pairs":[]})").pairs, SizeIs(0));
}

TEST(AgentEvent, ReadsLogReceivedAndError) {
  const auto log = read<AgentLog>(R"({"type":"log","level":"info","message":"so"})");
  EXPECT_EQ(log.level, "info");
  EXPECT_EQ(log.message, "so");
  EXPECT_EQ(read<AgentLog>(R"({"type":"log","message":"so"})").level, "");
  EXPECT_EQ(read<AgentReceived>(R"({"type":"received","data":"hi"})").data, "hi");
  EXPECT_EQ(read<AgentRefusal>(R"({"type":"error","message":"no"})").message, "no");
}

TEST(AgentEvent, TakesAnEventOfALaterProtocolAsALog) {
  EXPECT_THAT(read<AgentLog>(R"({"type":"mood","value":"fine"})").message, HasSubstr("mood"));
}

TEST(AgentEvent, CallsRubbishWhatIsNotJson) {
  for (const std::string_view line : {"", "Segmentation fault", R"({"type":"hello")", "\x00\xff"})
    EXPECT_THAT(read<AgentRubbish>(line).why, HasSubstr("is not JSON")) << line;
}

TEST(AgentEvent, CallsRubbishWhatIsNoEvent) {
  for (const std::string_view line :
       {"1", "null", "[]", R"("hello")", "{}", R"({"type":7})", R"({"type":"hello"})",
        R"({"type":"hello","agent":"mine 1.0"})",
        R"({"type":"hello","agent":"mine 1.0","protocol":"1"})",
        R"({"type":"log","level":1,"message":"so"})", R"({"type":"state","state":1})",
        R"({"type":"candidate","candidate":null})", R"({"type":"pairs","pairs":7})",
        R"({"type":"pairs","pairs":{}})", R"({"type":"pairs","pairs":[1]})",
        R"({"type":"pairs","pairs":[{"local":{},"remote":{},"state":"failed"}]})",
        R"({"type":"selected","local":1,"remote":2})",
        R"({"type":"selected","local":{"type":"host","transport":"udp","address":"a","base":1},
            "remote":{"type":"host","transport":"udp","address":"a"}})"})
    EXPECT_THAT(read<AgentRubbish>(line).why, HasSubstr("wrong type")) << line;
}

TEST(AgentEvent, CallsRubbishACandidateThatIsNone) {
  EXPECT_THAT(read<AgentRubbish>(R"({"type":"candidate","candidate":"candidate:1 1"})").why,
              HasSubstr("'candidate:1 1' is not a candidate"));
}

TEST(AgentEvent, ShowsOfALineNoMoreThanCanBeShown) {
  const std::string line = "\x1b[31m\n" + std::string(1000, 'x');
  const std::string why = read<AgentRubbish>(line).why;
  EXPECT_THAT(why, HasSubstr("?[31m?x"));
  EXPECT_LT(why.size(), 120U);
}

TEST(AgentEvent, CostsInProportionToItsLength) {
  constexpr size_t long_line = 1 << 17;
  for (const auto& make : {object_of_many_keys, object_of_one_key, object_below_a_long_key}) {
    EXPECT_LT(growth_for_eight_times(make, long_line, parse_agent_event), most_for_linear)
        << make(100);
  }
}

TEST(AgentEvent, CallsRubbishWhatNestsOrHoldsMoreThanAnyEvent) {
  const std::string deep = R"({"type":"gathered","more":)" + std::string(40, '[');
  EXPECT_THAT(read<AgentRubbish>(deep).why, HasSubstr("is nested more than 32 deep"));
  EXPECT_THAT(read<AgentRubbish>(object_of_many_keys(1 << 20)).why,
              HasSubstr("is of more than 50000 values"));
}

TEST(AgentEvent, TakesTheLastOfEqualKeys) {
  EXPECT_EQ(read<AgentState>(R"({"type":"mood","state":"x","type":"state","state":"ready"})").state,
            "ready");
}

TEST(AgentEvent, HasNoComments) {
  read<AgentRubbish>(R"({"type":"gathered"} // at last)");
}

TEST(AgentEvent, ReadsATableOfThousandsOfPairs) {
  const std::string pair =
      R"({"local":{"type":"host","transport":"udp","address":"10.0.1.2:1"},)"
      R"("remote":{"type":"host","transport":"udp","address":"10.0.2.2:2"},"state":"frozen"})";
  std::string line = R"({"type":"pairs","pairs":[)" + pair;
  for (int count = 1; count < 4000; ++count) line += "," + pair;
  EXPECT_THAT(read<AgentPairs>(line + "]}").pairs, SizeIs(4000));
}

std::string refusal_of_greeting(std::string_view line) {
  const AgentEvent event = parse_agent_greeting(line);
  const auto* rubbish = std::get_if<AgentRubbish>(&event);
  return rubbish ? rubbish->why : "";
}

TEST(AgentGreeting, IsHelloOfTheProtocolThatIsSpoken) {
  const AgentEvent event =
      parse_agent_greeting(R"({"type":"hello","agent":"mine 1.0","protocol":1,"more":true})");
  ASSERT_TRUE(std::holds_alternative<AgentHello>(event));
  EXPECT_EQ(std::get<AgentHello>(event).agent, "mine 1.0");
}

TEST(AgentGreeting, OfAnotherProtocolIsRefused) {
  for (const std::string protocol : {"0", "2", "-1"}) {
    EXPECT_EQ(
        refusal_of_greeting(R"({"type":"hello","agent":"mine 1.0","protocol":)" + protocol + "}"),
        "its 'hello' is of protocol " + protocol + ", expected 1");
  }
}

TEST(AgentGreeting, ThatIsSomethingElseIsToldBesideWhatWasExpected) {
  for (const std::string line : {"", "Welcome!", R"({"type":"gathered"})", R"({"type":"mood"})",
                                 R"({"type":"hello","agent":"mine 1.0"})"}) {
    EXPECT_EQ(refusal_of_greeting(line),
              "it began with '" + line + "', expected 'hello' with protocol 1");
  }
}

}  // namespace
}  // namespace icelab
