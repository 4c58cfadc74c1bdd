#include "src/base/descriptor.h"
#include "src/base/error.h"
#include "src/base/event_loop.h"
#include "src/base/json.h"
#include "src/ice/candidate.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

struct PipeEnds {
  Descriptor read;
  Descriptor write;
};

PipeEnds make_pipe() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "create a pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// An icelab-agent of its own process, with the other ends of its standard input and output.
class SpawnedAgent {
 public:
  SpawnedAgent() {
    PipeEnds input = make_pipe();
    PipeEnds output = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
    std::string program = ICELAB_AGENT;
    std::array<char*, 2> arguments{program.data(), nullptr};
    const int error =
        posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw SystemError("start " + program, error);
    input_ = std::move(input.write);
    output_ = std::move(output.read);
  }
  ~SpawnedAgent() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  SpawnedAgent(const SpawnedAgent&) = delete;
  SpawnedAgent& operator=(const SpawnedAgent&) = delete;

  void write_line(const std::string& line) const {
    const std::string text = line + "\n";
    check(write(input_.get(), text.data(), text.size()), "write to the agent");
  }
  void send(const Json& command) const { write_line(to_line(command)); }
  void close_input() { input_.reset(); }
  void close_output() { output_.reset(); }
  [[nodiscard]] int output() const { return output_.get(); }

  /// The events that have arrived; waits for the next, and none are the end of its output.
  std::vector<Json> read_events() {
    std::array<char, 65536> chunk{};
    const ssize_t length = check(read(output_.get(), chunk.data(), chunk.size()), "read the agent");
    pending_.append(chunk.data(), static_cast<size_t>(length));
    std::vector<Json> events;
    size_t start = 0;
    for (size_t end = 0; (end = pending_.find('\n', start)) != std::string::npos; start = end + 1)
      events.push_back(Json::parse(pending_.substr(start, end - start)));
    pending_.erase(0, start);
    ended_ = length == 0;
    return events;
  }
  [[nodiscard]] bool ended() const { return ended_; }

  std::vector<Json> read_to_end() {
    std::vector<Json> all;
    while (!ended_) {
      for (Json& event : read_events()) all.push_back(std::move(event));
    }
    return all;
  }

  int wait_for_exit_status() {
    int status = 0;
    check(waitpid(std::exchange(pid_, 0), &status, 0), "wait for the agent");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  Descriptor input_;
  Descriptor output_;
  std::string pending_;
  bool ended_ = false;
};

Json command(const std::string& type) {
  return Json::object({{"type", type}});
}

/// On loopback, where no privileges are needed and no other machine can interfere.
Json configure(const std::string& role, Json settings = Json::object()) {
  settings["addresses"] = {"127.0.0.1"};
  return Json::object({{"type", "configure"}, {"role", role}, {"settings", std::move(settings)}});
}

std::vector<std::string> types_of(const std::vector<Json>& events) {
  std::vector<std::string> types;
  types.reserve(events.size());
  for (const Json& event : events) types.push_back(event.at("type"));
  return types;
}

/// Two agents, and between them a signalling channel that carries what they say until both have
/// quit.
class Call {
 public:
  struct Peer {
    SpawnedAgent agent;
    std::vector<Json> events;
    EventLoop::Watch watch;
    bool ready = false;
  };

  /// `restarts`: how often alice is asked to restart ICE, each time when data has come through.
  explicit Call(const Json& settings, int restarts = 0) : restarts_left_(restarts) {
    for (Peer* peer : {&alice, &bob}) {
      peer->agent.send(configure(peer == &alice ? "controlling" : "controlled", settings));
      peer->agent.send(command("gather"));
      peer->watch = loop_.on_readable(peer->agent.output(), [this, peer] { carry(*peer); });
    }
  }

  void run() {
    const auto deadline = loop_.after(std::chrono::seconds(60), [this] { loop_.quit(); });
    loop_.run();
  }

  Peer alice;
  Peer bob;

 private:
  void carry(Peer& peer) {
    Peer& other = &peer == &alice ? bob : alice;
    for (const Json& event : peer.agent.read_events()) {
      peer.events.push_back(event);
      on_event(peer, other, event);
    }
    if (!peer.agent.ended()) return;
    peer.watch = {};
    if (!other.watch) loop_.quit();
  }

  void on_event(Peer& peer, Peer& other, Json event) {
    const std::string type = event.at("type");
    if (type == "credentials" || type == "candidate" || type == "gathered") {
      event["type"] = "remote-" + type;
      other.agent.send(event);
    } else if (type == "state" && event.at("state") == "ready") {
      peer.ready = true;
      if (other.ready) alice.agent.send({{"type", "send"}, {"data", "hello, Bob ✓"}});
    } else if (type == "received" && &peer == &alice && restarts_left_ > 0) {
      --restarts_left_;
      alice.ready = bob.ready = false;
      alice.agent.send(command("restart"));
    } else if (type == "received" && &peer == &bob) {
      bob.agent.send({{"type", "send"}, {"data", "hello, Alice"}});
    } else if (type == "received") {
      alice.agent.send(command("quit"));
      bob.agent.send(command("quit"));
    }
  }

  EventLoop loop_;
  int restarts_left_;
};

class TwoAgents : public testing::TestWithParam<std::string> {};

TEST_P(TwoAgents, ConnectSendDataAndQuit) {
  Call call(Json::parse(GetParam()));
  call.run();

  for (Call::Peer* peer : {&call.alice, &call.bob}) {
    EXPECT_TRUE(peer->ready);
    ASSERT_TRUE(peer->agent.ended()) << testing::PrintToString(types_of(peer->events));
    EXPECT_EQ(peer->agent.wait_for_exit_status(), 0);
    EXPECT_EQ(peer->events.front().at("type"), "hello");
    EXPECT_THAT(types_of(peer->events),
                IsSupersetOf({"credentials", "candidate", "gathered", "selected", "received"}));
    EXPECT_EQ(peer->events.back().at("type"), "pairs");
    int nominated = 0;
    for (const Json& pair : peer->events.back().at("pairs")) {
      if (!pair.at("nominated").get<bool>()) continue;
      ++nominated;
      EXPECT_EQ(pair.at("state"), "succeeded");
    }
    EXPECT_EQ(nominated, 1);
  }
  EXPECT_THAT(call.bob.events, Contains(Json{{"type", "received"}, {"data", "hello, Bob ✓"}}));
  EXPECT_THAT(call.alice.events, Contains(Json{{"type", "received"}, {"data", "hello, Alice"}}));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, TwoAgents,
    testing::Values(R"({"nomination":"aggressive"})", R"({"nomination":"regular"})",
                    R"({"nomination":"regular","ice_udp":false,"ice_tcp":true})"));

std::vector<std::string> ufrags_of(const std::vector<Json>& events) {
  std::vector<std::string> ufrags;
  for (const Json& event : events) {
    if (event.at("type") == "credentials") ufrags.push_back(event.at("ufrag"));
  }
  return ufrags;
}

TEST(AgentProcess, RestartsWhenToldToAndWhenItsPeerDoes) {
  Call call(Json::object(), 1);
  call.run();
  for (Call::Peer* peer : {&call.alice, &call.bob}) {
    ASSERT_TRUE(peer->agent.ended()) << testing::PrintToString(types_of(peer->events));
    EXPECT_EQ(peer->agent.wait_for_exit_status(), 0);
    EXPECT_TRUE(peer->ready);
    const auto ufrags = ufrags_of(peer->events);
    ASSERT_EQ(ufrags.size(), 2U);
    EXPECT_NE(ufrags[0], ufrags[1]);
    const auto types = types_of(peer->events);
    EXPECT_EQ(std::ranges::count(types, "received"), 2) << "data flows before and after";
    EXPECT_EQ(std::ranges::count(types, "gathered"), 2) << "candidates are told anew";
  }
}

TEST(AgentProcess, AnswersRubbishWithErrorsAndGoesOn) {
  SpawnedAgent agent;
  const std::vector<std::string> rubbish{"",
                                         "rubbish",
                                         "[]",
                                         "{}",
                                         R"({"type":"dance"})",
                                         R"({"type":"gather"})",
                                         R"({"type":"configure","role":"spectator"})",
                                         std::string("\x00\xff\xfe", 3)};
  for (const auto& line : rubbish) agent.write_line(line);
  agent.send(configure("controlling"));
  agent.send(configure("controlling"));
  agent.send({{"type", "remote-candidate"}, {"candidate", "candidate:1 1 UDP"}});
  agent.send({{"type", "send"}, {"data", "too early"}});
  agent.send(command("quit"));

  const auto types = types_of(agent.read_to_end());
  std::vector<std::string> expected{"hello"};
  expected.insert(expected.end(), rubbish.size(), "error");
  expected.insert(expected.end(), {"credentials", "error", "error", "error", "pairs"});
  EXPECT_EQ(types, expected);
  EXPECT_EQ(agent.wait_for_exit_status(), 0);
}

TEST(AgentProcess, ReportsAPlaceWithNoAddressToGatherOn) {
  SpawnedAgent agent;
  // Reserved since ever (RFC 1112 section 4): no machine has it.
  agent.send({{"type", "configure"},
              {"role", "controlling"},
              {"settings", {{"addresses", {"240.0.0.1"}}}}});
  agent.send(command("gather"));
  agent.close_input();
  const auto events = agent.read_to_end();
  ASSERT_EQ(types_of(events), (std::vector<std::string>{"hello", "credentials", "error", "pairs"}));
  EXPECT_THAT(events[2].at("message").get<std::string>(), HasSubstr("gather"));
}

TEST(AgentProcess, TakesCandidatesBeforeCredentials) {
  SpawnedAgent agent;
  agent.send(configure("controlling"));
  agent.send({{"type", "remote-candidate"},
              {"candidate", "candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host"}});
  agent.send(command("gather"));
  agent.send(
      {{"type", "remote-credentials"}, {"ufrag", "abcd"}, {"pwd", "abcdefghijklmnopqrstuv"}});
  agent.send(command("quit"));
  const auto events = agent.read_to_end();
  ASSERT_EQ(events.back().at("pairs").size(), 1U);
  EXPECT_THAT(events.back().at("pairs")[0].at("state").get<std::string>(),
              AnyOf("frozen", "waiting", "in-progress"));
}

TEST(AgentProcess, QuitsAtTheEndOfItsInput) {
  SpawnedAgent agent;
  agent.close_input();
  EXPECT_EQ(types_of(agent.read_to_end()), std::vector<std::string>{"hello"});
  EXPECT_EQ(agent.wait_for_exit_status(), 0);
}

TEST(AgentProcess, QuitsQuietlyWhenNobodyReadsItsOutput) {
  SpawnedAgent agent;
  agent.read_events();
  agent.close_output();
  agent.send(configure("controlling"));
  EXPECT_EQ(agent.wait_for_exit_status(), 0);
}

}  // namespace
}  // namespace icelab
