#pragma once

#include "src/base/clock.h"
#include "src/base/descriptor.h"

#include <string>
#include <vector>

namespace icelab {

/// How long a program has waited for a processor while it could have run, by the kernel's
/// statistics of its scheduler (/proc/PID/schedstat, the second number): a program that waits for
/// long answers late, and that is not the network's doing.
class ProcessorWait {
 public:
  /// Of the threads that a process has now. Where the kernel keeps no such statistics, or the
  /// process has ended, there is nothing to be known, and total() stays 0.
  static ProcessorWait of_process(int pidfd);
  /// Other threads may ask for its total() too.
  static ProcessorWait of_this_thread();

  /// Since each thread began; a wait counts from the moment when it ends. Of a thread that has
  /// ended, what was known when this was last asked.
  Duration total();

 private:
  struct Thread {
    Descriptor statistics;
    Duration waited{};
  };

  void add(const std::string& folder);

  std::vector<Thread> threads_;
};

}  // namespace icelab
