// What tshark, which shares nothing with icelab, reads in a run's capture.

#include "src/base/path.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <sstream>

namespace icelab {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Captures : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_LABS();
    if (!find_program("tshark")) GTEST_SKIP() << "needs tshark: apt-get install tshark";
  }
};

std::string scenario(const std::string& expect) {
  return fmt::format(R"({{
    "peers": {{ "alice": {{ "agent": "libnice", "behind": ["port-restricted-cone"] }},
                "bob": {{ "agent": "libnice", "behind": ["symmetric", "stateful-firewall"] }} }},
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "expect": [ {} ] }})",
                     expect);
}

/// A field of every packet that a filter lets through, as tshark says them; names resolved.
struct Line {
  std::string interface, source, destination, transaction, comment;
};

std::vector<Line> read_with_tshark(const std::string& file, const std::string& filter) {
  Program tshark({"tshark", "-Nn",          "-r", file,           "-Y", filter,
                  "-T",     "fields",       "-E", "occurrence=f", "-e", "frame.interface_name",
                  "-e",     "ip.src_host",  "-e", "ip.dst_host",  "-e", "stun.id",
                  "-e",     "frame.comment"});
  const auto outcome = tshark.wait();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::vector<Line> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) {
    std::istringstream fields(line);
    Line read;
    for (auto* field :
         {&read.interface, &read.source, &read.destination, &read.transaction, &read.comment})
      std::getline(fields, *field, '\t');
    lines.push_back(read);
  }
  return lines;
}

std::string capture_of(const ScenarioRun& run) {
  return run.out_folder() + "/" + run.only_run().at("artifacts").value("capture", "missing");
}

TEST_F(Captures, ShowACheckAtEachInterfaceOfItsWay) {
  ScenarioRun run(scenario(R"({ "connected": true })"), {"--capture"});
  ASSERT_EQ(run.wait(), 0) << run.outcome().err;
  const auto lines =
      read_with_tshark(capture_of(run),
                       "stun.type == 0x0001 && ip.src_host == \"alice\" || stun.type == 0x0001 && "
                       "ip.src_host == \"alice.nat\"");
  // By transaction: where alice's checks were seen, and what was said of them there.
  std::map<std::string, std::vector<Line>> checks;
  for (const auto& line : lines) checks[line.transaction].push_back(line);
  std::vector<std::string> ways, comments;
  for (const auto& [transaction, seen] : checks) {
    std::string way;
    for (const auto& line : seen) {
      way += line.interface + " ";
      comments.push_back(line.comment);
    }
    ways.push_back(way);
  }
  const std::string whole_way = "alice.eth0 alice.nat.wan bob.firewall.wan ";
  EXPECT_THAT(ways, Contains(StartsWith(whole_way)));
  EXPECT_THAT(comments, Contains(HasSubstr("alice.nat: source 10.0.1.2:")));
  EXPECT_THAT(comments, Contains(HasSubstr("dropped at bob.")));
}

TEST_F(Captures, AreWrittenOfRunsThatAreNotAsExpectedAlone) {
  ScenarioRun fine(scenario(R"({ "connected": true })"));
  ASSERT_EQ(fine.wait(), 0) << fine.outcome().err;
  EXPECT_FALSE(fine.only_run().at("artifacts").contains("capture"));
  EXPECT_FALSE(std::filesystem::exists(fine.out_folder() + "/captures"));

  ScenarioRun strange(scenario(R"({ "connected": false })"));
  ASSERT_EQ(strange.wait(), 1);
  EXPECT_THAT(read_with_tshark(capture_of(strange), "stun"), Not(IsEmpty()));
}

}  // namespace
}  // namespace icelab
