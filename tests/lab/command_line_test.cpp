#include "tests/lab/program.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// What a command line that is wrong gets: status 2, and what is wrong with it on standard error
/// alone.
void expect_refusal(const std::vector<std::string>& arguments, const std::string& reason) {
  const Outcome outcome = run(icelab_command(arguments));
  EXPECT_EQ(outcome.status, 2) << testing::PrintToString(arguments);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("icelab: "), HasSubstr(reason)));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(CommandLine, RefusesWhatItDoesNotKnowAndNamesTheNearest) {
  expect_refusal({"rnu", "x.json"}, "there is no command 'rnu'");
  expect_refusal({"lst"}, "there is no command 'lst'; did you mean 'list'?");
  expect_refusal({"run", "--job=3"}, "run: there is no option '--job'; did you mean '--jobs'?");
  expect_refusal({"run", "x.json", "--jobs", "0"}, "--jobs: Value 0 not in range 1 to 1000");
  expect_refusal({"doctor", "extra"}, "extra");
}

TEST(CommandLine, RefusesWhatIsIncomplete) {
  expect_refusal({}, "A subcommand is required");
  expect_refusal({"run"}, "PATH is required");
  expect_refusal({"behind", "--", "true"}, "BOX is required");
  expect_refusal({"behind", "symmetric"}, "no program to run");
  expect_refusal({"behind", "symmetric", "--"}, "no program to run");
}

TEST(CommandLine, RefusesAProgramWhereNoneIsRun) {
  expect_refusal({"list", "x.json", "--", "true"}, "only 'behind' takes a program");
}

TEST(CommandLine, RefusesAScenarioThatIsNotThereOrNotOne) {
  expect_refusal({"run", "/no/such.json"}, "/no/such.json: cannot be read");
  expect_refusal({"run", "/etc/passwd"}, "/etc/passwd: not JSON at line 1, column 1");
}

TEST(CommandLine, RefusesANamedPipeThatNobodyWritesInto) {
  const TemporaryFolder folder;
  const std::string pipe = folder.path() + "/pipe.json";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string reason = "it is a named pipe, not a file";
  for (const auto& path : {pipe, folder.path()}) {
    expect_refusal({"list", path}, reason);
    expect_refusal({"run", path}, reason);
  }
  expect_refusal({"report", pipe}, reason);
  expect_refusal({"report", "--compare", pipe, pipe}, reason);
  expect_refusal({"behind", "@" + pipe, "--", "true"}, reason);
}

TEST(CommandLine, HelpsAndTellsItsVersionOnStandardOutput) {
  const Outcome help = run(icelab_command({"run", "--help"}));
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("--jobs"), HasSubstr("--out")));
  EXPECT_EQ(run(icelab_command({"--version"})).out, "icelab " ICELAB_VERSION "\n");
}

/// `icelab serve` with a page, at a port that the kernel chooses.
class ServeCommand : public testing::Test {
 protected:
  ServeCommand() { write("index.html", "<p>Hello"); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  [[nodiscard]] std::vector<std::string> arguments(
      const std::vector<std::string>& more, const std::string& listen = "127.0.0.1:0") const {
    std::vector<std::string> all{"serve", "--pages", folder_.path(), "--listen", listen};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void expect_one_line(const std::vector<std::string>& arguments, const std::string& reason) const {
    const Outcome outcome = run(icelab_command(arguments));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, AllOf(StartsWith("icelab: "), HasSubstr(reason)));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ServeCommand, PrintsItsLinkAndEndsWithStatus0WhenItIsTerminatedOrInterrupted) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Program server(icelab_command(arguments({})));
    ASSERT_TRUE(eventually([&] { return server.out().ends_with("/\n"); })) << server.err();
    EXPECT_THAT(server.out(), StartsWith("http://127.0.0.1:"));
    server.signal(signal);
    EXPECT_EQ(server.wait().status, 0);
    EXPECT_THAT(server.err(), IsEmpty());
  }
}

TEST_F(ServeCommand, SaysInOneLineThatItsPortIsInUse) {
  Program server(icelab_command(arguments({})));
  ASSERT_TRUE(eventually([&] { return server.out().ends_with("/\n"); })) << server.err();
  const std::string scheme = "http://";
  const std::string taken =
      server.out().substr(scheme.size(), server.out().size() - scheme.size() - 2);
  expect_one_line(arguments({}, taken), "listening on " + taken + ": ");
}

TEST_F(ServeCommand, SaysInOneLineWhatIsMissingOrUnreadable) {
  write("rubbish.pem", "rubbish");
  const std::string rubbish = path("rubbish.pem");
  const std::string missing = path("missing");
  expect_one_line(arguments({"--certificate", missing, "--key", missing}), missing + ": ");
  expect_one_line(arguments({"--certificate", rubbish, "--key", rubbish}), rubbish + ": ");
  expect_one_line(arguments({"--certificate", rubbish}), "--certificate and --key go together");
  const auto pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_one_line(arguments({"--certificate", rubbish, "--key", pipe}), "it is a named pipe");
  expect_one_line({"serve", "--pages", missing}, "no pages in " + missing + ": ");
  const std::string turn = "turn:127.0.0.1:3478";
  expect_one_line(arguments({"--turn", turn}), "--turn needs the secret");
  expect_one_line(arguments({"--turn", turn, "--turn-secret-file", missing}), missing + ": ");
  expect_one_line(arguments({"--turn", turn, "--turn-secret-file", pipe}), "it is a named pipe");
  expect_one_line(arguments({"--turn", "rubbish"}), "'rubbish' is no URI of the kind turn:");
  expect_one_line(arguments({}, "rubbish"), "--listen 'rubbish'");
  expect_one_line(arguments({"--trusted-proxy", "10.0.0.0/40"}), "--trusted-proxy '10.0.0.0/40'");
  expect_one_line(arguments({"--metrics-from", "everybody"}), "--metrics-from 'everybody'");
}

/// A scenario of one quick run.
class Output : public testing::Test {
 protected:
  Output() {
    std::ofstream(scenario_) << R"({ "peers": { "alice": { "agent": "libnice" },
                                                "bob": { "agent": "libnice" } },
                                     "expect": [ { "path": "direct" } ] })";
  }
  [[nodiscard]] Outcome run_into(const std::string& out) const {
    return run(icelab_command({"run", scenario_, "--out", out}));
  }
  /// `icelab run` and what follows it in a shell's command line.
  [[nodiscard]] Outcome run_in_shell(const std::string& more) const {
    return run({"bash", "-c", fmt::format(R"("$0" run "$1" {})", more), ICELAB_PROGRAM, scenario_});
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }

 private:
  TemporaryFolder folder_;
  std::string scenario_ = path("scenario.json");
};

TEST_F(Output, ThatCannotBeMadeIsSaidBeforeAnythingRuns) {
  std::ofstream(path("file")) << "here already";
  for (const std::string& out : {path("file"), path("file/below"), std::string("/proc/results")}) {
    const Outcome outcome = run_into(out);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, StartsWith("icelab: making the folder " + out + ": "));
  }
}

TEST_F(Output, ThatMayNotBeWrittenToIsSaidBeforeAnythingRuns) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directory(path("closed"));
  chmod(path("closed").c_str(), 0500);
  const Outcome outcome = run_into(path("closed"));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            fmt::format("icelab: writing into the folder {}: Permission denied\n", path("closed")));
}

TEST_F(Output, OnAFullDiskIsAnErrorThatNamesTheFileAndLeavesNoPartOfOne) {
  REQUIRE_LABS();
  // Two pages: for the folder of logs and nothing else.
  std::vector<std::string> command{"unshare", "--mount"};
  if (geteuid() != 0) command.emplace_back("--map-root-user");
  command.insert(command.end(), {"bash", "-c", R"(
    mount -t tmpfs -o size=8k tmpfs /mnt && head -c 8192 /dev/zero >/mnt/full || exit 77
    "$0" run "$1" --out /mnt
    echo "status $?"
    cd /mnt && find . -type f)",
                                 ICELAB_PROGRAM, path("scenario.json")});
  const Outcome outcome = run(command);
  if (outcome.status == 77)
    GTEST_SKIP() << "no mounts of one's own on this machine: " << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("icelab: writing /mnt/"));
  EXPECT_THAT(outcome.err, HasSubstr(": No space left on device\n"));
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("1 run: 1 as expected"), testing::EndsWith("\nstatus 2\n./full\n")));
}

TEST_F(Output, WhoseReaderHasHadEnoughIsNoError) {
  REQUIRE_LABS();
  const Outcome outcome = run_in_shell("| head -c 1; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, Not(HasSubstr("icelab:")));
}

TEST_F(Output, ThatIsLostOnAFullDeviceIsAnError) {
  REQUIRE_LABS();
  const Outcome outcome = run_in_shell(">/dev/full");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("icelab: standard output could not be written"));
}

TEST_F(Output, MayBeClosedAndAllOtherStandardStreamsToo) {
  REQUIRE_LABS();
  EXPECT_EQ(run_in_shell(">&-").status, 0);
  EXPECT_EQ(run_in_shell("<&- >&- 2>&-").status, 0);
}

TEST_F(Output, SaysWhenFewerLabsCanLiveAtOnceThanWereAskedFor) {
  REQUIRE_LABS();
  const Outcome outcome = run({"bash", "-c", R"(ulimit -n 100; "$0" run "$1" --repeat 8 --jobs 8)",
                               ICELAB_PROGRAM, path("scenario.json")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.err,
              HasSubstr("icelab: 2 labs at once instead of 8: no more than 100 files may be open"));
}

TEST_F(Output, IsNothingButTheReasonWhereNotEvenOneLabFits) {
  for (const std::string command : {R"(run "$1")", "behind none -- true"}) {
    const Outcome outcome = run({"bash", "-c", "ulimit -n 50; exec \"$0\" " + command,
                                 ICELAB_PROGRAM, path("scenario.json")});
    EXPECT_EQ(outcome.status, 3) << outcome.out;
    EXPECT_THAT(outcome.err, StartsWith("icelab: no more than 50 files may be open"));
  }
}

}  // namespace
}  // namespace icelab
