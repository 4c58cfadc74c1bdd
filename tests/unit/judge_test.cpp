#include "harness/observe/judge.h"

#include "harness/observe/missed.h"
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

TEST_F(Judge, NotesWhatAHostsOwnInterfaceDropped) {
  record.recording.host_drops = {{"alice.eth0", {.sent = 1311}},
                                 {"bob.eth0", {.sent = 1, .received = 2}}};
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.notes,
              ElementsAre("interface-dropped at alice.eth0: its queue was full for 1311 packets of "
                          "its host's, which the network never saw",
                          "interface-dropped at bob.eth0: its queue was full for 1 packet of its "
                          "host's, which the network never saw; it did not take 2 packets that the "
                          "network delivered"));
}

TEST_F(Judge, DoesNotBlameTheNetworkForWhatAHostsOwnInterfaceDropped) {
  record.peers[0].state = "failed";
  record.recording.host_drops = {{"alice.eth0", {.sent = 5}}};
  expect(true, std::nullopt);
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons, ElementsAre(HasSubstr("expected connected"),
                                          HasSubstr("interface-dropped at alice.eth0")));
}

/// What the network allows, beside what was made of it.
class PossibleJudge : public Judge {
 protected:
  /// Of alice's pair with bob's server-reflexive candidate, which has worked.
  void simulation_says(bool works) {
    record.possible =
        Possibility{.pairs = {{{"alice", CandidateType::host, "10.0.1.2"_address,
                                CandidateType::server_reflexive, "203.0.113.22"_address},
                               works}},
                    .connected = true,
                    .direct = true};
  }
  const PairReport& pair_of_alice(const RunReport& report) {
    return *std::ranges::find_if(report.pairs, [](const PairReport& pair) {
      return pair.agent == "alice" && pair.remote.address == "203.0.113.22:5002";
    });
  }
  void expect_possible() {
    record.plan.expectations.push_back({.pointer = "/expect", .possible = true});
  }
};

TEST_F(PossibleJudge, FindsAPairThatWorkedAgainstTheSimulationAFaultOfIcelab) {
  simulation_says(false);
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons,
              ElementsAre("a fault of icelab: alice's pair 10.0.1.2:5001 to 203.0.113.22:5002 "
                          "worked, and the simulation of this network says that it cannot"));
}

TEST_F(PossibleJudge, IsSureOfANetworkThatLetsNothingThroughWhateverInterfacesDropped) {
  record.peers[0].state = "failed";
  record.recording.host_drops = {{"alice.eth0", {.sent = 5}}};
  record.possible = Possibility{};
  expect(false, std::nullopt);
  EXPECT_EQ(judge(record).verdict, RunVerdict::as_expected);
}

TEST_F(PossibleJudge, HasNothingToSayWhereTheyAgree) {
  simulation_says(true);
  expect_possible();
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_EQ(pair_of_alice(report).possible, true);
  EXPECT_FALSE(pair_of_alice(report).is_missed());
}

TEST_F(PossibleJudge, IsDisappointedByADetourWhereTheDirectWayIsOpen) {
  record.possible = Possibility{.pairs = {}, .connected = true, .direct = true};
  for (auto& peer : record.peers) peer.candidates[1].type = CandidateType::relayed;
  expect_possible();
  const RunReport report = judge(record);
  EXPECT_EQ(report.verdict, RunVerdict::unexpected);
  EXPECT_THAT(report.reasons,
              ElementsAre("expected path direct, which the network allows, was relay (/expect)"));
}

TEST_F(PossibleJudge, ContentsItselfWithTheRelayWhereThatIsTheOnlyWay) {
  record.possible = Possibility{.pairs = {}, .connected = true, .direct = false};
  for (auto& peer : record.peers) peer.candidates[1].type = CandidateType::relayed;
  expect_possible();
  EXPECT_EQ(judge(record).verdict, RunVerdict::as_expected);
}

TEST_F(PossibleJudge, NamesThePairThatWouldHaveWorkedWhereNobodyConnected) {
  simulation_says(true);
  for (auto& peer : record.peers) peer.state = "failed";
  expect_possible();
  EXPECT_THAT(judge(record).reasons,
              ElementsAre("expected path direct, which the network allows (alice's pair "
                          "10.0.1.2:5001 to 203.0.113.22:5002), was none (/expect)"));
}

TEST_F(PossibleJudge, ExpectsNothingOfANetworkThatLetsNothingThrough) {
  record.possible = Possibility{};
  for (auto& peer : record.peers) peer.state = "failed";
  expect_possible();
  EXPECT_EQ(judge(record).verdict, RunVerdict::as_expected);
}

TEST(Missed, IsAPairThatFailedAndThatTheNetworkAllows) {
  const PairClass its{"alice", CandidateType::host, "10.0.1.2"_address,
                      CandidateType::server_reflexive, "203.0.113.22"_address};
  PairReport pair{.agent = "alice",
                  .local = {"host", "udp", "10.0.1.2:41010"},
                  .remote = {"srflx", "udp", "203.0.113.22:40000"},
                  .outcome = PairOutcome::failed};
  std::vector<PairReport> pairs{pair};
  EXPECT_THAT(hold_against({.pairs = {{its, true}}}, pairs), IsEmpty());
  EXPECT_TRUE(pairs[0].is_missed());
  EXPECT_THAT(hold_against({.pairs = {{its, false}}}, pairs), IsEmpty());
  EXPECT_FALSE(pairs[0].is_missed());
  EXPECT_THAT(hold_against({}, pairs), IsEmpty());
  EXPECT_EQ(pairs[0].possible, std::nullopt);
}

TEST(Missed, SaysNothingOfTcp) {
  std::vector<PairReport> pairs{{.agent = "alice",
                                 .local = {"host", "tcp-active", "10.0.1.2:9"},
                                 .remote = {"host", "tcp-passive", "10.0.2.2:40000"},
                                 .outcome = PairOutcome::succeeded}};
  const PairClass udp{"alice", CandidateType::host, "10.0.1.2"_address, CandidateType::host,
                      "10.0.2.2"_address};
  EXPECT_THAT(hold_against({.pairs = {{udp, false}}}, pairs), IsEmpty());
}

/// Whether the machine or the network is to blame for what was not as expected.
class LateJudge : public Judge {
 protected:
  RunReport judge_late(Duration waited) {
    record.lateness.at_once = {.who = "alice's agent", .waited = waited};
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
  EXPECT_THAT(too_late(record, report), Optional(HasSubstr("83 ms")));
}

TEST_F(LateJudge, BlamesTheNetworkWhereNobodyWasLate) {
  expect(true, Path::relay);
  const RunReport report = judge_late(milliseconds(19));
  EXPECT_EQ(report.verdict, RunVerdict::unexpected);
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_EQ(too_late(record, report), std::nullopt);
}

TEST_F(LateJudge, NotesThatTheMachineWasLateWhereAllIsAsExpected) {
  expect(true, Path::direct);
  const RunReport report = judge_late(milliseconds(900));
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.notes,
              ElementsAre("the machine was busy: alice's agent waited 900 ms for a processor"));
}

TEST_F(LateJudge, BlamesNobodyForAConnectionThatTheNetworkAllowsWhereSomebodyWasLate) {
  nobody_connects();
  expect(true, {});
  record.possible = Possibility{.pairs = {}, .connected = true, .direct = true};
  EXPECT_EQ(judge_late(milliseconds(19)).verdict, RunVerdict::unexpected);
  EXPECT_EQ(judge_late(milliseconds(20)).verdict, RunVerdict::error);
}

TEST_F(LateJudge, IsSureOfAFailureWhereTheNetworkLetsNothingThrough) {
  nobody_connects();
  record.possible = Possibility{};
  EXPECT_EQ(judge_late(milliseconds(900)).verdict, RunVerdict::as_expected);
  expect(true, {});
  EXPECT_EQ(judge_late(milliseconds(900)).verdict, RunVerdict::unexpected);
}

TEST_F(LateJudge, ExpectsNoConnectionOfAPairByItself) {
  nobody_connects();
  record.possible = Possibility{.pairs = {}, .connected = true, .direct = true};
  record.plan.only.emplace();
  EXPECT_EQ(judge_late(milliseconds(499)).verdict, RunVerdict::as_expected);
  EXPECT_EQ(judge_late(milliseconds(500)).verdict, RunVerdict::error);
}

TEST_F(LateJudge, DoubtsAFailureBesideAMachineThatStoodStillWhereNobodyKnowsTheNetwork) {
  nobody_connects();
  expect(false, {});
  EXPECT_EQ(judge_late(milliseconds(499)).verdict, RunVerdict::as_expected);
  EXPECT_EQ(judge_late(milliseconds(500)).verdict, RunVerdict::error);
}

TEST_F(LateJudge, DoubtsWhatHadNotComeToAnEndWhereSomebodyWaitedMostOfTheTime) {
  nobody_connects();
  record.peers[0].state = "connecting";
  expect(true, {});
  record.started = record.ended - std::chrono::seconds(2);
  record.lateness.in_all = {.who = "bob's agent", .waited = milliseconds(900)};
  EXPECT_EQ(judge(record).verdict, RunVerdict::unexpected);
  record.lateness.in_all.waited = milliseconds(1100);
  EXPECT_THAT(judge(record).reasons,
              ElementsAre("machine too busy: bob's agent waited 1.1 s of 2.0 s for a processor",
                          HasSubstr("expected connected")));
}

TEST_F(LateJudge, TellsAStallOfIcelabsOwnLoopAsItsOwn) {
  expect(true, Path::direct);
  record.lateness.loop.at_once = milliseconds(50);
  EXPECT_THAT(judge(record).notes, IsEmpty());
  record.lateness.loop.at_once = milliseconds(51);
  const RunReport report = judge_late(milliseconds(0));
  EXPECT_EQ(report.verdict, RunVerdict::as_expected);
  EXPECT_THAT(report.notes, ElementsAre("icelab was late: its own loop stood still for 51 ms"));
}

TEST_F(LateJudge, BlamesNeitherAnAgentNorTheNetworkForWhatIcelabsOwnStallMayHaveDone) {
  expect(true, Path::relay);
  record.lateness.loop.at_once = milliseconds(83);
  const RunReport report = judge_late(milliseconds(30));
  EXPECT_EQ(report.verdict, RunVerdict::error);
  EXPECT_THAT(report.reasons, ElementsAre("icelab was late: its own loop stood still for 83 ms",
                                          "expected path relay, was direct (/expect/0)"));
}

TEST_F(LateJudge, DoubtsWhatHadNotComeToAnEndWhereIcelabStoodStillMostOfTheTime) {
  nobody_connects();
  record.peers[0].state = "connecting";
  expect(true, {});
  record.started = record.ended - std::chrono::seconds(2);
  record.lateness.loop.in_all = milliseconds(1100);
  EXPECT_THAT(judge(record).reasons,
              ElementsAre("icelab was late: its own loop stood still for 1.1 s of 2.0 s",
                          HasSubstr("expected connected")));
}

}  // namespace
}  // namespace icelab
