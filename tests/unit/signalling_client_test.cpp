#include "src/agent/signalling_client.h"

#include "src/base/overloaded.h"
#include "src/serve/signalling_message.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* room = "7dXk0mW2q5TzYv9bLhR4cA";

/// A client in a world where time passes when the test says so, and the test is the server.
class World : private ClientWire, private RoomListener {
 public:
  World() { client.start(now); }

  World& join() {
    client.opened();
    say(R"({"type":"joined","protocol":1,"token":"t","ice_servers":[],"heartbeat_s":15,"resume_s":60})");
    return *this;
  }
  World& meet() {
    say(R"({"type":"peer-joined","seq":1,"peer":2,"role":"offerer","ice_servers":[{"urls":"turn:192.0.2.1","username":"u","credential":"c"}]})");
    return *this;
  }
  void say(const std::string& message) { client.received(message, now); }
  void say_restart(int seq) { say(fmt::format(R"({{"type":"restart","seq":{},"from":2}})", seq)); }
  void resume(int received) {
    client.opened();
    say(fmt::format(R"({{"type":"resumed","received":{},"ice_servers":[]}})", received));
  }
  void break_down() { client.closed("the connection broke", now); }
  /// In steps of a quarter of a second.
  void pass(Duration time) {
    for (const Instant end = now + time; now < end;) {
      now += milliseconds(250);
      client.tick(now);
    }
  }
  /// What the client sent since this was asked last.
  std::vector<std::string> sent() { return std::exchange(sent_, {}); }

  Instant now;
  SignallingClient client{room, *this, *this};
  int connections = 0;
  std::vector<std::string> heard;
  std::vector<Json> ice_servers;

 private:
  void connect() override { ++connections; }
  void send(const std::string& message) override { sent_.push_back(message); }
  void drop() override { heard.emplace_back("drop"); }
  void on_ice_servers(const Json& servers) override { ice_servers.push_back(servers); }
  void on_joined() override { heard.emplace_back("joined"); }
  void on_room_signal(const RoomSignal& signal) override {
    heard.emplace_back(std::visit(Overloaded{[](const PeerJoinedSignal&) { return "peer-joined"; },
                                             [](const PeerLeftSignal&) { return "peer-left"; },
                                             [](const PeerMessage&) { return "said"; }},
                                  signal));
  }
  void on_interrupted(const std::string&) override { heard.emplace_back("interrupted"); }
  void on_resumed() override { heard.emplace_back("resumed"); }
  void on_ended(const std::string& why) override { heard.push_back("ended: " + why); }

  std::vector<std::string> sent_;
};

Json offer(const char* sdp) {
  return Json::object({{"type", "offer"}, {"sdp", sdp}});
}

TEST(SignallingClient, JoinsAndHearsWhoIsThere) {
  World world;
  world.join().meet();
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"join","room":"7dXk0mW2q5TzYv9bLhR4cA"})"));
  EXPECT_THAT(world.heard, ElementsAre("joined", "peer-joined"));
  EXPECT_EQ(world.connections, 1);
}

TEST(SignallingClient, NumbersWhatItSays) {
  World world;
  world.join().meet().sent();
  world.client.send(2, offer("a"));
  world.client.send(2, offer("b"));
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"offer","sdp":"a","to":2,"seq":1})",
                                        R"({"type":"offer","sdp":"b","to":2,"seq":2})"));
}

TEST(SignallingClient, WhatItSaysIsWhatTheServerTakes) {
  World world;
  world.join().meet();
  world.client.send(2, offer("a"));
  world.pass(seconds(15));
  world.break_down();
  world.pass(seconds(1));
  world.client.opened();
  world.client.leave();
  for (const std::string& message : world.sent()) {
    EXPECT_TRUE(std::holds_alternative<ClientSignal>(parse_client_signal(message))) << message;
  }
}

TEST(SignallingClient, ResumesAndSaysAgainWhatWasNotReceived) {
  World world;
  world.join().meet();
  world.client.send(2, offer("a"));
  world.client.send(2, offer("b"));
  world.break_down();
  world.client.send(2, offer("c"));
  world.pass(seconds(1));
  world.sent();
  world.resume(1);
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"resume","token":"t","received":1})",
                                        R"({"type":"offer","sdp":"b","to":2,"seq":2})",
                                        R"({"type":"offer","sdp":"c","to":2,"seq":3})"));
  EXPECT_THAT(world.heard, ElementsAre("joined", "peer-joined", "drop", "interrupted", "resumed"));
}

TEST(SignallingClient, TellsOfServersAsOftenAsItIsGivenOthers) {
  World world;
  world.join();
  world.say(R"({"type":"heartbeat","received":0})");
  world.say(R"({"type":"heartbeat","received":0,"ice_servers":[{"urls":"stun:192.0.2.1"}]})");
  world.break_down();
  world.pass(seconds(1));
  world.resume(0);
  EXPECT_THAT(
      world.ice_servers,
      ElementsAre(Json::array(), Json::array({{{"urls", "stun:192.0.2.1"}}}), Json::array()));
}

TEST(SignallingClient, HasTheServersOfAPeerBeforeItMeetsIt) {
  World world;
  world.join().meet();
  ASSERT_EQ(world.ice_servers.size(), 2);
  EXPECT_EQ(world.ice_servers.back().at(0).at("username"), "u");
}

TEST(SignallingClient, ComesAgainWhereItsAddressHasTooManyConnections) {
  World world;
  world.join().meet();
  world.break_down();
  world.pass(seconds(1));
  world.client.opened();
  world.say(R"({"type":"error","code":"source-limit","message":"later"})");
  world.pass(seconds(3));
  world.resume(0);
  EXPECT_EQ(world.heard.back(), "resumed");
}

TEST(SignallingClient, AHeartbeatsAnswerSaysWhatNeedNotBeKept) {
  World world;
  world.join().meet();
  world.client.send(2, offer("a"));
  world.say(R"({"type":"heartbeat","received":1})");
  world.break_down();
  world.pass(seconds(1));
  world.sent();
  world.resume(1);
  EXPECT_THAT(world.sent(), SizeIs(1));
}

TEST(SignallingClient, IgnoresWhatComesASecondTime) {
  World world;
  world.join().meet().meet();
  world.say_restart(2);
  world.say_restart(2);
  EXPECT_THAT(world.heard, ElementsAre("joined", "peer-joined", "said"));
}

TEST(SignallingClient, AsksAgainWhereAMessageIsMissing) {
  World world;
  world.join().meet();
  world.say_restart(3);
  world.pass(seconds(1));
  world.sent();
  world.client.opened();
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"resume","token":"t","received":1})"));
}

TEST(SignallingClient, SaysHowMuchItHasReceived) {
  World world;
  world.join().meet().sent();
  world.pass(milliseconds(14750));
  EXPECT_THAT(world.sent(), IsEmpty());
  world.pass(milliseconds(250));
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"heartbeat","received":1})"));
}

TEST(SignallingClient, SaysSoSoonerAfter32Messages) {
  World world;
  world.join().meet().sent();
  for (int seq = 2; seq <= 32; ++seq) world.say_restart(seq);
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"heartbeat","received":32})"));
}

TEST(SignallingClient, GivesUpASilentServer) {
  World world;
  world.join();
  world.pass(milliseconds(44'750));
  EXPECT_EQ(world.connections, 1);
  world.pass(milliseconds(250));
  EXPECT_THAT(world.heard, ElementsAre("joined", "drop", "interrupted"));
  world.pass(seconds(1));
  EXPECT_EQ(world.connections, 2);
}

TEST(SignallingClient, DoesNotGiveUpAServerThatAnswers) {
  World world;
  world.join();
  for (int i = 0; i < 10; ++i) {
    world.pass(seconds(15));
    world.say(R"({"type":"heartbeat","received":0})");
  }
  EXPECT_EQ(world.connections, 1);
}

TEST(SignallingClient, DoesNotGiveUpAServerBecauseItWasStoppedItself) {
  World world;
  world.join();
  world.now += seconds(100);
  world.client.tick(world.now);
  EXPECT_EQ(world.connections, 1);
  EXPECT_THAT(world.heard, ElementsAre("joined"));
}

TEST(SignallingClient, WaitsLongerBeforeEachAttempt) {
  World world;
  world.join();
  std::vector<int> waits;
  for (world.break_down(); waits.size() < 6;) {
    const int before = world.connections;
    const Instant since = world.now;
    while (world.connections == before) world.pass(milliseconds(250));
    waits.push_back(static_cast<int>(icelab::seconds(world.now - since)));
    world.break_down();
  }
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 10, 10));
}

TEST(SignallingClient, IsOverWhenTheSessionCanNotBeResumedAnyMore) {
  World world;
  world.join();
  world.break_down();
  for (int i = 0; i < 59; ++i) {
    world.pass(seconds(1));
    world.break_down();
  }
  EXPECT_EQ(world.heard.back(), "drop");
  world.pass(seconds(1));
  world.break_down();
  EXPECT_THAT(world.heard.back(),
              HasSubstr("ended: the connection broke, and could not be made again in 60 s"));
  const int connections = world.connections;
  world.pass(seconds(60));
  EXPECT_EQ(world.connections, connections);
}

TEST(SignallingClient, AnAttemptThatLeadsToNothingIsGivenUp) {
  World world;
  world.join();
  world.break_down();
  world.pass(seconds(1));
  EXPECT_EQ(world.connections, 2);
  world.client.opened();
  world.pass(seconds(12));
  EXPECT_EQ(world.connections, 3);
}

TEST(SignallingClient, IsOverWhenItCannotJoin) {
  World refused;
  refused.client.closed("Connection refused", refused.now);
  EXPECT_THAT(refused.heard, ElementsAre("drop", "ended: Connection refused"));
  World unanswered;
  unanswered.pass(seconds(10));
  EXPECT_THAT(unanswered.heard, ElementsAre("drop", "ended: no answer in ten seconds"));
}

TEST(SignallingClient, IsOverWhenItIsNotLetInOrIsThrownOut) {
  World full;
  full.client.opened();
  full.say(R"({"type":"room-full"})");
  EXPECT_THAT(full.heard.back(), "ended: there are two in the room already");
  for (const std::string code : {"stale-token", "superseded", "shutting-down", "too-fast"}) {
    World world;
    world.join().say(R"({"type":"error","code":")" + code + R"(","message":"such\u001b\nthings"})");
    EXPECT_EQ(world.heard.back(), "ended: the server says " + code + ": such??things");
  }
}

TEST(SignallingClient, ComesBackWhereTheServerFoundItSilent) {
  World world;
  world.join().say(R"({"type":"error","code":"silent","message":"no heartbeat"})");
  world.pass(seconds(1));
  EXPECT_EQ(world.connections, 2);
}

TEST(SignallingClient, SaysGoodbyeWhereThereIsSomebodyToHearIt) {
  World world;
  world.join().sent();
  EXPECT_TRUE(world.client.leave());
  EXPECT_THAT(world.sent(), ElementsAre(R"({"type":"leave"})"));
  world.break_down();
  world.pass(seconds(100));
  EXPECT_EQ(world.connections, 1);
  World alone;
  EXPECT_FALSE(alone.client.leave());
}

TEST(SignallingClient, WhateverTheServerSaysIsUnderstoodOrTheEnd) {
  for (
      const std::string message :
      {"", "rubbish", "[]", "{}", R"({"type":1})", R"({"type":"no-such"})", R"({"type":"restart"})",
       R"({"type":"restart","seq":0,"from":2})", R"({"type":"restart","seq":1,"from":1e300})",
       R"({"type":"offer","seq":1,"from":2})",
       R"({"type":"candidate","seq":1,"from":2,"candidate":1})",
       R"({"type":"peer-joined","seq":1,"peer":2,"role":"king","ice_servers":[]})",
       R"({"type":"resumed","received":0,"ice_servers":[]})",
       R"({"type":"joined","protocol":1,"token":"t","ice_servers":[],"heartbeat_s":1,"resume_s":1})",
       R"({"type":"joined","protocol":2,"token":"t","ice_servers":[],"heartbeat_s":1,"resume_s":1})"}) {
    World world;
    world.join().say(message);
    EXPECT_THAT(world.heard.back(), HasSubstr("ended: ")) << message;
  }
  World world;
  world.join().say(std::string(largest_delivery + 1, ' '));
  EXPECT_THAT(world.heard.back(), HasSubstr("more than 65600 bytes"));
}

TEST(SignallingClient, HearsTheLargestMessageThatItsPeerMaySend) {
  std::string sent = R"({"type":"offer","to":1,"seq":1,"sdp":"v=0"})";
  sent.insert(sent.size() - 2, largest_signal - sent.size(), 'x');
  const auto read = std::get<ClientSignal>(parse_client_signal(sent));
  const auto sdp = std::get<PeerSignal>(read).body.at("sdp").get<std::string>();
  World world;
  world.join().meet().say(fmt::format(R"({{"type":"offer","seq":2,"from":2,"sdp":"{}"}})", sdp));
  EXPECT_THAT(world.heard.back(), "said");
}

TEST(SignallingClient, EndsWhereTheServerHasReceivedMoreThanWasSent) {
  World heartbeat;
  heartbeat.join().meet().client.send(2, offer("a"));
  heartbeat.say(R"({"type":"heartbeat","received":2})");
  EXPECT_THAT(heartbeat.heard.back(), HasSubstr("has received 2, but 1 were sent"));
  World resumed;
  resumed.join().meet().break_down();
  resumed.client.send(2, offer("a"));  // which waits for the connection
  resumed.client.send(2, offer("b"));
  resumed.pass(seconds(1));
  resumed.sent();
  resumed.resume(1);
  EXPECT_THAT(resumed.heard.back(), HasSubstr("has received 1, but 0 were sent"));
  EXPECT_THAT(resumed.sent(), ElementsAre(HasSubstr("resume")));
}

TEST(SignallingClient, ABrowsersCandidateMayHaveNullMembers) {
  World world;
  world.join().meet().say(
      R"({"type":"candidate","seq":2,"from":2,"candidate":"x","sdpMid":null,"usernameFragment":null})");
  EXPECT_THAT(world.heard.back(), "said");
}

}  // namespace
}  // namespace icelab
