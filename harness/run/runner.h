#pragma once

#include "harness/run/run.h"
#include "harness/scenario/scenario.h"
#include "src/base/event_loop.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// Makes the runs of a plan, several labs alive at once: most of a run is waiting for ICE's own
/// timers. Those that this machine kept from being in time are made once more when all the others
/// have ended, with no more labs at once than there are processors. Those with browsers are skipped
/// where there is none.
class Runner {
 public:
  struct Callbacks {
    std::function<void(size_t index, RunResult)> ended;  // index into the plans
    std::function<void()> all_ended;
  };

  Runner(EventLoop& loop, std::vector<RunPlan> plans, int jobs, Callbacks callbacks);

  /// Begins; the rest happens on the loop.
  void start();
  /// Drops the runs under way and starts no more; all_ended follows.
  void interrupt();

  /// Throws MachineError, saying what to do, if this machine lacks what the plans need.
  /// Calls for the process to be contained already.
  static void require_machine(const std::vector<RunPlan>& plans);

 private:
  void start_next();
  void skip_next();
  void on_done(size_t index, RunResult result);
  /// Plans a run for each of its pairs by itself.
  void take_apart(size_t index, RunResult result);
  void add_part(size_t index, const RunResult& part);
  [[nodiscard]] size_t jobs() const;
  [[nodiscard]] bool has_room_for(const RunPlan& plan) const;

  EventLoop& loop_;
  std::vector<RunPlan> plans_;
  size_t jobs_;
  std::optional<std::string> missing_for_browsers_;
  Callbacks callbacks_;
  std::deque<size_t> waiting_;              // runs to be made, by their plans
  std::map<size_t, std::string> too_late_;  // those to be made again, and why
  bool repeating_ = false;
  /// One whose pairs are tried by themselves: it has ended, and so many of its parts have not.
  struct Whole {
    RunResult result;
    size_t parts;
  };
  std::map<size_t, Whole> wholes_;
  std::map<size_t, size_t> parts_;  // a part's plan -> its whole's
  std::map<size_t, std::unique_ptr<Run>> runs_;
  std::vector<size_t> ended_;  // runs to be destroyed when the loop comes round
  EventLoop::Watch start_watch_;
};

}  // namespace icelab
