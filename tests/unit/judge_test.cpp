#include "harness/observe/judge.h"

#include "tests/support/story.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

/// A run in which alice and bob have found each other, directly.
class Judge : public testing::Test {
 protected:
  Judge() {
    story.alice_checks_bob(100, "a", true);
    story.bob_checks_alice(100, "b");
  }
  void expect(std::optional<bool> connected, std::optional<Path> path) {
    auto& expectations = record.plan.expectations;
    expectations.push_back({.pointer = "/expect/" + std::to_string(expectations.size()),
                            .connected = connected,
                            .path = path});
  }
  Story story;
  RunRecord& record = story.record();
};

TEST_F(Judge, FindsARunAsExpectedThatExpectsNothing) {
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.reasons, IsEmpty());
}

TEST_F(Judge, TellsWhatWasRun) {
  record.plan.scenario = "classic";
  record.plan.name = "none/none";
  record.plan.parameters = {{"a", "none"}};
  record.plan.repeat = 2;
  record.plan.seed = 77;
  record.notes = {"a note"};
  const RunReport report = judge(record);
  EXPECT_EQ(report.scenario, "classic");
  EXPECT_EQ(report.name, "none/none");
  EXPECT_THAT(report.parameters, ElementsAre(std::pair<std::string, std::string>("a", "none")));
  EXPECT_EQ(report.repeat, 2);
  EXPECT_EQ(report.seed, 77U);
  EXPECT_THAT(report.notes, ElementsAre("a note"));
}

TEST_F(Judge, TellsThePeersAndTheirCandidates) {
  const RunReport report = judge(record);
  ASSERT_EQ(report.peers.size(), 2U);
  const auto& [name, alice] = report.peers[0];
  EXPECT_EQ(name, "alice");
  EXPECT_EQ(alice.agent, "test 1");
  EXPECT_EQ(alice.state, "ready");
  ASSERT_EQ(alice.candidates.size(), 3U);
  EXPECT_EQ(alice.candidates[1].type, "srflx");
  EXPECT_EQ(alice.candidates[1].address, "203.0.113.21:5001");
}

TEST_F(Judge, CallsAPathWithoutARelayDirect) {
  const RunReport report = judge(record);
  EXPECT_TRUE(report.connected);
  EXPECT_EQ(report.path, Path::direct);
}

TEST_F(Judge, CallsAPathARelaysIfEitherEndIsOne) {
  // Bob speaks of the address that alice's relay has for her as if it were any other.
  for (auto& peer : record.peers) peer.candidates[1].type = CandidateType::relayed;
  const RunReport report = judge(record);
  EXPECT_TRUE(report.connected);
  EXPECT_EQ(report.path, Path::relay);
}

TEST_F(Judge, CallsARunConnectedOnlyIfBothAgentsSayTheyAre) {
  record.peers[1].state = "failed";
  const RunReport report = judge(record);
  EXPECT_FALSE(report.connected);
  EXPECT_EQ(report.path, Path::none);
  EXPECT_EQ(report.seconds.connected, std::nullopt);
}

TEST_F(Judge, CallsARunConnectedOnlyIfThePacketsBearItOut) {
  record.recording = {};
  EXPECT_FALSE(judge(record).connected);
}

TEST_F(Judge, CallsARunUnconnectedThatLostAnAgent) {
  record.peers.pop_back();
  EXPECT_FALSE(judge(record).connected);
}

TEST_F(Judge, TakesTheLaterOfBothPeersForAMilestone) {
  record.peers[0].gathered = record.started + std::chrono::milliseconds(40);
  record.peers[1].gathered = record.started + std::chrono::milliseconds(20);
  record.peers[1].connected = record.started + std::chrono::milliseconds(250);
  const RunReport report = judge(record);
  EXPECT_THAT(report.seconds.gathering, Optional(0.04));
  EXPECT_THAT(report.seconds.connected, Optional(0.25));
  EXPECT_EQ(report.seconds.total, 3.0);
}

TEST_F(Judge, HasNoTimeForAMilestoneThatOnePeerNeverReached) {
  record.peers[0].gathered = std::nullopt;
  EXPECT_EQ(judge(record).seconds.gathering, std::nullopt);
}

TEST_F(Judge, IsContentWhenAllExpectationsHold) {
  expect(true, std::nullopt);
  expect(std::nullopt, Path::direct);
  expect(true, Path::direct);
  EXPECT_EQ(judge(record).verdict, RunVerdict::as_expected);
}

TEST_F(Judge, GivesAReasonForEachExpectationThatDoesNotHold) {
  expect(true, Path::relay);
  expect(false, std::nullopt);
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::unexpected);
  EXPECT_THAT(report.reasons, ElementsAre("expected path relay, was direct (/expect/0)",
                                          "expected not connected, was connected (/expect/1)"));
}

TEST_F(Judge, SaysThatNothingWasConnectedWhereAPathWasExpected) {
  record.peers[0].state = "failed";
  expect(true, Path::direct);
  EXPECT_THAT(judge(record).reasons,
              ElementsAre("expected connected, was not connected (/expect/0)",
                          "expected path direct, was none (/expect/0)"));
}

TEST_F(Judge, JudgesNothingWhenTheMeansHaveFailed) {
  record.errors = {"server relay: it ended"};
  expect(false, std::nullopt);
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons, ElementsAre("server relay: it ended"));
  EXPECT_FALSE(report.pairs.empty()) << "what was seen is told all the same";
}

TEST_F(Judge, NotesThatEvidenceWasCutShort) {
  record.recording.left_out = 7;
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("7 observations were left out")));
}

TEST_F(Judge, DoesNotCallUnexpectedWhatMayOnlyNotHaveBeenSeen) {
  record.recording = {};
  record.recording.left_out = 7;
  expect(true, std::nullopt);
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons, ElementsAre(HasSubstr("expected connected"), HasSubstr("left out")));
}

/// Whether the machine or the network is to blame for what was not as expected.
class LateJudge : public Judge {
 protected:
  RunReport judge_late(Duration waited) {
    record.lateness = {.who = "alice's agent", .waited = waited};
    return judge(record);
  }
  void nobody_connects() {
    for (auto& peer : record.peers) {
      peer.state = "failed";
      peer.connected = {};
    }
  }
};

TEST_F(LateJudge, DoesNotBlameTheNetworkForAPathThatALateAgentMayHaveChosen) {
  expect(true, Path::relay);
  const RunReport report = judge_late(milliseconds(83));
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons,
              ElementsAre("machine too busy: alice's agent waited 83 ms for a processor",
                          "expected path relay, was direct (/expect/0)"));
  EXPECT_TRUE(was_machine_too_busy(record, report));
}

TEST_F(LateJudge, BlamesTheNetworkWhereNobodyWasLate) {
  expect(true, Path::relay);
  const RunReport report = judge_late(milliseconds(19));
  EXPECT_EQ(report.verdict, RunVerdict::unexpected);
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_FALSE(was_machine_too_busy(record, report));
}

TEST_F(LateJudge, NotesThatTheMachineWasLateWhereAllIsAsExpected) {
  expect(true, Path::direct);
  const RunReport report = judge_late(milliseconds(900));
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.notes,
              ElementsAre("the machine was busy: alice's agent waited 900 ms for a processor"));
}

TEST_F(LateJudge, KnowsThatRetransmissionsOutliveALittleLateness) {
  nobody_connects();
  expect(true, {});
  EXPECT_EQ(judge_late(milliseconds(499)).verdict, RunVerdict::unexpected);
  EXPECT_EQ(judge_late(milliseconds(500)).verdict, RunVerdict::error);
}

TEST_F(LateJudge, DoubtsEvenAFailureThatWasExpectedWhereTheMachineStoodStill) {
  nobody_connects();
  expect(false, {});
  EXPECT_EQ(judge_late(milliseconds(499)).verdict, RunVerdict::as_expected);
  EXPECT_EQ(judge_late(milliseconds(500)).verdict, RunVerdict::error);
}

TEST_F(LateJudge, DoubtsSoonerWhatHadNotComeToAnEnd) {
  nobody_connects();
  record.peers[0].state = "connecting";
  expect(true, {});
  EXPECT_EQ(judge_late(milliseconds(20)).verdict, RunVerdict::error);
}

}  // namespace
}  // namespace icelab
