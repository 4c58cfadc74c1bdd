#include "harness/observe/exhaustive.h"

#include "tests/support/story.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

const CandidateClass alice_host{CandidateType::host, CandidateTransport::udp, "10.0.1.2"_address};
const CandidateClass alice_relay{CandidateType::relayed, CandidateTransport::udp,
                                 "203.0.113.10"_address};
const CandidateClass bob_srflx{CandidateType::server_reflexive, CandidateTransport::udp,
                               "203.0.113.22"_address};

PairReport pair(const std::string& agent, const std::string& local_type, const std::string& local,
                const std::string& remote_type, const std::string& remote, PairOutcome outcome) {
  return {.agent = agent,
          .local = {local_type, "udp", local},
          .remote = {remote_type, "udp", remote},
          .outcome = outcome};
}

PairReport from_alice_to_bob(PairOutcome outcome, const std::string& port) {
  return pair("alice", "host", "10.0.1.2:" + port, "srflx", "203.0.113.22:" + port, outcome);
}

RunReport report_of(std::vector<PairReport> pairs) {
  RunReport report;
  report.verdict = RunVerdict::as_expected;
  report.peers = {{"alice", {}}, {"bob", {}}};
  report.pairs = std::move(pairs);
  return report;
}

testing::Matcher<const PairReport&> with(PairOutcome outcome, const std::string& local) {
  return testing::AllOf(
      Field("outcome", &PairReport::outcome, outcome),
      Field("local", &PairReport::local, Field("address", &CandidateReport::address, local)));
}

TEST(Exhaustive, SignalsEachCandidateOfOneSideWithEachOfTheOthers) {
  const Story story;
  const auto pairs = pairs_to_signal(story.record());
  EXPECT_THAT(pairs, SizeIs(9));
  EXPECT_THAT(pairs, testing::Contains(ElementsAre(alice_host, bob_srflx)));
  EXPECT_THAT(pairs, testing::Contains(ElementsAre(alice_relay, bob_srflx)));
}

TEST(Exhaustive, SignalsNothingWhereAnAgentHasNoCandidates) {
  Story story;
  story.peer(1).candidates.clear();
  EXPECT_THAT(pairs_to_signal(story.record()), IsEmpty());
}

TEST(Exhaustive, DoesNotPairIpv4WithIpv6) {
  Story story;
  for (auto& candidate : story.peer(1).candidates) candidate.endpoint = "[2001:db8::2]:5"_endpoint;
  EXPECT_THAT(pairs_to_signal(story.record()), IsEmpty());
}

TEST(Exhaustive, LearnsFromAPairByItselfWhatBecomesOfOneThatWasNeverChecked) {
  auto whole = report_of({from_alice_to_bob(PairOutcome::unchecked, "1")});
  add_part(whole, report_of({from_alice_to_bob(PairOutcome::succeeded, "2")}),
           {alice_host, bob_srflx});
  EXPECT_THAT(whole.pairs, ElementsAre(with(PairOutcome::succeeded, "10.0.1.2:2")));
}

TEST(Exhaustive, KeepsWhatTheRunWithAllCandidatesHasShown) {
  auto whole = report_of({from_alice_to_bob(PairOutcome::succeeded, "1")});
  whole.pairs[0].selected = true;
  add_part(whole, report_of({from_alice_to_bob(PairOutcome::failed, "2")}),
           {alice_host, bob_srflx});
  EXPECT_THAT(whole.pairs, ElementsAre(with(PairOutcome::succeeded, "10.0.1.2:1")));
  EXPECT_TRUE(whole.pairs[0].selected);
}

TEST(Exhaustive, CallsNoPairSelectedThatWasOnlyTheBestOfOne) {
  auto whole = report_of({from_alice_to_bob(PairOutcome::abandoned, "1")});
  auto part = report_of({from_alice_to_bob(PairOutcome::succeeded, "2")});
  part.pairs[0].selected = part.pairs[0].nominated = true;
  add_part(whole, part, {alice_host, bob_srflx});
  EXPECT_FALSE(whole.pairs[0].selected || whole.pairs[0].nominated);
}

TEST(Exhaustive, TakesNothingFromAPartThatWasNotAboutIt) {
  auto whole = report_of({from_alice_to_bob(PairOutcome::unchecked, "1")});
  add_part(whole, report_of({from_alice_to_bob(PairOutcome::failed, "2")}),
           {alice_relay, bob_srflx});
  EXPECT_THAT(whole.pairs, ElementsAre(with(PairOutcome::unchecked, "10.0.1.2:1")));
}

TEST(Exhaustive, CannotBeJudgedWhereAPartCouldNot) {
  auto whole = report_of({});
  auto part = report_of({});
  part.verdict = RunVerdict::error;
  part.reasons = {"bob's agent ended early"};
  add_part(whole, part, {alice_host, bob_srflx});
  add_part(whole, part, {alice_relay, bob_srflx});
  EXPECT_EQ(whole.verdict, RunVerdict::error);
  EXPECT_THAT(whole.reasons, ElementsAre("bob's agent ended early"));
}

}  // namespace
}  // namespace icelab
