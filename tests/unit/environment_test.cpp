#include "harness/run/environment.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace icelab {
namespace {

using testing::Optional;

class ProgramVersion : public testing::Test {
 protected:
  /// A program that does this when it is asked for its version.
  [[nodiscard]] std::string program(const std::string& script) const {
    std::string path = folder_.path() + "/program";
    std::ofstream(path) << "#!/bin/sh\ntest \"$*\" = --version || exit 1\n" << script << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(ProgramVersion, IsTheFirstLineThatItPrints) {
  EXPECT_THAT(program_version(program("echo program 1.2; echo of today")),
              Optional(std::string("program 1.2")));
  EXPECT_THAT(program_version(program("echo program 1.2 >&2")),
              Optional(std::string("program 1.2")));
}

TEST_F(ProgramVersion, IsUnknownOfAProgramThatFails) {
  EXPECT_EQ(program_version(program("echo program 1.2; exit 3")), std::nullopt);
  EXPECT_EQ(program_version(folder_.path() + "/none"), std::nullopt);
}

TEST_F(ProgramVersion, IsUnknownOfAProgramThatHangs) {
  const auto patience = std::chrono::milliseconds(200);
  EXPECT_EQ(program_version(program("echo program 1.2; exec sleep 1000"), patience), std::nullopt);
  EXPECT_EQ(program_version(program("exec cat /dev/zero"), patience), std::nullopt);
}

TEST_F(ProgramVersion, DoesNotWaitForWhatTheProgramLeavesRunning) {
  EXPECT_THAT(program_version(program("setsid sleep 1000 & echo $! >\"$0.pid\"; echo program 1.2")),
              Optional(std::string("program 1.2")));
  pid_t left = 0;
  std::ifstream(folder_.path() + "/program.pid") >> left;
  ASSERT_GT(left, 0);
  kill(left, SIGKILL);
}

}  // namespace
}  // namespace icelab
