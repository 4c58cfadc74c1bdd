// Agents that meet in a room of a real server, over real sockets: docs/agent-protocol.md, "By
// signalling".

#include "harness/lab/log_file.h"
#include "netns/linux/host.h"
#include "netns/linux/process.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "tests/lab/contained.h"
#include "tests/lab/program.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* room = "7dXk0mW2q5TzYv9bLhR4cA";

/// A program on a host, and what it has written.
class PlacedProgram {
 public:
  PlacedProgram(const Host& host, const std::vector<std::string>& arguments)
      : out_("out"),
        err_("err"),
        input_(Pipe::create()),
        process_({.arguments = arguments,
                  .environment = {},
                  .network = host.network(),
                  .input = input_.read.get(),
                  .output = out_.descriptor(),
                  .error = err_.descriptor()}) {}

  void write_line(const std::string& line) const {
    const std::string text = line + "\n";
    check(write(input_.write.get(), text.data(), text.size()), "write to the program");
  }
  void close_input() { input_.write.reset(); }
  void signal(int number) const { kill(process_.pid(), number); }
  /// Its exit status, as a shell says it.
  int wait() {
    std::optional<ExitStatus> status;
    const bool ended = eventually([&] { return (status = process_.poll()).has_value(); });
    return ended ? status->shell_code() : -1;
  }
  [[nodiscard]] std::string out() const { return out_.text(); }
  [[nodiscard]] std::string err() const { return err_.text(); }

 private:
  LogFile out_;
  LogFile err_;
  Pipe input_;
  ChildProcess process_;
};

std::vector<std::string> agent_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ICELAB_AGENT);
  return arguments;
}

class PlacedAgent : public PlacedProgram {
 public:
  PlacedAgent(const Host& host, const std::string& link)
      : PlacedProgram(host, agent_command({"--signal", link, room})) {}

  [[nodiscard]] std::vector<Json> events() const {
    std::vector<Json> all;
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line) && !lines.eof();)
      all.push_back(Json::parse(line));
    return all;
  }
  /// How many of its events have this member, and it says this.
  [[nodiscard]] long count(const char* member, const std::string& value) const {
    return std::ranges::count_if(events(), [&](const Json& event) {
      return event.contains(member) && event.at(member) == value;
    });
  }
  testing::AssertionResult comes_to(const char* member, const std::string& value, int times = 1) {
    if (eventually([&] { return count(member, value) >= times; }))
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "it did not say " << value << ":\n" << out() << err();
  }
  [[nodiscard]] std::vector<std::string> fragments() const {
    std::vector<std::string> all;
    for (const Json& event : events()) {
      if (event.at("type") == "credentials") all.push_back(event.at("ufrag"));
    }
    return all;
  }
};

/// One host on which a server and agents are.
class SignallingAgents : public ContainedTest {
 protected:
  void SetUp() override {
    ContainedTest::SetUp();
    if (IsSkipped()) return;
    std::ofstream(pages_.path() + "/index.html") << "<!doctype html><title>A call</title>";
    const InterfaceAddress address{*IpAddress::parse("10.0.1.2"), 24};
    host_ = Host::create({.interfaces = {{.addresses = {address}}}});
    serve("127.0.0.1:0");
  }

  void serve(const std::string& listen) {
    server_.emplace(*host_,
                    icelab_command({"serve", "--listen", listen, "--pages", pages_.path()}));
    ASSERT_TRUE(eventually([&] { return server_->out().ends_with("/\n"); })) << server_->err();
    link = server_->out();
    link.pop_back();
  }
  /// Without a word to anybody.
  void kill_server() {
    server_->signal(SIGKILL);
    server_->wait();
  }
  PlacedAgent agent() { return {*host_, link}; }
  struct Ended {
    int status;
    std::string out;
    std::string err;
  };
  Ended run_agent(const std::vector<std::string>& arguments) {
    PlacedProgram program(*host_, agent_command(arguments));
    const int status = program.wait();
    return {.status = status, .out = program.out(), .err = program.err()};
  }

  std::string link;

 private:
  TemporaryFolder pages_;
  std::optional<Host> host_;
  std::optional<PlacedProgram> server_;
};

/// The first makes the offers.
struct Pair {
  explicit Pair(const std::function<PlacedAgent()>& make) : alice(make()) {
    EXPECT_TRUE(alice.comes_to("message", "in the room"));
    bob.emplace(make());
    for (PlacedAgent* each : {&alice, &*bob}) EXPECT_TRUE(each->comes_to("state", "ready"));
  }
  PlacedAgent alice;
  std::optional<PlacedAgent> bob;
};

TEST_F(SignallingAgents, MeetAndTalk) {
  Pair pair([this] { return agent(); });
  pair.alice.write_line(R"({"type":"send","data":"hello, Bob ✓"})");
  EXPECT_TRUE(pair.bob->comes_to("data", "hello, Bob ✓"));
  pair.bob->write_line(R"({"type":"send","data":"hello, Alice"})");
  EXPECT_TRUE(pair.alice.comes_to("data", "hello, Alice"));
  EXPECT_EQ(pair.alice.events().front().at("type"), "hello");
}

TEST_F(SignallingAgents, RestartWhicheverAsksForIt) {
  Pair pair([this] { return agent(); });
  int times = 1;
  for (PlacedAgent* asker : {&pair.alice, &*pair.bob}) {
    ++times;
    asker->write_line(R"({"type":"restart"})");
    for (PlacedAgent* each : {&pair.alice, &*pair.bob}) {
      EXPECT_TRUE(each->comes_to("type", "credentials", times));
      EXPECT_TRUE(each->comes_to("state", "ready", times));
    }
  }
  for (const PlacedAgent* each : {&pair.alice, &*pair.bob}) {
    const auto fragments = each->fragments();
    ASSERT_EQ(fragments.size(), 3U);
    EXPECT_NE(fragments[0], fragments[1]);
    EXPECT_NE(fragments[1], fragments[2]);
  }
  pair.alice.write_line(R"({"type":"send","data":"still there"})");
  EXPECT_TRUE(pair.bob->comes_to("data", "still there"));
}

TEST_F(SignallingAgents, SayGoodbyeWhenTheyAreTerminatedAndMeetTheNext) {
  Pair pair([this] { return agent(); });
  pair.bob->signal(SIGTERM);
  EXPECT_EQ(pair.bob->wait(), 0) << pair.bob->err();
  EXPECT_EQ(pair.bob->events().back().at("type"), "pairs");
  EXPECT_TRUE(pair.alice.comes_to("message", "the peer has gone: left"));

  PlacedAgent carol = agent();
  EXPECT_TRUE(carol.comes_to("state", "ready"));
  EXPECT_TRUE(pair.alice.comes_to("state", "ready", 2));
  pair.alice.write_line(R"({"type":"quit"})");
  EXPECT_EQ(pair.alice.wait(), 0) << pair.alice.err();
  EXPECT_EQ(pair.alice.events().back().at("type"), "pairs");
  EXPECT_TRUE(carol.comes_to("message", "the peer has gone: left"));
  carol.signal(SIGINT);
  EXPECT_EQ(carol.wait(), 0) << carol.err();
}

TEST_F(SignallingAgents, StayWhenTheirInputEnds) {
  PlacedAgent alice = agent();
  alice.close_input();
  EXPECT_TRUE(alice.comes_to("message", "in the room"));
  PlacedAgent bob = agent();
  bob.close_input();
  EXPECT_TRUE(alice.comes_to("state", "ready"));
  EXPECT_TRUE(bob.comes_to("state", "ready"));
}

TEST_F(SignallingAgents, AnswerCommandsThatHaveNoSenseHere) {
  PlacedAgent alice = agent();
  for (const char* command : {R"({"type":"send","data":"x"})", R"({"type":"restart"})",
                              R"({"type":"configure","role":"controlling"})", "rubbish"})
    alice.write_line(command);
  EXPECT_TRUE(alice.comes_to("type", "error", 4));
}

TEST_F(SignallingAgents, GoOnWithoutTheirServerAndEndWhenItHasForgottenThem) {
  Pair pair([this] { return agent(); });
  kill_server();
  EXPECT_TRUE(pair.alice.comes_to("level", "warning"));
  pair.alice.write_line(R"({"type":"send","data":"still there"})");
  EXPECT_TRUE(pair.bob->comes_to("data", "still there"));

  serve(link.substr(std::string("http://").size(), link.size() - std::string("http:///").size()));
  for (PlacedAgent* each : {&pair.alice, &*pair.bob}) {
    EXPECT_EQ(each->wait(), 1);
    EXPECT_THAT(each->err(), AllOf(StartsWith("icelab-agent: meet the peer in a room of http://"),
                                   HasSubstr("stale-token")));
    EXPECT_EQ(each->events().back().at("type"), "pairs");
  }
}

TEST_F(SignallingAgents, SayWhyTheyAreNotLetIn) {
  Pair pair([this] { return agent(); });
  const auto third = run_agent({"--signal", link, room});
  EXPECT_EQ(third.status, 1);
  EXPECT_EQ(third.err, fmt::format("icelab-agent: meet the peer in a room of {}signal: there are "
                                   "two in the room already\n",
                                   link));

  const auto elsewhere = run_agent({"--signal", link + "elsewhere/", room});
  EXPECT_EQ(elsewhere.status, 1);
  EXPECT_THAT(elsewhere.err, HasSubstr("elsewhere/signal: the server answers 404 Not Found"));

  kill_server();
  const auto refused = run_agent({"--signal", link, room});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(link), EndsWith("Connection refused\n")));
}

TEST_F(SignallingAgents, SayWhatIsWrongWithTheirArguments) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--signal"},
           {"--signal", "nowhere", room},
           {"--signal", link, "short"},
           {"--signal", link},
           {"--signal", link + "#" + room, "another-room-of-some-length"},
           {"--other"}}) {
    const auto ended = run_agent(arguments);
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
  EXPECT_THAT(run_agent({"--help"}).out, HasSubstr("--signal URL ROOM"));
}

}  // namespace
}  // namespace icelab
