#include "harness/observe/aftermath.h"

#include "harness/observe/judge.h"
#include "tests/support/packets.h"
#include "tests/support/story.h"

#include <gmock/gmock.h>

#include <array>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// As a Story counts.
Instant at(int ms) {
  return Story().record().started + milliseconds(ms);
}

Beat beat(size_t from, int sent, std::optional<int> received) {
  Beat beat{
      .from = from, .text = std::to_string(from) + " " + std::to_string(sent), .sent = at(sent)};
  if (received) beat.received = at(*received);
  return beat;
}

TEST(Aftermath, DataFlowsAgainWhenItHasComeThroughBothWays) {
  const std::vector<Beat> beats{beat(0, 100, 110), beat(1, 100, 120), beat(0, 300, {}),
                                beat(1, 300, 310), beat(0, 400, 430)};
  EXPECT_EQ(data_flows_again(beats, at(0)), at(120));
  EXPECT_EQ(data_flows_again(beats, at(200)), at(430));
  EXPECT_EQ(data_flows_again(beats, at(350)), std::nullopt) << "nothing from the other side";
}

TEST(Aftermath, WhatWasSentBeforeAnEventProvesNothing) {
  const std::vector<Beat> beats{beat(0, 100, 250), beat(1, 100, 260)};
  EXPECT_EQ(data_flows_again(beats, at(200)), std::nullopt);
}

TEST(Aftermath, OfARestartBeginsWhenBothHaveSelectedAPairAnew) {
  PeerRecord alice, bob;
  const std::array<const PeerRecord*, 2> peers{&alice, &bob};
  const EventSpec restart{"restart", "connected", {}, RestartIce{"alice"}};
  const EventSpec reboot{"reboot", "connected", {}, Reboot{"alice.nat"}};
  alice.sessions = {at(10), at(150)};
  bob.sessions = {at(10), at(160)};
  alice.selections = {at(50), at(120), at(300)};
  bob.selections = {at(60), at(130)};
  EXPECT_EQ(takes_effect(reboot, at(100), peers), at(100));
  EXPECT_EQ(takes_effect(restart, at(100), peers), std::nullopt) << "the old session's";
  bob.selections.push_back(at(280));
  EXPECT_EQ(takes_effect(restart, at(100), peers), at(300));
}

TEST(Aftermath, IsNoticedByWhoeverIsFirstToSaySo) {
  PeerRecord alice, bob;
  const std::array<const PeerRecord*, 2> peers{&alice, &bob};
  alice.changes = {at(50), at(900)};
  bob.changes = {at(700)};
  EXPECT_EQ(noticed(peers, at(100), {}), at(700));
  EXPECT_EQ(noticed(peers, at(100), at(700)), std::nullopt) << "the next event's doing";
  EXPECT_EQ(noticed(peers, at(901), {}), std::nullopt);
}

/// A story in which alice's NAT reboots after 1000 ms, and what alice and bob send each other.
class AftermathOfAReboot : public testing::Test {
 protected:
  AftermathOfAReboot() {
    auto& plan = story_.record().plan;
    plan.events = {{"reboot", "connected", {}, Reboot{"alice.nat"}}};
    story_.record().happened = {at(1000)};
    exchange(500, Path::direct);
  }

  void exchange(int ms, Path path) {
    for (const size_t from : {0U, 1U}) {
      const std::string text = "beat " + std::to_string(ms) + " " + std::to_string(from);
      carry(ms, from, text, path);
      story_.record().beats.push_back(
          {.from = from, .text = text, .sent = at(ms), .received = at(ms + 20)});
    }
  }

  void expects(Expectation expectation) {
    expectation.pointer = "/expect/0";
    story_.record().plan.expectations = {std::move(expectation)};
  }

  RunReport judged() { return judge(story_.record()); }

  Story story_;

 private:
  void carry(int ms, size_t from, const std::string& text, Path path) {
    const Endpoint source = from == 0 ? Story::alice : Story::bob;
    const std::string peer = from == 0 ? "bob" : "alice";
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    auto sent = from == 0 ? story_.alice_sends(ms, source, Story::bob, bytes)
                          : story_.bob_sends(ms, source, Story::alice, bytes);
    sent.arrives(path == Path::relay ? "relay" : peer, source, Story::turn);
  }
};

TEST_F(AftermathOfAReboot, TellsWhenDataFlowedAgainAndByWhichWay) {
  exchange(1200, Path::relay);
  const auto report = judged();
  EXPECT_TRUE(report.connected);
  EXPECT_EQ(report.path, Path::direct) << "the path of a run is that of its first data";
  ASSERT_THAT(report.events, SizeIs(1));
  EXPECT_EQ(report.events[0].name, "reboot");
  EXPECT_DOUBLE_EQ(report.events[0].seconds.value(), 1.0);
  EXPECT_DOUBLE_EQ(report.events[0].recovered.value(), 0.22);
  EXPECT_EQ(report.events[0].path, Path::relay);
  EXPECT_EQ(report.events[0].noticed, std::nullopt);
}

TEST_F(AftermathOfAReboot, IsAsExpectedWhenAllThatWasExpectedOfItCameTrue) {
  exchange(1200, Path::relay);
  story_.record().peers[0].changes = {at(1100)};
  expects({.pointer = {},
           .connected = {},
           .path = Path::relay,
           .after = "reboot",
           .noticed_within = milliseconds(100),
           .recovered_within = milliseconds(220),
           .recovered = true});
  EXPECT_THAT(judged().reasons, IsEmpty());
}

TEST_F(AftermathOfAReboot, SaysWhatWasExpectedOfItAndCameLate) {
  exchange(1200, Path::relay);
  story_.record().peers[0].changes = {at(1101)};
  expects({.pointer = {},
           .connected = {},
           .path = Path::direct,
           .after = "reboot",
           .noticed_within = milliseconds(100),
           .recovered_within = milliseconds(219)});
  EXPECT_THAT(
      judged().reasons,
      ElementsAre("reboot: expected to be noticed within 0.10 s, was after 0.10 s (/expect/0)",
                  "reboot: expected data to flow again within 0.22 s, did after 0.22 s "
                  "(/expect/0)",
                  "reboot: expected path direct, was relay (/expect/0)"));
}

TEST_F(AftermathOfAReboot, SaysThatDataNeverFlowedAgain) {
  expects({.pointer = {}, .connected = {}, .path = {}, .after = "reboot", .recovered = true});
  EXPECT_THAT(judged().reasons,
              ElementsAre("reboot: expected data to flow again, did never (/expect/0)"));
  expects({.pointer = {}, .connected = {}, .path = {}, .after = "reboot", .recovered = false});
  EXPECT_THAT(judged().reasons, IsEmpty());
}

TEST_F(AftermathOfAReboot, SaysThatTheEventNeverHappened) {
  story_.record().happened = {std::nullopt};
  expects({.pointer = {}, .connected = {}, .path = {}, .after = "reboot", .recovered = false});
  EXPECT_THAT(judged().reasons, ElementsAre("reboot: it never happened (/expect/0)"));
}

}  // namespace
}  // namespace icelab
