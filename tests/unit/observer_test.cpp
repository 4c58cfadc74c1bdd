#include "harness/observe/observer.h"

#include "tests/support/pair_lines.h"
#include "tests/support/story.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace icelab {
namespace {

using testing::AllOf;
using testing::Field;
using testing::HasSubstr;
using testing::Optional;
using testing::StrEq;

class Observer : public testing::Test {
 protected:
  static constexpr bool nominating = true;

  // The endpoints of the story, for short.
  const Endpoint& alice = Story::alice;
  const Endpoint& alice_srflx = Story::alice_srflx;
  const Endpoint& alice_relay = Story::alice_relay;
  const Endpoint& bob = Story::bob;
  const Endpoint& bob_srflx = Story::bob_srflx;
  const Endpoint& bob_relay = Story::bob_relay;
  const Endpoint& turn = Story::turn;

  PairReport pair(const std::string& agent, const Endpoint& local, const Endpoint& remote) {
    const auto pairs = observe(story.record(), trace(story.record().recording));
    for (const auto& each : pairs) {
      if (each.agent == agent && each.local.address == local.to_string() &&
          each.remote.address == remote.to_string())
        return each;
    }
    ADD_FAILURE() << agent << " has no such pair; there are\n" << pair_lines(pairs);
    return {};
  }
  PairReport direct_pair() { return pair("alice", alice, bob_srflx); }

  /// Alice sends her check as often as she may, and it gets so far.
  template <typename Goes>
  void alice_tries(std::string_view id, const Endpoint& destination, Goes goes) {
    for (const int ms : {100, 600, 1600})
      goes(story.alice_sends(ms, alice, destination, check(id)));
  }

  /// What an agent says of a pair between these.
  void says(size_t peer, const Endpoint& local, const Endpoint& remote, const std::string& state) {
    story.peer(peer).pairs.push_back({.local = {"host", "udp", local.to_string()},
                                      .remote = {"srflx", "udp", remote.to_string()},
                                      .state = state,
                                      .nominated = false});
  }

  Story story;
};

testing::Matcher<const PairReport&> failed_by(const std::string& code, const std::string& at,
                                              const std::string& detail = "") {
  return AllOf(Field("outcome", &PairReport::outcome, PairOutcome::failed),
               Field("cause", &PairReport::cause,
                     Optional(AllOf(Field("code", &CauseReport::code, code),
                                    Field("at", &CauseReport::at, at),
                                    Field("detail", &CauseReport::detail, HasSubstr(detail))))));
}

TEST_F(Observer, SeesACheckSucceed) {
  story.alice_checks_bob(100, "1");
  const PairReport pair = direct_pair();
  EXPECT_EQ(pair_line(pair),
            "alice: host udp 10.0.1.2:5001 -> srflx udp 203.0.113.22:5002: succeeded, checks 1, "
            "rtt 2.000 ms; agent: -");
}

TEST_F(Observer, BlamesTheMappingOfWhoIsFilteredUnderAnotherNameThanStunLearned) {
  const Endpoint another = "203.0.113.21:7777"_endpoint;
  alice_tries("1", bob_srflx,
              [&](auto sent) { sent.is_filtered("bob.nat", another, Story::bob_srflx); });
  EXPECT_THAT(direct_pair(),
              failed_by("mapping-mismatch", "bob.nat",
                        "its own NAT sends the check from 203.0.113.21:7777, not from "
                        "203.0.113.21:5001, which STUN learned: by the story's will"));
}

TEST_F(Observer, BlamesTheFilterOfWhoIsFilteredUnderTheNameThatStunLearned) {
  alice_tries("1", bob_srflx, [&](auto sent) {
    sent.is_filtered("bob.nat", Story::alice_srflx, Story::bob_srflx);
  });
  EXPECT_THAT(direct_pair(), failed_by("filtered", "bob.nat", "by the story's will"));
}

TEST_F(Observer, SaysWhichNatDroppedACheckAndWhy) {
  alice_tries("1", bob_srflx, [](auto sent) { sent.is_dropped("bob.nat", DropReason::filtered); });
  const PairReport pair = direct_pair();
  EXPECT_THAT(pair, failed_by("filtered", "bob.nat", "by the story's will"));
  EXPECT_EQ(pair.checks, 3);
  EXPECT_EQ(pair.rtt_ms, std::nullopt);
}

TEST_F(Observer, BlamesTheHostThatReceivedTheCheckAndDidNotAnswer) {
  alice_tries("1", bob_srflx, [&](auto sent) { sent.arrives_at_bob(alice_srflx, bob); });
  EXPECT_THAT(direct_pair(), failed_by("no-response", "bob", "arrived at bob.eth0"));
}

TEST_F(Observer, DoesNotCallAHostSilentWhoseOwnInterfaceDroppedPackets) {
  alice_tries("1", bob_srflx, [&](auto sent) { sent.arrives_at_bob(alice_srflx, bob); });
  story.record().recording.host_drops = {{"bob.eth0", {.sent = 3}}};
  EXPECT_THAT(direct_pair(),
              failed_by("interface-dropped", "bob.eth0", "bob.eth0 has dropped packets unseen"));
}

TEST_F(Observer, BlamesTheNetworkForWhatItDroppedWhateverAnInterfaceDroppedBesides) {
  alice_tries("1", bob_srflx, [](auto sent) { sent.is_dropped("bob.nat", DropReason::filtered); });
  story.record().recording.host_drops = {{"alice.eth0", {.sent = 3}}, {"bob.eth0", {.sent = 3}}};
  EXPECT_THAT(direct_pair(), failed_by("filtered", "bob.nat"));
}

TEST_F(Observer, BelievesAnAgentWhoseChecksItsOwnInterfaceMayHaveDropped) {
  says(0, alice, bob_srflx, "failed");
  EXPECT_FALSE(direct_pair().agrees);
  story.record().recording.host_drops = {{"alice.eth0", {.sent = 3}}};
  EXPECT_TRUE(direct_pair().agrees);
  EXPECT_EQ(direct_pair().outcome, PairOutcome::unchecked);
  ASSERT_TRUE(direct_pair().cause);
  EXPECT_EQ(direct_pair().cause->code, "interface-dropped");
}

TEST_F(Observer, SaysWhereAnAnswerWasDropped) {
  alice_tries("1", bob_srflx, [&](auto sent) { sent.arrives_at_bob(alice_srflx, bob); });
  story.bob_sends(1700, bob, alice_srflx, answer("1", alice_srflx))
      .is_dropped("alice.nat", DropReason::mapping_expired);
  EXPECT_THAT(direct_pair(), failed_by("response-dropped", "alice.nat", "mapping-expired"));
}

TEST_F(Observer, DoesNotTakeAnAnswerFromAnotherAddressThanWasAsked) {
  alice_tries("1", bob_srflx, [&](auto sent) { sent.arrives_at_bob(alice_srflx, bob); });
  story.bob_sends(1700, bob, alice_srflx, answer("1", alice_srflx))
      .arrives_at_alice("203.0.113.22:9999"_endpoint, alice);
  EXPECT_THAT(direct_pair(),
              failed_by("response-dropped", "alice",
                        "sent to 203.0.113.22:5002 and answered from 203.0.113.22:9999"));
}

TEST_F(Observer, CountsARoleConflictAsNoSuccess) {
  story.alice_sends(100, alice, bob_srflx, check("1")).arrives_at_bob(alice_srflx, bob);
  story.bob_sends(101, bob, alice_srflx, refusal("1", 487)).arrives_at_alice(bob_srflx, alice);
  EXPECT_THAT(direct_pair(), failed_by("error-response", "bob", "487"));
}

TEST_F(Observer, SeesTheRetryAfterARoleConflictSucceed) {
  story.alice_sends(100, alice, bob_srflx, check("1")).arrives_at_bob(alice_srflx, bob);
  story.bob_sends(101, bob, alice_srflx, refusal("1", 487)).arrives_at_alice(bob_srflx, alice);
  story.alice_checks_bob(120, "2");
  const PairReport pair = direct_pair();
  EXPECT_EQ(pair.outcome, PairOutcome::succeeded);
  EXPECT_EQ(pair.checks, 2);
}

TEST_F(Observer, DoesNotTakeARefusedNominationForOne) {
  story.bob_checks_alice(90, "b");
  story.alice_sends(100, alice, bob_srflx, check("1", nominating)).arrives_at_bob(alice_srflx, bob);
  story.bob_sends(101, bob, alice_srflx, refusal("1", 487)).arrives_at_alice(bob_srflx, alice);
  EXPECT_FALSE(pair("bob", bob, alice_srflx).nominated);
  EXPECT_FALSE(direct_pair().nominated);
}

TEST_F(Observer, MeasuresNoRoundTripOfACheckSentTwice) {
  story.alice_sends(100, alice, bob_srflx, check("1")).is_dropped("bob.nat");
  story.alice_checks_bob(600, "1");
  const PairReport pair = direct_pair();
  EXPECT_EQ(pair.outcome, PairOutcome::succeeded);
  EXPECT_EQ(pair.checks, 2);
  EXPECT_EQ(pair.rtt_ms, std::nullopt);
}

TEST_F(Observer, CountsADuplicatedPacketOnce) {
  story.alice_sends(100, alice, bob_srflx, check("1"))
      .arrives_at_bob(alice_srflx, bob)
      .arrives_at_bob(alice_srflx, bob);
  for (const int ms : {101, 102}) {
    story.bob_sends(ms, bob, alice_srflx, answer("1", alice_srflx))
        .arrives_at_alice(bob_srflx, alice)
        .arrives_at_alice(bob_srflx, alice);
  }
  const PairReport pair = direct_pair();
  EXPECT_EQ(pair.checks, 1);
  EXPECT_THAT(pair.rtt_ms, Optional(2.0));
}

TEST_F(Observer, IsNotConfusedByATransactionIdThatBothUse) {
  alice_tries("1", bob_srflx, [](auto sent) { sent.is_dropped("bob.nat"); });
  story.bob_checks_alice(1700, "1");
  EXPECT_THAT(direct_pair(), failed_by("filtered", "bob.nat"));
  EXPECT_EQ(pair("bob", bob, alice_srflx).outcome, PairOutcome::succeeded);
}

TEST_F(Observer, DoesNotTakeTheOtherAgentsCheckForItsOwnOnItsWay) {
  alice_tries("1", bob_srflx, [&](auto sent) { sent.arrives_at_bob(alice_srflx, bob); });
  story.bob_sends(1700, bob, alice_srflx, check("1", false, "bob")).is_dropped("alice.nat");
  EXPECT_THAT(direct_pair(), failed_by("no-response", "bob"));
}

TEST_F(Observer, KeepsPairsApartThatUseOneTransactionId) {
  alice_tries("1", bob, [](auto sent) { sent.is_dropped("internet", DropReason::unroutable); });
  story.alice_checks_bob(1700, "1");
  EXPECT_THAT(pair("alice", alice, bob), failed_by("unroutable", "internet"));
  EXPECT_EQ(direct_pair().outcome, PairOutcome::succeeded);
}

TEST_F(Observer, CallsARemoteThatWasNeverSignalledPeerReflexive) {
  const Endpoint mapped = "203.0.113.22:61234"_endpoint;
  story.bob_sends(100, bob, alice_srflx, check("b", false, "bob")).arrives_at_alice(mapped, alice);
  story.alice_sends(101, alice, mapped, answer("b", mapped)).arrives_at_bob(alice_srflx, bob);
  story.alice_sends(102, alice, mapped, check("a")).arrives_at_bob(alice_srflx, bob);
  story.bob_sends(103, bob, alice_srflx, answer("a", alice_srflx)).arrives_at_alice(mapped, alice);
  const PairReport found = pair("alice", alice, mapped);
  EXPECT_EQ(found.remote.type, "prflx");
  EXPECT_EQ(found.outcome, PairOutcome::succeeded);
}

TEST_F(Observer, CallsAnAllocatedAddressThatWasNeverSignalledARelay) {
  story.both_allocate();
  story.peer(1).candidates.pop_back();
  story.alice_sends(100, alice, bob_relay, check("1")).arrives_at_relay(alice_srflx, bob_relay);
  EXPECT_EQ(pair("alice", alice, bob_relay).remote.type, "relay");
}

TEST_F(Observer, SaysThatTheTurnServersClientHasNoPermissionForTheSender) {
  story.both_allocate();
  alice_tries("1", bob_relay, [&](auto sent) { sent.arrives_at_relay(alice_srflx, bob_relay); });
  EXPECT_THAT(pair("alice", alice, bob_relay),
              failed_by("no-permission", "relay", "no permission for 203.0.113.21"));
}

TEST_F(Observer, SaysThatTheTurnServerDidNotSendOnWhatItWasGiven) {
  story.both_allocate();
  for (const int ms : {100, 600, 1600}) {
    story.alice_sends(ms, alice, turn, send_indication(bob_srflx, check("1")))
        .arrives_at_relay(alice_srflx, turn);
  }
  EXPECT_THAT(pair("alice", alice_relay, bob_srflx),
              failed_by("no-permission", "relay", "did not send it on to 203.0.113.22:5002"));
}

TEST_F(Observer, FollowsACheckThroughTheRelayAndBack) {
  story.both_allocate();
  story.alice_sends(100, alice, turn, send_indication(bob_srflx, check("1")))
      .arrives_at_relay(alice_srflx, turn);
  story.relay_sends(101, alice_relay, bob_srflx, check("1")).arrives_at_bob(alice_relay, bob);
  story.bob_sends(102, bob, alice_relay, answer("1", alice_relay))
      .arrives_at_relay(bob_srflx, alice_relay);
  story.relay_sends(103, turn, alice_srflx, data_indication(bob_srflx, answer("1", alice_relay)))
      .arrives_at_alice(turn, alice);
  const PairReport relayed = pair("alice", alice_relay, bob_srflx);
  EXPECT_EQ(relayed.local.type, "relay");
  EXPECT_EQ(relayed.outcome, PairOutcome::succeeded);
  EXPECT_THAT(relayed.rtt_ms, Optional(4.0));
}

TEST_F(Observer, SaysWhereTheRelaysPacketWasDropped) {
  story.both_allocate();
  for (const int ms : {100, 600, 1600}) {
    story.alice_sends(ms, alice, turn, send_indication(bob_srflx, check("1")))
        .arrives_at_relay(alice_srflx, turn);
    story.relay_sends(ms + 1, alice_relay, bob_srflx, check("1")).is_dropped("bob.nat");
  }
  EXPECT_THAT(pair("alice", alice_relay, bob_srflx), failed_by("filtered", "bob.nat"));
}

TEST_F(Observer, SaysThatTheTurnServerKeptTheAnswer) {
  story.both_allocate();
  for (const int ms : {100, 600, 1600}) {
    story.alice_sends(ms, alice, turn, send_indication(bob_srflx, check("1")))
        .arrives_at_relay(alice_srflx, turn);
    story.relay_sends(ms + 1, alice_relay, bob_srflx, check("1")).arrives_at_bob(alice_relay, bob);
    story.bob_sends(ms + 2, bob, alice_relay, answer("1", alice_relay))
        .arrives_at_relay(bob_srflx, alice_relay);
  }
  EXPECT_THAT(pair("alice", alice_relay, bob_srflx),
              failed_by("response-dropped", "relay", "did not pass it on"));
}

TEST_F(Observer, SeesChannelDataThatIsDroppedOnItsWayToTheClient) {
  story.both_allocate();
  constexpr std::uint16_t channel = 0x4000;
  story
      .alice_sends(50, alice, turn,
                   stun_bytes(StunClass::request, StunMethod::channel_bind, "bind",
                              {stun_attribute::channel_number(channel),
                               stun_attribute::xor_peer_address(bob_srflx)}))
      .arrives_at_relay(alice_srflx, turn);
  for (const int ms : {100, 600, 1600}) {
    story.alice_sends(ms, alice, turn, channel_data_bytes(channel, check("1")))
        .arrives_at_relay(alice_srflx, turn);
    story.relay_sends(ms + 1, alice_relay, bob_srflx, check("1")).arrives_at_bob(alice_relay, bob);
    story.bob_sends(ms + 2, bob, alice_relay, answer("1", alice_relay))
        .arrives_at_relay(bob_srflx, alice_relay);
    story
        .relay_sends(ms + 3, turn, alice_srflx,
                     channel_data_bytes(channel, answer("1", alice_relay)))
        .is_dropped("alice.nat", DropReason::mapping_expired);
  }
  EXPECT_THAT(pair("alice", alice_relay, bob_srflx), failed_by("response-dropped", "alice.nat"));
}

TEST_F(Observer, TakesTheNominationOfAPairThatTheControlledSideChecksLater) {
  story.alice_checks_bob(100, "a", nominating);
  EXPECT_TRUE(direct_pair().nominated);
  EXPECT_FALSE(pair("bob", bob, alice_srflx).nominated) << "bob has not checked it yet";

  story.bob_checks_alice(200, "b");
  EXPECT_TRUE(pair("bob", bob, alice_srflx).nominated);
}

TEST_F(Observer, TakesNoNominationForOneUntilItIsAnswered) {
  story.alice_sends(100, alice, bob_srflx, check("1", nominating)).arrives_at_bob(alice_srflx, bob);
  EXPECT_FALSE(direct_pair().nominated);
}

TEST_F(Observer, CallsAPairAbandonedThatWasCutShortByTheNominationOfAnother) {
  story.alice_checks_bob(100, "1", nominating);
  story.alice_sends(110, alice, bob, check("2")).is_dropped("internet", DropReason::unroutable);
  const PairReport abandoned = pair("alice", alice, bob);
  EXPECT_EQ(abandoned.outcome, PairOutcome::abandoned);
  EXPECT_EQ(abandoned.cause, std::nullopt);
}

TEST_F(Observer, CallsAPairFailedThatHadAllItsTimeThoughAnotherWasNominated) {
  story.alice_checks_bob(50, "0", nominating);
  alice_tries("1", bob, [](auto sent) { sent.is_dropped("internet", DropReason::unroutable); });
  EXPECT_EQ(pair("alice", alice, bob).outcome, PairOutcome::failed);

  story.ends(1700);
  EXPECT_EQ(pair("alice", alice, bob).outcome, PairOutcome::abandoned)
      << "the last request was not given its time";
}

TEST_F(Observer, TakesALateTimerForNoReasonToCallAFailedPairAbandoned) {
  story.alice_checks_bob(50, "0", nominating);
  for (const int ms : {100, 600, 1700})  // the third is 100 ms late
    story.alice_sends(ms, alice, bob, check("1")).is_dropped("internet", DropReason::unroutable);
  story.ends(1700 + 500);
  EXPECT_EQ(pair("alice", alice, bob).outcome, PairOutcome::failed);
}

TEST_F(Observer, GivesEachCheckAsManyRequestsAsTheAgentWasToldToSend) {
  story.record().plan.topology.peers[0].agent.retransmissions = 7;
  story.alice_checks_bob(50, "0", nominating);
  alice_tries("1", bob, [](auto sent) { sent.is_dropped("internet", DropReason::unroutable); });
  EXPECT_EQ(pair("alice", alice, bob).outcome, PairOutcome::abandoned);
}

TEST_F(Observer, GivesTheCauseOfAPairThatTheRunsEndCutShort) {
  story.alice_sends(100, alice, bob_srflx, check("1")).is_dropped("bob.nat");
  says(0, alice, bob_srflx, "in-progress");
  EXPECT_THAT(direct_pair(), failed_by("filtered", "bob.nat"));
  EXPECT_TRUE(direct_pair().agrees);
}

TEST_F(Observer, SaysThatAPacketWasStillOnItsWay) {
  story.alice_sends(100, alice, bob_srflx, check("1"));
  EXPECT_THAT(direct_pair(), failed_by("no-response", "alice", "the run ended while the check"));
}

TEST_F(Observer, TellsThePairsThatWereNeverChecked) {
  const auto pairs = observe(story.record(), trace(story.record().recording));
  EXPECT_EQ(pairs.size(), 12U) << pair_lines(pairs);  // 2 bases x 3 remotes, for each of both
  EXPECT_THAT(pairs, testing::Each(Field(&PairReport::outcome, PairOutcome::unchecked)));
}

TEST_F(Observer, NamesAPairByItsBaseInWhateverOrderCandidatesCome) {
  std::ranges::reverse(story.peer(0).candidates);
  for (const auto& pair : observe(story.record(), trace(story.record().recording)))
    EXPECT_NE(pair.local.type, "srflx");
}

TEST_F(Observer, TakesEvidenceOfNothingAtAll) {
  story.record().recording = {};
  story.record().peers[1].candidates.clear();
  EXPECT_THAT(observe(story.record(), trace(story.record().recording)), testing::IsEmpty());
  story.record().peers.pop_back();
  EXPECT_THAT(observe(story.record(), trace(story.record().recording)), testing::IsEmpty())
      << "an agent that never started";
}

TEST_F(Observer, LetsTheWireSpeakForAnAgentThatSaysNothingOfItsPairs) {
  story.alice_checks_bob(100, "1", nominating);
  const PairReport pair = direct_pair();
  EXPECT_THAT(pair.agent_view, StrEq(""));
  EXPECT_TRUE(pair.agrees);
  EXPECT_TRUE(pair.selected);
}

TEST_F(Observer, SelectsTheNominatedPairOfTheHighestPriority) {
  story.both_allocate();
  story.alice_checks_bob(100, "1", nominating);
  story.alice_sends(200, alice, bob_relay, check("2", nominating))
      .arrives_at_relay(alice_srflx, bob_relay);
  story.relay_sends(201, bob_relay, alice_srflx, answer("2", alice_srflx))
      .arrives_at_alice(bob_relay, alice);
  EXPECT_TRUE(pair("alice", alice, bob_relay).nominated);
  EXPECT_FALSE(pair("alice", alice, bob_relay).selected);
  EXPECT_TRUE(direct_pair().selected);

  story.peer(0).selected = {{"host", "udp", alice.to_string()},
                            {"relay", "udp", bob_relay.to_string()}};
  EXPECT_TRUE(pair("alice", alice, bob_relay).selected) << "the agent names another nominated one";
  EXPECT_FALSE(direct_pair().selected);
}

TEST_F(Observer, DoesNotBelieveASelectionThatTheWireDoesNotBearOut) {
  story.peer(0).selected = {{"host", "udp", alice.to_string()},
                            {"srflx", "udp", bob_srflx.to_string()}};
  EXPECT_FALSE(direct_pair().selected);
}

TEST_F(Observer, KnowsAPairByItsReflexiveLocalCandidateToo) {
  story.alice_checks_bob(100, "1");
  says(0, alice_srflx, bob_srflx, "succeeded");
  EXPECT_EQ(direct_pair().agent_view, "succeeded");
}

TEST_F(Observer, KnowsAPairByALocalAddressThatAnAnswerTold) {
  const Endpoint mapped = "203.0.113.21:61234"_endpoint;
  story.alice_sends(100, alice, bob_srflx, check("1")).arrives_at_bob(mapped, bob);
  story.bob_sends(101, bob, mapped, answer("1", mapped)).arrives_at_alice(bob_srflx, alice);
  says(0, mapped, bob_srflx, "succeeded");
  EXPECT_EQ(direct_pair().agent_view, "succeeded");
}

TEST_F(Observer, AddsPairsThatOnlyTheAgentKnowsOf) {
  const Endpoint stranger = "198.51.100.7:7"_endpoint;
  says(0, alice, stranger, "waiting");
  const PairReport told = pair("alice", alice, stranger);
  EXPECT_EQ(told.outcome, PairOutcome::unchecked);
  EXPECT_TRUE(told.agrees);
}

TEST_F(Observer, FindsADisagreementForEachOutcome) {
  struct Case {
    const char* view;
    bool fits_succeeded, fits_failed, fits_abandoned, fits_unchecked;
  };
  constexpr Case cases[] = {
      {"succeeded", true, false, false, false},   {"failed", false, true, false, false},
      {"in-progress", false, false, true, false}, {"cancelled", false, false, true, true},
      {"waiting", false, false, true, true},      {"frozen", false, false, true, true},
      {"splendid", false, false, false, false}};
  story.alice_checks_bob(50, "0", nominating);
  alice_tries("1", bob, [](auto sent) { sent.is_dropped("internet", DropReason::unroutable); });
  story.alice_sends(110, alice, bob_relay, check("2")).is_dropped("alice.nat");
  for (const Case& each : cases) {
    story.peer(0).pairs.clear();
    for (const Endpoint& remote : {bob_srflx, bob, bob_relay}) says(0, alice, remote, each.view);
    says(0, alice_relay, bob, each.view);
    EXPECT_EQ(direct_pair().agrees, each.fits_succeeded) << each.view;
    EXPECT_EQ(pair("alice", alice, bob).agrees, each.fits_failed) << each.view;
    EXPECT_EQ(pair("alice", alice, bob_relay).agrees, each.fits_abandoned) << each.view;
    EXPECT_EQ(pair("alice", alice_relay, bob).agrees, each.fits_unchecked) << each.view;
  }
}

}  // namespace
}  // namespace icelab
