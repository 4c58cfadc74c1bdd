#include "netns/linux/processor_wait.h"

#include "netns/linux/process.h"

#include <gmock/gmock.h>
#include <sched.h>

#include <csignal>
#include <thread>

namespace icelab {
namespace {

void keep_busy(Duration time) {
  const Instant end = now() + time;
  while (now() < end) {
  }
}

/// Keeps this thread, and whatever it starts, on the processor where it is.
void stay_on_one_processor() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}

TEST(ProcessorWait, OfTwoThatShareAProcessorAddsUpToTheTimeThatTheyRan) {
  Duration waited{};
  Duration ran{};
  std::thread([&] {
    stay_on_one_processor();
    const Instant begun = now();
    ChildProcess rival({.arguments = {"sh", "-c", "while :; do :; done"}, .environment = {}});
    auto ours = ProcessorWait::of_this_thread();
    keep_busy(std::chrono::milliseconds(50));  // by then it is a shell
    auto theirs = ProcessorWait::of_process(rival.pidfd());
    keep_busy(std::chrono::milliseconds(200));
    waited = ours.total() + theirs.total();
    ran = now() - begun;
  }).join();
  EXPECT_GT(waited, ran / 2);
}

TEST(ProcessorWait, OfAProcessThatSleepsIsNextToNothing) {
  ChildProcess sleeper({.arguments = {"sleep", "1000"}, .environment = {}});
  auto wait = ProcessorWait::of_process(sleeper.pidfd());
  const Duration before = wait.total();
  keep_busy(std::chrono::milliseconds(100));
  EXPECT_LT(wait.total() - before, std::chrono::milliseconds(50));
}

TEST(ProcessorWait, OutlivesItsProcess) {
  ChildProcess child({.arguments = {"sleep", "1000"}, .environment = {}});
  auto wait = ProcessorWait::of_process(child.pidfd());
  const Duration before = wait.total();
  child.kill(SIGKILL);
  child.wait();
  EXPECT_GE(wait.total(), before);
}

TEST(ProcessorWait, OfAProcessThatHasEndedIsNothing) {
  ChildProcess ended({.arguments = {"true"}, .environment = {}});
  ended.wait();
  EXPECT_EQ(ProcessorWait::of_process(ended.pidfd()).total(), Duration{});
}

}  // namespace
}  // namespace icelab
