#include "harness/run/lateness_watch.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <optional>

namespace icelab {
namespace {

using std::chrono::milliseconds;

/// A callback that takes this long, at least.
void stand_still(milliseconds time) {
  poll(nullptr, 0, static_cast<int>(time.count()));
}

class LatenessWatchTest : public testing::Test {
 protected:
  /// Does these things, each in a callback of its own, and ends when the loop comes round again.
  void run(const std::vector<std::function<void()>>& callbacks) {
    std::vector<EventLoop::Watch> watches;
    for (const auto& callback : callbacks) watches.push_back(loop_.after({}, callback));
    watches.push_back(loop_.after(
        milliseconds(1), [&] { watches.push_back(loop_.after({}, [&] { loop_.quit(); })); }));
    loop_.run();
  }

  EventLoop loop_;
};

TEST_F(LatenessWatchTest, TellsHowLongTheLoopStoodStill) {
  LatenessWatch watch(loop_);
  run({[] { stand_still(milliseconds(70)); }});
  EXPECT_GE(watch.worst().loop.at_once, milliseconds(70));
}

TEST_F(LatenessWatchTest, TakesAllThatKeptTheLoopForOneStall) {
  LatenessWatch watch(loop_);
  run({[] { stand_still(milliseconds(40)); }, [] { stand_still(milliseconds(40)); }});
  EXPECT_GE(watch.worst().loop.at_once, milliseconds(80));
}

TEST_F(LatenessWatchTest, CountsNoStallFromBeforeItBegan) {
  std::optional<LatenessWatch> watch;
  Instant began;
  run({[&] {
    stand_still(milliseconds(200));
    began = now();
    watch.emplace(loop_);
  }});
  EXPECT_LE(watch->worst().loop.at_once, now() - began);
}

TEST_F(LatenessWatchTest, CountsAStallThatTheLoopHasNotComeBackFrom) {
  LatenessWatch watch(loop_);
  Lateness worst;
  run({[&] {
    stand_still(milliseconds(120));
    worst = watch.worst();
  }});
  EXPECT_GE(worst.loop.at_once, milliseconds(70)) << "all but the interval, which had to pass";
  EXPECT_GE(worst.loop.in_all, milliseconds(70));
}

TEST_F(LatenessWatchTest, ChargesNoProgramWithWhatItWaitedWhileTheLoopStoodStill) {
  LatenessWatch watch(loop_);
  watch.add("this program", ProcessorWait::of_this_thread());
  Lateness worst;
  run({[&] {
    stand_still(milliseconds(120));
    worst = watch.worst();
  }});
  EXPECT_EQ(worst.at_once.who, "");
}

}  // namespace
}  // namespace icelab
