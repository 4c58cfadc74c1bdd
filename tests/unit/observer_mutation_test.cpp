// Evidence that makes no sense: real recordings with a few things changed at random, always the
// same way. Nothing is thrown, and what is told of a pair holds together. AddressSanitizer looks
// on.

#include "harness/observe/judge.h"
#include "tests/support/golden_recordings.h"

#include <gtest/gtest.h>

#include <random>

namespace icelab {
namespace {

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  void mutate(RunRecord& record) {
    for (size_t edits = 1 + below(8); edits > 0; --edits) {
      if (below(3) == 0) {
        mutate_peer(one_of(record.peers));
      } else {
        mutate_evidence(record.recording);
      }
    }
    if (below(8) == 0) record.ended = record.started;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }
  template <typename Value>
  Value& one_of(std::vector<Value>& values) {
    return values[below(values.size())];
  }

  void mutate_evidence(Recording& recording) {
    auto& observations = recording.observations;
    if (observations.empty()) return;
    Observation& observation = one_of(observations);
    switch (below(9)) {
      case 0:
        observation.packet = one_of(observations).packet;
        break;
      case 1:
        observation.hop = one_of(observations).hop;
        break;
      case 2:
        observation.event = static_cast<Event>(below(5));
        break;
      case 3:
        observation.time = one_of(observations).time;
        break;
      case 4:
        observation.drop = one_of(observations).drop;
        break;
      case 5:  // other bytes, or fewer
        observation.offset = one_of(observations).offset;
        observation.length = static_cast<std::uint32_t>(below(observation.length + 1));
        if (observation.offset + observation.length > recording.arena.size())
          observation.length = 0;
        break;
      case 6:
        std::swap(observation, one_of(observations));
        break;
      case 7:
        observations.resize(below(observations.size() + 1));
        break;
      default:  // a bit of the packet itself, checksums notwithstanding
        recording.arena[observation.offset + below(std::max(1U, observation.length))] ^=
            static_cast<std::uint8_t>(1U << below(8));
        break;
    }
  }

  void mutate_peer(PeerRecord& peer) {
    switch (below(7)) {
      case 0:
        peer.interfaces[0] = "nowhere";
        break;
      case 1:
        peer.controlling = !peer.controlling;
        break;
      case 2:
        if (!peer.candidates.empty()) one_of(peer.candidates).endpoint.port ^= 1;
        break;
      case 3:
        if (!peer.candidates.empty()) one_of(peer.candidates).related.reset();
        break;
      case 4:
        if (!peer.candidates.empty())
          one_of(peer.candidates).transport = static_cast<CandidateTransport>(below(4));
        break;
      case 5:
        if (!peer.pairs.empty()) one_of(peer.pairs).local.address = "?";
        break;
      default:
        if (!peer.pairs.empty()) one_of(peer.pairs).state = one_of(peer.pairs).remote.address;
        break;
    }
  }

  std::minstd_rand random_;
};

void expect_to_hold_together(const PairReport& pair) {
  EXPECT_EQ(pair.cause.has_value(), pair.outcome == PairOutcome::failed);
  EXPECT_TRUE(!pair.cause || !pair.cause->code.empty());
  EXPECT_TRUE(!pair.selected || pair.nominated);
  EXPECT_TRUE(!pair.nominated || pair.outcome == PairOutcome::succeeded);
  EXPECT_TRUE(pair.outcome != PairOutcome::unchecked || pair.checks == 0);
}

class ObserverOfNonsense : public testing::TestWithParam<const char*> {};

TEST_P(ObserverOfNonsense, ThrowsNothingAndHoldsTogether) {
  const RunRecord record = read_golden_recording(GetParam());
  for (unsigned seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    RunRecord mutated = record;
    Mutator(seed).mutate(mutated);
    RunReport report;
    ASSERT_NO_THROW(report = judge(mutated));
    for (const PairReport& pair : report.pairs) expect_to_hold_together(pair);
  }
}

INSTANTIATE_TEST_SUITE_P(Recording, ObserverOfNonsense, testing::ValuesIn(golden_recordings),
                         recording_title);

}  // namespace
}  // namespace icelab
