// Scenario files and folders, and the boxes of a command line.

#include "harness/scenario/plan.h"

#include "harness/scenario/behind.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"
#include "tests/support/profiles.h"
#include "tests/support/scenario_text.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ScenarioFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
    return path(name);
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }

  const std::string good_ = with_peers(R"({"agent": "libnice"})");
  TemporaryFolder folder_;
};

TEST_F(ScenarioFiles, OfAFolderAreReadInOrderWithoutItsSubfoldersAndSchemas) {
  write("b.json", good_);
  write("a.json", good_);
  write("notes.txt", "no scenario");
  write("a.schema.json", "no scenario");
  write("schema/c.json", "no scenario");
  EXPECT_THAT(names(plan_scenarios({folder_.path()}, {}).runs), ElementsAre("a", "b"));
}

TEST_F(ScenarioFiles, NamedTwiceAreReadOnce) {
  const auto file = write("a.json", good_);
  EXPECT_THAT(names(plan_scenarios({file, folder_.path(), folder_.path() + "/./a.json"}, {}).runs),
              ElementsAre("a"));
}

TEST_F(ScenarioFiles, OfTheSameNameAreAFault) {
  const auto one = write("one/a.json", good_);
  const auto two = write("two/a.json", good_);
  EXPECT_THAT(faults_in(plan_scenarios({one, two}, {})),
              ElementsAre(two + ": " + one + " has the same name; rename one of them"));
}

TEST_F(ScenarioFiles, WithFaultsAreAllToldAtOnceAndNothingIsPlanned) {
  const auto good = write("good.json", good_);
  const auto bad = write("bad.json", "{");
  write("empty/notes.txt", "");
  write("huge.json", std::string((1 << 20) + 1, ' '));
  const auto result = plan_scenarios(
      {path("none.json"), good, bad, path("empty"), path("huge.json"), path("good.json/x")}, {});
  EXPECT_THAT(result.runs, IsEmpty());
  EXPECT_THAT(
      faults_in(result),
      ElementsAre(path("none.json") + ": cannot be read: No such file or directory",
                  testing::StartsWith(bad + ": not JSON at line 1, column 2: "),
                  path("empty") + ": no scenarios (*.json) in this folder",
                  path("huge.json") + ": cannot be read: larger than 1 MiB, which no scenario is",
                  path("good.json/x") + ": cannot be read: Not a directory"));
}

TEST_F(ScenarioFiles, OfALinkThatLeadsToItselfAreAFault) {
  std::filesystem::create_symlink("loop.json", path("loop.json"));
  EXPECT_THAT(
      faults_in(plan_scenarios({path("loop.json")}, {})),
      ElementsAre(path("loop.json") + ": cannot be read: Too many levels of symbolic links"));
}

/// Nobody ever writes into them.
TEST_F(ScenarioFiles, ThatAreNoFilesAreFaultsAndNotWaitedFor) {
  const auto pipe = path("a.json");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto fault = pipe + ": cannot be read: it is a named pipe, not a file";
  EXPECT_THAT(faults_in(plan_scenarios({pipe}, {})), ElementsAre(fault));
  write("good.json", good_);
  EXPECT_THAT(faults_in(plan_scenarios({folder_.path()}, {})), ElementsAre(fault));
  EXPECT_THAT(faults_in(plan_scenarios({"/dev/zero"}, {})),
              ElementsAre("/dev/zero: cannot be read: it is a device, not a file"));
}

TEST_F(ScenarioFiles, MayComeOutOfAPipeOfTheShell) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  ASSERT_EQ(::write(writer.get(), good_.data(), good_.size()), static_cast<ssize_t>(good_.size()));
  writer.reset();
  EXPECT_THAT(plan_scenarios({"/dev/fd/" + std::to_string(reader.get())}, {}).runs, SizeIs(1));
}

using BehindWords = ScenarioFiles;

std::string usage_error(const std::vector<std::string>& words) {
  try {
    parse_behind(words, "host");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST_F(BehindWords, AreNamesObjectsAndFiles) {
  const auto file = write("nat.json", R"(// a NAT of our own
                                         {"nat": {"mapping": "address-dependent"}})");
  const auto boxes =
      parse_behind({"symmetric", R"({"nat": "full-cone"})", "none", "@" + file}, "host");
  ASSERT_THAT(boxes, SizeIs(3));
  EXPECT_EQ(boxes[0].name, "host.nat1");
  EXPECT_EQ(std::get<NatBehavior>(boxes[1].behavior), nat_behavior("full-cone"));
  EXPECT_EQ(boxes[2].name, "host.nat3");
  EXPECT_EQ(std::get<NatBehavior>(boxes[2].behavior).mapping, Dependence::address_dependent);
  EXPECT_THAT(parse_behind({"none"}, "host"), IsEmpty());
  EXPECT_EQ(parse_behind({"symmetric"}, "host").at(0).name, "host.nat");
}

TEST_F(BehindWords, ThatAreNoNatAreToldByTheirPlaceInTheChain) {
  const auto file = write("bad.json", R"({"nat": {"mapping": 1}})");
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(usage_error({"@" + path("pipe")}),
            path("pipe") + ": cannot be read: it is a named pipe, not a file");
  EXPECT_EQ(
      usage_error({"symmetric", "symetric", "@" + file, R"({"nat": })", "@" + path("none.json")}),
      "box 2: unknown box 'symetric'; did you mean 'symmetric'? " + known_boxes + "\n" + file +
          ": /nat/mapping: expected a string, found the number 1\n"
          "box 4: not JSON at line 1, column 9: syntax error while parsing value - unexpected '}'; "
          "expected '[', '{', or a literal\n" +
          path("none.json") + ": cannot be read: No such file or directory");
}

}  // namespace
}  // namespace icelab
