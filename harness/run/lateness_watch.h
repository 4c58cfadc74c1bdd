#pragma once

#include "harness/observe/run_record.h"
#include "netns/linux/processor_wait.h"
#include "src/base/event_loop.h"

#include <string>
#include <vector>

namespace icelab {

/// Watches whether a run can keep its time: for how long its programs wait for a processor, and for
/// how long icelab's own loop, which signals between them, stands still. A server's thread that
/// serves several labs, and a program's children, are not watched.
class LatenessWatch {
 public:
  static constexpr auto interval = std::chrono::milliseconds(50);

  explicit LatenessWatch(EventLoop& loop);

  /// From now on: what it has waited before does not count.
  void add(std::string who, ProcessorWait wait);
  /// Looks once more, and tells who had to wait most: within one interval, and in all.
  Lateness worst();

 private:
  struct Watched {
    std::string who;
    ProcessorWait wait;
    Duration before;
    Duration in_all{};
  };

  void look_later();
  void look();
  /// The loop was to come here at due_.
  void note_own_lateness();
  void note(const std::string& who, Duration waited);

  EventLoop& loop_;
  std::vector<Watched> watched_;
  Instant due_{};
  Wait at_once_;
  LoopLateness own_;
  EventLoop::Watch next_;
  EventLoop::Watch stall_;
};

}  // namespace icelab
