#include "tests/lab/family.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

namespace icelab {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;

/// The programs of tests/lab/agents, and what a run's report must say when alice's agent is that
/// one.
struct Misbehaviour {
  std::string agent;
  std::string reason;  // part of one; none: the run is judged by the packets alone
  std::string note;    // part of one, if any is due
};

const std::string overdue = "stopped at its deadline of 3 s";
const std::string stubborn = "alice's agent did not end when asked to";

const std::vector<Misbehaviour> misbehaviours{
    {"crashes-at-start",
     "alice's agent ended early: exit status 5; its last words: cannot find my configuration", ""},
    {"crashes-after-gathering", "alice's agent ended early: killed by signal 11", ""},
    {"leaves-a-daemon", "alice's agent ended early: exit status 0", ""},
    {"hangs", stubborn, overdue},
    {"says-nothing", "alice's agent had not gathered its candidates within 3 s", overdue},
    {"gathers-nothing", "", overdue},
    {"floods-with-candidates", "alice's agent tells more than 256 candidates", ""},
    {"floods-with-states", stubborn,
     "alice's agent changed its state, its pair or its credentials"},
    {"floods-its-log", "alice's agent ended early: killed by signal 25", ""},
    {"prints-rubbish",
     "alice's agent does not speak the agent protocol: it began with "
     "'Welcome to ?[31mmy agent?[0m!', expected 'hello' with protocol 1",
     ""},
    {"says-no-hello",
     R"(alice's agent does not speak the agent protocol: it began with '{"type":"credentials",)",
     ""},
    {"speaks-another-protocol",
     "alice's agent does not speak the agent protocol: its 'hello' is of protocol 2, expected 1",
     ""},
    {"prints-an-endless-line",
     "alice's agent does not speak the agent protocol: a line of more than a megabyte", ""},
    {"floods", stubborn, overdue},
    {"never-quits", stubborn, ""},
    {"closes-its-input", stubborn, overdue},
    {"closes-its-output", stubborn, overdue},
    {"claims-to-be-connected", "", ""},
};

/// All of them at once, and among them three runs in which nobody misbehaves.
std::string all_misbehaviours() {
  std::string agents;
  for (const auto& each : misbehaviours) {
    agents += fmt::format(R"({{ "name": "{0}", "command": ["{1}/{0}"] }}, )", each.agent,
                          ICELAB_TEST_AGENTS);
  }
  return fmt::format(R"({{
    "matrix": {{ "agent": [ {} {{ "name": "healthy-1", "kind": "libnice" }},
                          {{ "name": "healthy-2", "kind": "libnice", "nomination": "regular" }},
                          {{ "name": "healthy-3", "kind": "libnice", "force_relay": true }} ] }},
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": "${{agent}}" }},
               "bob": {{ "agent": {{ "kind": "libnice", "retransmissions": 1 }} }} }},
    "expect": [ {{ "connected": true }}, {{ "when": {{ "agent": "healthy-3" }}, "path": "relay" }} ],
    "deadline_s": 3 }})",
                     agents);
}

std::vector<std::string> texts(const Json& array) {
  return array;
}

TEST(MisbehavingAgents, AreEachAResultOfTheirRunAndOfNothingElse) {
  REQUIRE_LABS();
  ScenarioRun icelab(all_misbehaviours(), {}, {{"ICELAB_AGENT", ICELAB_AGENT}});
  EXPECT_EQ(icelab.wait(), 1);
  EXPECT_EQ(icelab.runs().size(), misbehaviours.size() + 3);

  for (const auto& each : misbehaviours) {
    SCOPED_TRACE(each.agent);
    const Json run = icelab.run_named(each.agent);
    SCOPED_TRACE(run.at("reasons").dump() + run.at("notes").dump());
    if (each.reason.empty()) {
      // Beside agents that flood, some wait for a processor.
      if (run.at("verdict") != "unexpected") {
        EXPECT_THAT(texts(run.at("reasons")),
                    Contains(AnyOf(HasSubstr("machine too busy"), HasSubstr("icelab was late"))));
      }
      EXPECT_THAT(texts(run.at("reasons")), Contains(HasSubstr("was not connected")));
    } else {
      EXPECT_EQ(run.at("verdict"), "error");
      EXPECT_THAT(texts(run.at("reasons")), Contains(HasSubstr(each.reason)));
    }
    if (!each.note.empty()) {
      EXPECT_THAT(texts(run.at("notes")), Contains(HasSubstr(each.note)));
    }
  }
  for (const std::string healthy : {"healthy-1", "healthy-2", "healthy-3"}) {
    const Json run = icelab.run_named(healthy);
    EXPECT_EQ(run.at("verdict"), "as-expected") << run.at("reasons");
    EXPECT_THAT(texts(run.at("notes")),
                Each(AnyOf(HasSubstr("the machine was busy"), HasSubstr("icelab was late"))));
  }
}

TEST(MisbehavingServer, ThatDiesIsAnErrorOfItsRunAndEndsIt) {
  REQUIRE_LABS();
  const Family family;
  ScenarioRun icelab(fmt::format(R"({{
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": {{ "command": ["{}/says-nothing"] }} }},
               "bob": {{ "agent": "libnice" }} }},
    "expect": [ {{ "connected": true }} ], "deadline_s": 600 }})",
                                 ICELAB_TEST_AGENTS),
                     {}, family.environment());
  // The agents are started when the server has answered.
  ASSERT_TRUE(eventually([&] { return !family.processes_of("says-nothing").empty(); }));
  const auto servers = family.processes_of("turnserver");
  ASSERT_EQ(servers.size(), 1U);
  kill(servers[0], SIGKILL);
  EXPECT_EQ(icelab.wait(), 1);
  const Json run = icelab.only_run();
  EXPECT_EQ(run.at("verdict"), "error");
  EXPECT_THAT(texts(run.at("reasons")),
              Contains(HasSubstr("server relay: turnserver ended with killed by signal 9")));
}

}  // namespace
}  // namespace icelab
