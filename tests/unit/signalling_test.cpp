#include "src/serve/signalling.h"

#include "src/base/file.h"
#include "tests/support/growth.h"
#include "tests/support/json_schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* room = "7dXk0mW2q5TzYv9bLhR4cA";
constexpr const char* other_room = "another-room-000000000";

const JsonSchema& schema() {
  static const JsonSchema schema =
      JsonSchema::parse(read_file(ICELAB_SOURCE "/docs/signalling.schema.json", largest_signal));
  return schema;
}

/// The server with its clients' ends of the wire.
class Exchange : public SignallingWire {
 public:
  void send(ConnectionId connection, const std::string& message) override {
    const Json json = Json::parse(message);
    EXPECT_TRUE(schema().accepts(json)) << message;
    inbox[connection].push_back(json);
  }
  void close(ConnectionId connection, int code, std::string_view) override {
    closed_with[connection] = code;
    unread.erase(connection);
  }
  [[nodiscard]] size_t unsent(ConnectionId connection) const override {
    const auto found = unread.find(connection);
    return found == unread.end() ? 0 : found->second;
  }
  [[nodiscard]] size_t unsent() const override {
    size_t all = 0;
    for (const auto& [connection, bytes] : unread) all += bytes;
    return all;
  }

  ConnectionId connect() {
    server.opened(++last, from, at);
    return last;
  }
  void say(ConnectionId connection, const Json& message) {
    server.received(connection, message.dump(), at);
  }
  void say_text(ConnectionId connection, std::string_view text) {
    server.received(connection, text, at);
  }
  void hang_up(ConnectionId connection) { server.closed(connection, at); }
  void wait(Duration duration) {
    for (const Instant end = at + duration; at < end; at += std::chrono::seconds(1))
      server.expire(at);
  }

  ConnectionId join(const std::string& name) {
    const auto connection = connect();
    say(connection, {{"type", "join"}, {"room", name}});
    return connection;
  }
  /// What has come since it was asked last.
  std::vector<Json> read(ConnectionId connection) { return std::exchange(inbox[connection], {}); }
  std::vector<std::string> types(ConnectionId connection) {
    std::vector<std::string> types;
    for (const auto& message : read(connection)) types.push_back(message.at("type"));
    return types;
  }
  /// The error with which it was cut off; empty if it was not.
  std::string error(ConnectionId connection) {
    if (inbox[connection].empty() || !closed_with.contains(connection)) return "";
    const Json& last_message = inbox[connection].back();
    return last_message.value("code", last_message.at("type").get<std::string>());
  }
  std::string token(ConnectionId connection) {
    return inbox[connection].at(0).at("token").get<std::string>();
  }

  SignallingLimits limits;
  Instant at{};
  IpAddress from = *IpAddress::parse("192.0.2.1");  // where the next ones connect from
  std::map<ConnectionId, size_t> unread;            // what clients leave unread
  ConnectionId last = 0;
  int secrets = 0;
  std::map<ConnectionId, std::vector<Json>> inbox;
  std::map<ConnectionId, int> closed_with;
  Signalling server{limits,
                    {.ice_servers =
                         [](std::string_view user) {
                           if (user.empty()) return Json::array({{{"urls", {"stun:server"}}}});
                           return Json::array({{{"urls", {"turn:relay"}}, {"username", user}}});
                         },
                     .new_secret = [this] { return fmt::format("secret-{}", ++secrets); }},
                    *this};
};

Json offer(int seq, int to) {
  return {{"type", "offer"}, {"seq", seq}, {"to", to}, {"sdp", "v=0"}};
}
Json candidate(int seq, int to) {
  return {{"type", "candidate"},
          {"seq", seq},
          {"to", to},
          {"candidate", "candidate:1 1 UDP 1 10.0.0.1 1 typ host"},
          {"sdpMid", "0"}};
}
Json end_of_candidates(int seq, int to) {
  return {{"type", "end-of-candidates"}, {"seq", seq}, {"to", to}};
}

/// Alice came first and makes the offers; both have been told of each other.
struct SignallingOfTwo : testing::Test, Exchange {
  ConnectionId alice = join(room);
  std::string alices_token = token(alice);
  ConnectionId bob = join(room);
  std::string bobs_token = token(bob);

  SignallingOfTwo() {
    read(alice);
    read(bob);
  }
};

TEST(Signalling, TellsWhoJoinsWhatItNeeds) {
  Exchange server;
  const auto alice = server.join(room);
  EXPECT_THAT(server.read(alice), ElementsAre(Json({{"type", "joined"},
                                                    {"protocol", 1},
                                                    {"token", "secret-1"},
                                                    {"ice_servers", {{{"urls", {"stun:server"}}}}},
                                                    {"heartbeat_s", 15},
                                                    {"resume_s", 60}})));
}

TEST(Signalling, IntroducesTwoAndLetsTheFirstMakeTheOffers) {
  Exchange server;
  const auto alice = server.join(room);
  server.read(alice);
  const auto bob = server.join(room);
  EXPECT_THAT(
      server.read(alice),
      ElementsAre(Json({{"type", "peer-joined"},
                        {"seq", 1},
                        {"peer", 2},
                        {"role", "offerer"},
                        {"ice_servers", {{{"urls", {"turn:relay"}}, {"username", "secret-2"}}}}})));
  EXPECT_EQ(server.read(bob).at(1),
            Json({{"type", "peer-joined"},
                  {"seq", 1},
                  {"peer", 1},
                  {"role", "answerer"},
                  {"ice_servers", {{{"urls", {"turn:relay"}}, {"username", "secret-4"}}}}}));
}

TEST(Signalling, NeverTellsATokenToATurnServer) {
  Exchange server;
  const auto alice = server.join(room);
  const std::string token = server.token(alice);
  const auto bob = server.join(room);
  const std::vector<std::string> tokens{token, server.token(bob)};
  for (const auto connection : {alice, bob}) {
    const Json servers = server.read(connection).back().at("ice_servers");
    for (const auto& secret : tokens) {
      EXPECT_EQ(servers.dump().find(secret), std::string::npos) << servers;
      const auto thief = server.connect();
      server.say(thief,
                 {{"type", "resume"}, {"token", servers.at(0).at("username")}, {"received", 0}});
      EXPECT_EQ(server.error(thief), "stale-token");
    }
  }
}

TEST(Signalling, RefusesAThirdAndDisturbsNobody) {
  Exchange server;
  const auto alice = server.join(room);
  const auto bob = server.join(room);
  const auto carol = server.join(room);
  EXPECT_THAT(server.types(carol), ElementsAre("room-full"));
  EXPECT_EQ(server.closed_with[carol], 4004);
  EXPECT_THAT(server.types(alice), ElementsAre("joined", "peer-joined"));
  EXPECT_THAT(server.types(bob), ElementsAre("joined", "peer-joined"));
}

TEST(Signalling, KeepsRoomsApart) {
  Exchange server;
  const auto alice = server.join(room);
  const auto carol = server.join(other_room);
  EXPECT_THAT(server.types(alice), ElementsAre("joined"));
  EXPECT_THAT(server.types(carol), ElementsAre("joined"));
  EXPECT_EQ(server.server.rooms(), 2);
}

TEST_F(SignallingOfTwo, AreCarriedToEachOtherInOrder) {
  say(alice, offer(1, 2));
  say(alice, candidate(2, 2));
  say(alice, end_of_candidates(3, 2));
  EXPECT_THAT(read(bob),
              ElementsAre(Json({{"type", "offer"}, {"seq", 2}, {"from", 1}, {"sdp", "v=0"}}),
                          Json({{"type", "candidate"},
                                {"seq", 3},
                                {"from", 1},
                                {"candidate", "candidate:1 1 UDP 1 10.0.0.1 1 typ host"},
                                {"sdpMid", "0"}}),
                          Json({{"type", "end-of-candidates"}, {"seq", 4}, {"from", 1}})));
  EXPECT_THAT(read(alice), IsEmpty());
}

TEST_F(SignallingOfTwo, KnowWhoseTurnItIs) {
  say(bob, {{"type", "restart"}, {"seq", 1}, {"to", 1}});
  EXPECT_THAT(types(alice), ElementsAre("restart"));
  say(bob, offer(2, 1));
  EXPECT_EQ(error(bob), "not-your-turn");
  EXPECT_THAT(types(alice), ElementsAre("peer-left"));
}

TEST_F(SignallingOfTwo, HearThatThePeerHasLeftAndWhoComesNext) {
  say(alice, {{"type", "leave"}});
  EXPECT_EQ(closed_with[alice], 1000);
  EXPECT_THAT(
      read(bob),
      ElementsAre(Json({{"type", "peer-left"}, {"seq", 2}, {"peer", 1}, {"reason", "left"}})));
  const auto carol = join(room);
  const Json met = read(bob).at(0);
  EXPECT_EQ(met.at("type"), "peer-joined");
  EXPECT_EQ(met.at("seq"), 3);
  EXPECT_EQ(met.at("peer"), 3);
  EXPECT_EQ(met.at("role"), "offerer");
  EXPECT_EQ(read(carol).at(1).at("role"), "answerer");
}

TEST_F(SignallingOfTwo, DoNotSayToTheNextWhatWasMeantForTheLast) {
  say(alice, {{"type", "leave"}});
  const auto carol = join(room);
  read(carol);
  say(bob, candidate(1, 1));
  EXPECT_THAT(read(carol), IsEmpty());
  say(bob, candidate(2, 3));
  EXPECT_THAT(types(carol), ElementsAre("candidate"));
}

TEST_F(SignallingOfTwo, MissNothingWhileTheirConnectionIsAway) {
  hang_up(bob);
  say(alice, offer(1, 2));
  say(alice, candidate(2, 2));
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", bobs_token}, {"received", 1}});
  const auto messages = read(again);
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_EQ(messages[0].at("type"), "resumed");
  EXPECT_EQ(messages[0].at("received"), 0);
  EXPECT_EQ(messages[1].at("seq"), 2);
  EXPECT_EQ(messages[2].at("type"), "candidate");
  EXPECT_THAT(read(alice), IsEmpty()) << "its peer is told nothing";
}

TEST_F(SignallingOfTwo, MaySayAgainWhatTheServerHasAlready) {
  say(alice, offer(1, 2));
  hang_up(alice);
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", alices_token}, {"received", 1}});
  EXPECT_EQ(read(again).at(0).at("received"), 1);
  say(again, offer(1, 2));
  say(again, candidate(2, 2));
  EXPECT_THAT(types(bob), ElementsAre("offer", "candidate"));
}

TEST_F(SignallingOfTwo, MoveToTheConnectionThatResumes) {
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", bobs_token}, {"received", 1}});
  EXPECT_EQ(error(bob), "superseded");
  say(alice, offer(1, 2));
  EXPECT_THAT(types(again), ElementsAre("resumed", "offer"));
  hang_up(bob);
  say(alice, candidate(2, 2));
  EXPECT_THAT(types(again), ElementsAre("candidate"));
}

TEST_F(SignallingOfTwo, AreLostWhenTheyDoNotComeBack) {
  hang_up(bob);
  for (int half = 0; half < 2; ++half) {
    wait(std::chrono::seconds(30));
    say(alice, {{"type", "heartbeat"}, {"received", 1}});
  }
  EXPECT_THAT(types(alice), ElementsAre("heartbeat", "heartbeat"));
  wait(std::chrono::seconds(3));
  EXPECT_THAT(
      read(alice),
      ElementsAre(Json({{"type", "peer-left"}, {"seq", 2}, {"peer", 2}, {"reason", "lost"}})));
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", bobs_token}, {"received", 1}});
  EXPECT_EQ(error(again), "stale-token");
}

TEST_F(SignallingOfTwo, AreGivenOtherCredentialsBeforeTheirsEnd) {
  const auto minutes = static_cast<int>(limits.renewal / std::chrono::minutes(1));
  int renewed = 0;
  for (int minute = 0; minute < 2 * minutes; ++minute) {
    at += std::chrono::minutes(1);
    say(alice, {{"type", "heartbeat"}, {"received", 1}});
    for (const auto& answer : read(alice)) renewed += answer.contains("ice_servers") ? 1 : 0;
    EXPECT_EQ(renewed, (minute + 1) / minutes);
  }
}

TEST_F(SignallingOfTwo, HaveTheirPlaceTakenWhenTheyAreNotHeard) {
  hang_up(bob);
  wait(std::chrono::seconds(5));
  EXPECT_EQ(error(join(room)), "room-full");
  wait(std::chrono::seconds(2));
  const auto again = join(room);
  EXPECT_THAT(types(again), ElementsAre("joined", "peer-joined"));
  EXPECT_THAT(types(alice), ElementsAre("peer-left", "peer-joined"));
}

TEST_F(SignallingOfTwo, HaveTheirPlaceTakenWhenTheirConnectionOnlySeemsToStand) {
  wait(std::chrono::seconds(15));
  say(alice, {{"type", "heartbeat"}, {"received", 1}});
  wait(std::chrono::seconds(15));
  EXPECT_EQ(error(join(room)), "room-full");
  say(alice, {{"type", "heartbeat"}, {"received", 1}});
  wait(std::chrono::seconds(2));
  read(alice);
  const auto again = join(room);
  EXPECT_THAT(types(again), ElementsAre("joined", "peer-joined"));
  EXPECT_EQ(read(alice).at(0).at("reason"), "lost");
  EXPECT_EQ(error(bob), "silent");
}

TEST_F(SignallingOfTwo, TakeTheirOwnPlaceAgainWithTheirToken) {
  const auto again = connect();
  say(again, {{"type", "join"}, {"room", room}, {"replaces", bobs_token}});
  EXPECT_THAT(types(again), ElementsAre("joined", "peer-joined"));
  EXPECT_EQ(error(bob), "superseded");
  EXPECT_THAT(types(alice), ElementsAre("peer-left", "peer-joined"));
  EXPECT_EQ(error(alice), "");
}

TEST_F(SignallingOfTwo, ReplaceNobodyInAnotherRoomOrWithAnotherToken) {
  for (const auto& [name, token] :
       {std::pair{other_room, bobs_token}, {room, std::string("another")}, {room, std::string()}}) {
    const auto third = connect();
    say(third, {{"type", "join"}, {"room", name}, {"replaces", token}});
    EXPECT_EQ(error(third), name == room ? "room-full" : "");
  }
  EXPECT_EQ(error(bob), "");
  EXPECT_THAT(types(alice), IsEmpty());
}

TEST_F(SignallingOfTwo, AreCutOffWhenTheyAcknowledgeWhatTheyDoNotRead) {
  unread[bob] = limits.unsent_bytes + 1;
  say(alice, offer(1, 2));
  EXPECT_EQ(error(bob), "too-far-behind");
  EXPECT_EQ(read(alice).back().at("reason"), "cut-off");
}

TEST_F(SignallingOfTwo, LoseTheSlowestWhereTheServerKeepsTooMuch) {
  const auto carol = join(other_room);
  const auto dave = join(other_room);
  for (const auto connection : {carol, dave}) read(connection);
  unread[bob] = limits.unsent_bytes;
  unread[dave] = limits.unsent_bytes - 1;
  unread[alice] = limits.kept_bytes - 2 * limits.unsent_bytes - 100;
  say(carol, offer(1, 2));
  EXPECT_EQ(error(alice), "too-far-behind") << "most is kept for alice";
  EXPECT_EQ(error(bob), "");
  EXPECT_EQ(error(dave), "");
  EXPECT_EQ(server.refusals(SignallingError::too_far_behind), 1);
}

TEST(Signalling, KeepsCountOfWhatItKeeps) {
  Exchange server;
  const auto alice = server.join(room);
  const auto bob = server.join(room);
  const size_t introductions = server.server.kept_bytes();
  EXPECT_GT(introductions, 0);
  server.say(alice, offer(1, 2));
  EXPECT_GT(server.server.kept_bytes(), introductions);
  for (const auto connection : {alice, bob})
    server.say(connection, {{"type", "heartbeat"}, {"received", connection == bob ? 2 : 1}});
  EXPECT_EQ(server.server.kept_bytes(), 0);
  server.say(alice, offer(2, 2));
  server.say(bob, {{"type", "leave"}});
  server.say(alice, {{"type", "leave"}});
  EXPECT_EQ(server.server.kept_bytes(), 0);
}

struct Source {
  const char* name;
  const char* one;
  const char* other;  // of another source
};
class SignallingOfASource : public testing::TestWithParam<Source>, protected Exchange {
 protected:
  SignallingOfASource() { from = *IpAddress::parse(GetParam().one); }
  void come_from_elsewhere() { from = *IpAddress::parse(GetParam().other); }
};

TEST_P(SignallingOfASource, HasItsShareOfConnections) {
  for (size_t i = 0; i < limits.source.connections; ++i) EXPECT_EQ(error(connect()), "");
  const auto refused = connect();
  EXPECT_EQ(error(refused), "source-limit");
  EXPECT_EQ(closed_with[refused], 4007);
  hang_up(1);
  EXPECT_EQ(error(connect()), "") << "what was given back may be taken again";
  come_from_elsewhere();
  EXPECT_EQ(error(connect()), "");
}

TEST_P(SignallingOfASource, CannotFillTheServerByJoiningAndClosing) {
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto connection = join(fmt::format("a-room-of-its-own-{:06}", i));
    refused += error(connection) == "source-limit" ? 1 : 0;
    hang_up(connection);
  }
  EXPECT_GT(refused, 9000);
  EXPECT_LE(server.rooms(), 200);
  come_from_elsewhere();
  const auto other = join(room);
  EXPECT_THAT(types(other), ElementsAre("joined"));
}

TEST_P(SignallingOfASource, MayComeAgainAfterAMinute) {
  while (error(join(fmt::format("a-room-of-its-own-{:06}", last))).empty()) hang_up(last);
  wait(std::chrono::seconds(70));
  EXPECT_THAT(types(join(room)), ElementsAre("joined"));
}

TEST_P(SignallingOfASource, GetsNoMoreCredentialsThanItsShare) {
  constexpr int calls = 150;
  int given = 0;
  for (int call = 0; call < calls; ++call) {
    const std::array two{join(room), join(room)};
    for (const auto connection : two) {
      const Json met = read(connection).back();
      ASSERT_EQ(met.at("type"), "peer-joined") << "a call needs no credentials";
      if (met.at("ice_servers").dump().find("username") != std::string::npos) ++given;
    }
    for (const auto connection : two) say(connection, {{"type", "leave"}});
    at += std::chrono::milliseconds(100);
  }
  const auto share = static_cast<int>(limits.source.credentials_a_minute);
  EXPECT_GE(given, share);
  EXPECT_LE(given, share + share / 4) << "what a quarter of a minute brings";
}

INSTANTIATE_TEST_SUITE_P(, SignallingOfASource,
                         testing::Values(Source{"OfIpv4", "192.0.2.1", "192.0.2.2"},
                                         Source{"OfIpv6", "2001:db8:0:1::1", "2001:db8:0:2::1"}),
                         [](const auto& test) { return test.param.name; });

TEST(SourceShares, TakesSixtyFourBitsOfIpv6ForOneSource) {
  const auto of = [](const char* text) { return source_of(*IpAddress::parse(text)); };
  EXPECT_EQ(of("2001:db8::1"), of("2001:db8::ffff:1:2:3"));
  EXPECT_NE(of("2001:db8::1"), of("2001:db8:0:1::1"));
  EXPECT_NE(of("192.0.2.1"), of("192.0.2.2"));
}

TEST(SourceShares, ForgetsThoseWhoHaveNothing) {
  SourceShares shares{SourceLimits{}};
  const Instant start{};
  const auto one = *IpAddress::parse("192.0.2.1");
  ASSERT_TRUE(shares.take_connection(one, start));
  ASSERT_TRUE(shares.take_room(*IpAddress::parse("192.0.2.2"), start));
  shares.expire(start + std::chrono::seconds(61));
  EXPECT_EQ(shares.size(), 1);
  shares.return_connection(one);
  shares.expire(start + std::chrono::seconds(61));
  EXPECT_EQ(shares.size(), 0);
}

TEST(Signalling, GivesNoCredentialsToOneAlone) {
  Exchange server;
  const auto alice = server.join(room);
  const std::string token = server.token(alice);
  server.say(alice, {{"type", "heartbeat"}, {"received", 0}});
  server.hang_up(alice);
  const auto again = server.connect();
  server.say(again, {{"type", "resume"}, {"token", token}, {"received", 0}});
  for (const auto connection : {alice, again}) {
    for (const auto& message : server.read(connection))
      EXPECT_EQ(message.dump().find("username"), std::string::npos) << message;
  }
}

TEST_F(SignallingOfTwo, AreAnsweredTheirHeartbeats) {
  say(alice, offer(1, 2));
  say(alice, {{"type", "heartbeat"}, {"received", 1}});
  EXPECT_THAT(read(alice), ElementsAre(Json({{"type", "heartbeat"}, {"received", 1}})));
  hang_up(alice);
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", alices_token}, {"received", 1}});
  EXPECT_THAT(types(again), ElementsAre("resumed")) << "what was acknowledged is not said again";
}

TEST_F(SignallingOfTwo, AreCutOffWhenSilentAndMayResume) {
  for (int second = 0; second < 46; second += 15) {
    wait(std::chrono::seconds(15));
    say(alice, {{"type", "heartbeat"}, {"received", 1}});
  }
  EXPECT_EQ(error(bob), "silent");
  EXPECT_EQ(error(alice), "");
  const auto again = connect();
  say(again, {{"type", "resume"}, {"token", bobs_token}, {"received", 1}});
  EXPECT_THAT(types(again), ElementsAre("resumed"));
}

TEST_F(SignallingOfTwo, AreCutOffWhenTheyAcknowledgeTooLittle) {
  int sent = 0;
  for (; sent < 1100 && error(bob).empty(); ++sent) {
    say(alice, candidate(sent + 1, 2));
    at += std::chrono::milliseconds(20);
  }
  EXPECT_EQ(error(bob), "too-far-behind");
  EXPECT_EQ(sent, 1000);  // and one that bob has had before
  EXPECT_EQ(read(alice).back().at("reason"), "cut-off");
  EXPECT_EQ(error(alice), "");
}

TEST_F(SignallingOfTwo, AreCutOffWhenTheySpeakTooFast) {
  for (int i = 1; i <= 200; ++i) say(alice, candidate(i, 2));
  EXPECT_EQ(error(alice), "too-fast");
  EXPECT_EQ(closed_with[alice], 1008);
  EXPECT_EQ(error(bob), "");
}

TEST_F(SignallingOfTwo, MayTalkForAsLongAsTheyLikeButNotWaitAloneForEver) {
  const auto wait_two_hours = [this] {
    for (int half_minute = 0; half_minute < 241; ++half_minute) {
      wait(std::chrono::seconds(30));
      for (const auto connection : {alice, bob})
        say(connection, {{"type", "heartbeat"}, {"received", 1}});
    }
  };
  wait_two_hours();
  EXPECT_EQ(error(alice), "");
  say(bob, {{"type", "leave"}});
  wait(std::chrono::seconds(10));
  EXPECT_EQ(error(alice), "");
  wait_two_hours();
  EXPECT_EQ(error(alice), "idle");
  EXPECT_EQ(server.rooms(), 0);
}

TEST_F(SignallingOfTwo, AreToldWhenTheServerEnds) {
  server.shut_down();
  for (const auto connection : {alice, bob}) {
    EXPECT_EQ(error(connection), "shutting-down");
    EXPECT_THAT(types(connection), ElementsAre("error"));
    EXPECT_EQ(closed_with[connection], 1001);
  }
  EXPECT_EQ(server.connections(), 0);
}

struct BadMessage {
  std::string text;
  std::string error;
};
class SignallingGiven : public testing::TestWithParam<BadMessage> {};

TEST_P(SignallingGiven, ABadMessageSaysWhyAndLeavesTheOthers) {
  Exchange server;
  const auto alice = server.join(room);
  const auto bob = server.join(room);
  server.read(alice);
  server.say_text(bob, GetParam().text);
  EXPECT_EQ(server.error(bob), GetParam().error);
  EXPECT_THAT(server.types(alice), ElementsAre("peer-left"));
  EXPECT_EQ(server.error(alice), "");
  server.say_text(bob, GetParam().text);  // which nobody reads any more
}

INSTANTIATE_TEST_SUITE_P(
    , SignallingGiven,
    testing::Values(
        BadMessage{"{", "malformed"}, BadMessage{"[]", "malformed"},
        BadMessage{"\xff", "malformed"},
        BadMessage{R"({"type":"offer","seq":1,"to":1,"sdp":"\ud800"})", "malformed"},
        BadMessage{std::string(60000, '['), "malformed"},
        BadMessage{R"({"type":"leave"} // a comment)", "malformed"},
        BadMessage{R"({"type":"leave","more":)" + std::string(40, '[') + std::string(40, ']') + "}",
                   "malformed"},
        BadMessage{R"({"type":"leave","type":"greet"})", "unknown-type"},
        BadMessage{"{}", "bad-message"}, BadMessage{R"({"type":7})", "bad-message"},
        BadMessage{R"({"type":"greet"})", "unknown-type"},
        BadMessage{R"({"type":"join","room":"7dXk0mW2q5TzYv9bLhR4cA"})", "already-joined"},
        BadMessage{R"({"type":"resume","token":"secret-1","received":0})", "already-joined"},
        BadMessage{R"({"type":"heartbeat"})", "bad-message"},
        BadMessage{R"({"type":"heartbeat","received":-1})", "bad-message"},
        BadMessage{R"({"type":"heartbeat","received":2})", "bad-message"},
        BadMessage{R"({"type":"answer","seq":2,"to":1,"sdp":""})", "out-of-order"},
        BadMessage{R"({"type":"answer","seq":0,"to":1,"sdp":""})", "bad-message"},
        BadMessage{R"({"type":"answer","seq":1,"to":1})", "bad-message"},
        BadMessage{R"({"type":"answer","seq":1,"sdp":""})", "bad-message"},
        BadMessage{R"({"type":"candidate","seq":1,"to":1,"candidate":{}})", "bad-message"}));

TEST(SignallingSchema, AcceptsWhatAClientMaySayAndNothingElse) {
  for (const Json& message :
       {Json({{"type", "join"}, {"room", room}}), offer(1, 2), candidate(1, 2),
        end_of_candidates(1, 2), Json({{"type", "leave"}, {"more", "is ignored"}}),
        Json({{"type", "resume"}, {"token", "t"}, {"received", 0}})}) {
    EXPECT_TRUE(schema().accepts(message)) << message;
    EXPECT_TRUE(std::holds_alternative<ClientSignal>(parse_client_signal(message.dump())));
  }
  for (const Json& message :
       {Json({{"type", "join"}, {"room", "short"}}), offer(0, 2), candidate(1, 0),
        Json({{"type", "greet"}}), Json({{"type", "heartbeat"}, {"received", -1}}),
        Json({{"type", "offer"}, {"seq", 1}, {"to", 1}}), Json::array()}) {
    EXPECT_FALSE(schema().accepts(message)) << message;
    EXPECT_TRUE(std::holds_alternative<SignallingFault>(parse_client_signal(message.dump())));
  }
}

TEST(Signalling, ReadsAMessageAtACostThatGrowsAsItsLength) {
  for (const auto& make : {object_of_many_keys, object_of_one_key, object_below_a_long_key}) {
    EXPECT_LT(growth_for_eight_times(make, largest_signal - 100, parse_client_signal),
              most_for_linear)
        << make(100);
  }
}

TEST(Signalling, WantsARoomThatCannotBeGuessed) {
  Exchange server;
  for (const std::string name :
       {"short", "room/with/slashes-0000", "space is not allowed  ", "ünguessable-name-00000"}) {
    const auto connection = server.join(name);
    EXPECT_EQ(server.error(connection), "bad-message") << name;
  }
  EXPECT_EQ(server.server.rooms(), 0);
}

TEST(Signalling, WaitsTenSecondsForTheFirstMessage) {
  Exchange server;
  const auto quiet = server.connect();
  server.wait(std::chrono::seconds(10));
  EXPECT_EQ(server.error(quiet), "");
  server.wait(std::chrono::seconds(2));
  EXPECT_EQ(server.error(quiet), "not-joined");

  const auto early = server.connect();
  server.say(early, {{"type", "heartbeat"}, {"received", 0}});
  EXPECT_EQ(server.error(early), "not-joined");
}

TEST(Signalling, CutsOffWhoSendsABinaryFrame) {
  Exchange server;
  const auto alice = server.join(room);
  server.server.received_binary(alice);
  EXPECT_EQ(server.error(alice), "malformed");
  EXPECT_EQ(server.closed_with[alice], 1007);
  server.server.received_binary(alice);  // which nobody reads any more
}

TEST(Signalling, HoldsNoMoreThanItMay) {
  Exchange server;
  server.limits.connections = 2;
  Signalling small(server.limits,
                   {.ice_servers = [](auto) { return Json::array(); },
                    .new_secret = [] { return std::string("secret"); }},
                   server);
  for (const ConnectionId id : {1, 2, 3}) small.opened(id, server.from, server.at);
  EXPECT_EQ(server.error(3), "server-full");
  EXPECT_EQ(small.connections(), 2);
}

}  // namespace
}  // namespace icelab
