#include "src/agent/pair_log.h"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What libnice 0.1.21 said in a run of two agents: a file of tests/golden/libnice.
std::vector<std::string> recording(const std::string& name) {
  const std::string path = std::string(ICELAB_SOURCE) + "/tests/golden/libnice/" + name + ".log";
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

PairLog read_all(const std::vector<std::string>& lines, int sends_per_check = 3) {
  PairLog log(sends_per_check);
  for (const auto& line : lines) log.read(line);
  return log;
}

/// Up to the first line that has these words, and with it.
std::vector<std::string> until(std::vector<std::string> lines, std::string_view words) {
  const auto found = std::ranges::find_if(
      lines, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  EXPECT_NE(found, lines.end()) << words;
  if (found != lines.end()) lines.erase(found + 1, lines.end());
  return lines;
}

LoggedPair udp_pair(const char* local, const char* remote, PairState state,
                    bool nominated = false) {
  return {.local_transport = CandidateTransport::udp,
          .local = Endpoint::parse(local).value(),
          .remote_transport = CandidateTransport::udp,
          .remote = Endpoint::parse(remote).value(),
          .state = state,
          .nominated = nominated};
}

TEST(PairLog, FollowsACheckThatNobodyAnswers) {
  const auto lines = recording("unanswered");
  const auto state_after = [&](std::string_view words) {
    return read_all(until(lines, words)).pairs().at(0).state;
  };
  EXPECT_EQ(state_after("added a new pair"), PairState::frozen);
  EXPECT_EQ(state_after("state WAITING"), PairState::waiting);
  EXPECT_EQ(state_after("state IN_PROGRESS"), PairState::in_progress);
  EXPECT_EQ(state_after("(timer=3/3"), PairState::in_progress);
  EXPECT_EQ(state_after("state FAILED"), PairState::failed);
  EXPECT_THAT(read_all(lines).pairs(),
              ElementsAre(udp_pair("10.0.1.2:46535", "10.0.2.2:46694", PairState::failed)));
}

TEST(PairLog, CallsAPairCancelledThatWasGivenUpForTheNominatedOne) {
  const auto lines = recording("given-up");
  const auto given_up = udp_pair("10.0.1.2:44558", "203.0.113.11:9", PairState::cancelled);
  const auto nominated = udp_pair("10.0.1.2:44558", "10.0.2.2:38094", PairState::succeeded, true);
  EXPECT_THAT(read_all(until(lines, "will not be retransmitted")).pairs(),
              ElementsAre(given_up, nominated));
  // libnice says FAILED of it when the check that it no longer repeats has timed out.
  EXPECT_THAT(read_all(lines).pairs(), ElementsAre(given_up, nominated));
}

TEST(PairLog, CallsAPairFailedWhoseEverySendHadBeenMadeBeforeTheNomination) {
  const auto failed = udp_pair("10.0.1.2:44558", "203.0.113.11:9", PairState::failed);
  const auto nominated = udp_pair("10.0.1.2:44558", "10.0.2.2:38094", PairState::succeeded, true);
  EXPECT_THAT(read_all(recording("given-up"), /*sends_per_check=*/1).pairs(),
              ElementsAre(failed, nominated));
}

TEST(PairLog, KeepsPairsThatLibniceRemovesAtNomination) {
  EXPECT_THAT(
      read_all(recording("relayed")).pairs(),
      ElementsAre(udp_pair("10.0.1.2:39253", "10.0.2.2:57404", PairState::failed),
                  udp_pair("203.0.113.10:63184", "10.0.2.2:57404", PairState::cancelled),
                  udp_pair("10.0.1.2:39253", "203.0.113.10:49939", PairState::succeeded, true),
                  udp_pair("203.0.113.10:63184", "203.0.113.10:49939", PairState::cancelled)));
}

TEST(PairLog, TellsADiscoveredPairByTheBaseThatItsCheckWasSentFrom) {
  EXPECT_THAT(read_all(recording("discovered")).pairs(),
              ElementsAre(udp_pair("10.0.1.2:54712", "10.0.2.2:32843", PairState::succeeded),
                          udp_pair("10.0.1.2:54712", "10.0.2.2:1401", PairState::succeeded, true)));
}

TEST(PairLog, NominatesThePairWhoseCheckFoundTheNominatedOne) {
  PairLog log = read_all(until(recording("discovered"), "Updating nominated flag"));
  log.read(
      "Agent 0x1 : marking pair 0x55fd4f881990 (2:1) as nominated (aggressive nomination, "
      "controlling).");
  EXPECT_TRUE(log.pairs().at(0).nominated);
}

TEST(PairLog, NamesTheTcpTypes) {
  const LoggedPair active{.local_transport = CandidateTransport::tcp_active,
                          .local = Endpoint::parse("10.0.1.2:0").value(),
                          .remote_transport = CandidateTransport::tcp_passive,
                          .remote = Endpoint::parse("10.0.2.2:32837").value(),
                          .state = PairState::succeeded,
                          .nominated = false};
  const LoggedPair passive{.local_transport = CandidateTransport::tcp_passive,
                           .local = Endpoint::parse("10.0.1.2:56129").value(),
                           .remote_transport = CandidateTransport::tcp_active,
                           .remote = Endpoint::parse("10.0.2.2:34455").value(),
                           .state = PairState::succeeded,
                           .nominated = true};
  EXPECT_THAT(read_all(recording("tcp")).pairs(), ElementsAre(active, passive));
}

TEST(PairLog, DoesNotCallAPairFailedWhoseConnectionIsClosedAfterItSucceeded) {
  PairLog log = read_all(recording("tcp"));
  log.read("Agent 0x1 : Retransmissions failed, giving up on pair 0x5594744150e0");
  log.read("Agent 0x1 : pair 0x5594744150e0 state FAILED (candidate_check_pair_fail)");
  EXPECT_EQ(log.pairs().at(1).state, PairState::succeeded);
}

TEST(PairLog, CallsAPairFailedWhoseSecondCheckFails) {
  PairLog log = read_all(recording("tcp"));
  log.read("Agent 0x1 : pair 0x5594744150e0 state IN_PROGRESS (priv_conn_check_initiate)");
  log.read("Agent 0x1 : pair 0x5594744150e0 state FAILED (candidate_check_pair_fail)");
  EXPECT_EQ(log.pairs().at(1).state, PairState::failed);
}

std::vector<std::string> new_pair(const std::string& name, const std::string& ends) {
  return {"Agent 0x1 : pair " + name + " state FROZEN (priv_add_new_check_pair)",
          "Agent 0x1 : new pair " + name + " : " + ends,
          "Agent 0x1 : added a new pair " + name +
              " with foundation '1:1' and transport udp:udp to stream 1 component 1"};
}

TEST(PairLog, DoesNotMistakeAPairForAnotherThatHadItsPlaceInMemory) {
  PairLog log(3);
  for (const auto& line : new_pair("0xa", "[10.0.1.2]:1 --> [10.0.2.2]:2")) log.read(line);
  log.read("Agent 0x1 : pair 0xa state FAILED (candidate_check_pair_fail)");
  for (const auto& line : new_pair("0xa", "[10.0.1.2]:1 --> [10.0.2.2]:3")) log.read(line);
  log.read("Agent 0x1 : pair 0xa state WAITING (priv_conn_check_unfreeze_next)");
  EXPECT_THAT(log.pairs(), ElementsAre(udp_pair("10.0.1.2:1", "10.0.2.2:2", PairState::failed),
                                       udp_pair("10.0.1.2:1", "10.0.2.2:3", PairState::waiting)));
}

TEST(PairLog, GivesAPairThatIsFormedAnewItsOldRow) {
  PairLog log(3);
  for (const auto& line : new_pair("0xa", "[2001:db8::1]:1 --> [2001:db8::2]:2")) log.read(line);
  log.read("Agent 0x1 : pair 0xa removed.");
  EXPECT_EQ(log.pairs().at(0).state, PairState::cancelled);
  for (const auto& line : new_pair("0xb", "[2001:db8::1]:1 --> [2001:db8::2]:2")) log.read(line);
  log.read("Agent 0x1 : pair 0xb state IN_PROGRESS (priv_conn_check_initiate)");
  EXPECT_THAT(log.pairs(),
              ElementsAre(udp_pair("[2001:db8::1]:1", "[2001:db8::2]:2", PairState::in_progress)));
}

TEST(PairLog, TakesUpAgainAPairThatIsRetransmittedAfterAll) {
  PairLog log = read_all(until(recording("given-up"), "will not be retransmitted"));
  log.read("Agent 0x1 : pair 0x559155fea830 will be retransmitted.");
  EXPECT_EQ(log.pairs().at(0).state, PairState::in_progress);
}

TEST(PairLog, IgnoresWhatDoesNotConcernPairs) {
  const std::string unknown_transport =
      "Agent 0x1 : added a new pair 0xa with foundation '1:1' and transport udp:carrier-pigeon to "
      "stream 1 component 1";
  EXPECT_THAT(
      read_all({"", "Agent", "Agent 0x1", "Agent 0x1 :", "Agent : pair", "IP Address: ::1",
                "Agent 0x1 : pair 0xa state FAILED (of a pair never formed)",
                "Agent 0x1 : pair 0xa state SINGING (priv_add_new_check_pair)",
                "Agent 0x1 : new pair 0xa : [10.0.1.2]:1 --> [10.0.2.2]:2",
                "Agent 0x1 : new pair 0xa : [nowhere]:1 --> [10.0.2.2]:99999", unknown_transport,
                "Agent 0x1 : Updating nominated flag (UDP): ok_pair= () p= (",
                "Agent 0x1 : pair 0xa removed."})
          .pairs(),
      IsEmpty());
}

TEST(PairLog, SurvivesLinesCutShortAnywhere) {
  for (const std::string name : {"given-up", "relayed", "discovered", "tcp"}) {
    const auto lines = recording(name);
    size_t longest = 0;
    for (const auto& line : lines) longest = std::max(longest, line.size());
    for (size_t length = 0; length < longest; length += 3) {
      PairLog log(3);
      for (const auto& line : lines) log.read(std::string_view(line).substr(0, length));
      EXPECT_LE(log.pairs().size(), 4U);
    }
  }
}

}  // namespace
}  // namespace icelab
