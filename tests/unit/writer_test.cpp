#include "reports/writer.h"

#include "reports/json.h"
#include "src/base/error.h"
#include "src/base/file.h"
#include "tests/support/sample_report.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

namespace {

int syncs = 0;

}  // namespace

/// In place of the C library's, to count how often the disk is waited for.
extern "C" int fsync(int) {
  ++syncs;
  return 0;
}

namespace icelab {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const SystemError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> entries(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  return names;
}

class ReportFiles : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }

  TemporaryFolder folder_;
};

TEST_F(ReportFiles, AreWrittenIntoAFolderThatIsMadeForThem) {
  write_report(sample_report(), path("new/out"));
  EXPECT_THAT(entries(path("new/out")), UnorderedElementsAre("report.json", "junit.xml"));
  EXPECT_EQ(parse_report(read_file(path("new/out/report.json"), 1 << 20), "").runs.size(), 26U);
}

TEST_F(ReportFiles, AloneWaitForTheDisk) {
  syncs = 0;
  write_file(path("alice.log"), "what a program had to say");
  EXPECT_EQ(syncs, 0);
  write_report(sample_report(), folder_.path());
  EXPECT_EQ(syncs, 2);
}

TEST_F(ReportFiles, ReplaceThoseOfAnEarlierRun) {
  write_file(path("report.json"), "a longer content than the new");
  write_file(path("report.json"), "new");
  EXPECT_EQ(read_file(path("report.json"), 100), "new");
  EXPECT_THAT(entries(folder_.path()), ElementsAre("report.json"));
}

/// As two runs do that share a folder: in their namespaces both have the same process number.
TEST_F(ReportFiles, MayBeWrittenByTwoAtOnce) {
  const std::string file = path("report.json");
  const auto write_often = [&](char letter) {
    return failure_of([&] {
      for (int i = 0; i < 200; ++i) write_file(file, std::string(100'000, letter));
    });
  };
  auto other = std::async(std::launch::async, write_often, 'a');
  EXPECT_EQ(write_often('b'), "");
  EXPECT_EQ(other.get(), "");
  EXPECT_THAT(read_file(file, 1 << 20),
              AnyOf(std::string(100'000, 'a'), std::string(100'000, 'b')));
  EXPECT_THAT(entries(folder_.path()), ElementsAre("report.json"));
}

/// A limit on a file's size stands for a full disk: a write comes to its end in the same way.
TEST_F(ReportFiles, ThatDoNotFitLeaveTheEarlierOnesWhole) {
  write_file(path("report.json"), "old");
  const auto in_child = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto failure = failure_of([&] { write_report(sample_report(), folder_.path()); });
    std::fputs(failure.c_str(), stderr);
    std::_Exit(0);
  };
  EXPECT_EXIT(in_child(), testing::ExitedWithCode(0), "writing .*/report.json: File too large");
  EXPECT_EQ(read_file(path("report.json"), 100), "old");
  EXPECT_THAT(entries(folder_.path()), ElementsAre("report.json"));
}

TEST_F(ReportFiles, ThatAFolderStandsInTheWayOfAreNamed) {
  std::filesystem::create_directory(path("report.json"));
  EXPECT_EQ(failure_of([&] { write_report(sample_report(), folder_.path()); }),
            "writing " + path("report.json") + ": Is a directory");
  EXPECT_THAT(entries(folder_.path()), ElementsAre("report.json"));
}

TEST_F(ReportFiles, InAFolderThatCannotBeMadeNameIt) {
  write_file(path("file"), "");
  EXPECT_EQ(failure_of([&] { write_report(sample_report(), path("file/out")); }),
            "making the folder " + path("file/out") + ": Not a directory");
  EXPECT_EQ(failure_of([&] { write_report(sample_report(), path("file")); }),
            "making the folder " + path("file") + ": Not a directory");
}

/// Root may write anywhere, but not below /proc.
TEST_F(ReportFiles, InAFolderThatCannotBeWrittenToNameTheFile) {
  if (geteuid() == 0) {
    EXPECT_EQ(failure_of([] { write_report(sample_report(), "/proc"); }),
              "writing /proc/report.json: No such file or directory");
    return;
  }
  ASSERT_EQ(chmod(folder_.path().c_str(), 0500), 0);
  EXPECT_EQ(failure_of([&] { write_report(sample_report(), folder_.path()); }),
            "writing " + path("report.json") + ": Permission denied");
}

TEST(ArtifactFile, IsNamedAfterItsRun) {
  auto run = sample_run("full-cone", "symmetric", 0.2);
  EXPECT_EQ(artifact_file(run, "captures", ".pcapng"),
            "captures/classic_full-cone_symmetric.pcapng");
  run.repeat = 2;
  EXPECT_EQ(artifact_file(run, "logs", ".log"), "logs/classic_full-cone_symmetric_repeat2.log");
  run.parameters.clear();
  EXPECT_EQ(artifact_file(run, "logs", ".log"), "logs/classic_repeat2.log");
}

TEST(ArtifactFile, DiffersForRunsThatDifferAndStaysInItsFolder) {
  std::set<std::string> files;
  for (const auto& value : {"a/b", "a_b", "a b", "../../x", "{\"nat\":{}}", "ä"}) {
    const auto file = artifact_file(sample_run(value, "none", 0.2), "captures", "");
    EXPECT_EQ(file.find('/', std::string("captures/").size()), std::string::npos) << file;
    files.insert(file);
  }
  EXPECT_EQ(files.size(), 6U);
  EXPECT_LT(artifact_file(sample_run(std::string(5000, 'x'), "none", 0.2), "captures", "").size(),
            200U);
}

}  // namespace
}  // namespace icelab
