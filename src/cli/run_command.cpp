#include "harness/lab/lab.h"
#include "harness/observe/capture.h"
#include "harness/run/environment.h"
#include "harness/run/runner.h"
#include "netns/linux/containment.h"
#include "reports/text.h"
#include "reports/writer.h"
#include "src/base/error.h"
#include "src/base/event_loop.h"
#include "src/base/limits.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"
#include "src/cli/plan_options.h"
#include "src/cli/progress.h"
#include "src/cli/terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <thread>

namespace icelab {
namespace {

/// A run mostly waits for ICE's own timers, so many labs share a core.
int default_jobs() {
  return 16 * static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// As many labs at once as were asked for, if so many descriptors may be open; says so if not.
int affordable_jobs(int jobs, const std::vector<RunPlan>& plans) {
  size_t descriptors = 1;
  for (const auto& plan : plans)
    descriptors = std::max(descriptors, descriptors_for(plan.topology));
  const size_t wanted = std::min(static_cast<size_t>(jobs), plans.size());
  const size_t affordable = affordable_labs(descriptors);
  if (affordable >= wanted) return jobs;
  std::cerr << fmt::format(
      "icelab: {} labs at once instead of {}: no more than {} files may be open (ulimit -Hn)\n",
      affordable, wanted, descriptor_limit());
  return static_cast<int>(affordable);
}

/// A folder for results that cannot be written to is better known before the runs than after.
void require_writable_folder(const std::string& path) {
  make_folder(path);
  check(access(path.c_str(), W_OK | X_OK), "writing into the folder " + path);
}

struct RunRequest {
  std::shared_ptr<PlanRequest> plan;
  int jobs = default_jobs();
  std::string out;       // empty: nothing is written
  bool capture = false;  // of every run, not only of those that are not as expected
  bool explained = false;
};

/// Makes all the runs and gathers their reports.
class Invocation {
 public:
  Invocation(std::vector<RunPlan> plans, const RunRequest& request)
      : out_(request.out),
        captures_all_(request.capture),
        seed_(request.plan->options.seed),
        started_(now()),
        reports_(plans.size()),
        progress_(plans.size()),
        runner_(loop_, std::move(plans), request.jobs,
                {.ended = [this](size_t index,
                                 RunResult result) { on_ended(index, std::move(result)); },
                 .all_ended = [this] { loop_.quit(); }}) {}

  Report run() {
    runner_.start();
    loop_.run();
    progress_.finish();
    return collect();
  }

  /// Throws what kept a log from being written, if anything did.
  void require_written() const {
    if (unwritten_) std::rethrow_exception(unwritten_);
  }

 private:
  void on_ended(size_t index, RunResult result) {
    if (!out_.empty() && !unwritten_) try_to_write_artifacts(result);
    progress_.ended(result.report);
    reports_[index] = std::move(result.report);
  }

  /// What cannot be written must not take the runs with it: it is thrown when they have been
  /// reported.
  void try_to_write_artifacts(RunResult& result) {
    try {
      write_logs(result);
      const RunVerdict verdict = result.report.verdict;
      if (verdict == RunVerdict::skipped) return;
      if (captures_all_ || verdict != RunVerdict::as_expected) write_capture(result);
    } catch (const SystemError&) {
      unwritten_ = std::current_exception();
    }
  }

  void write_logs(RunResult& result) {
    make_folder(out_ + "/logs");
    for (const auto& log : result.logs) {
      if (log.text.empty()) continue;
      const std::string file = artifact_file(result.report, "logs", "." + log.name + ".log");
      write_file(out_ + "/" + file, log.text);
      result.report.artifacts.emplace_back(log.name + " log", file);
    }
  }

  void write_capture(RunResult& result) {
    make_folder(out_ + "/captures");
    const std::string file = artifact_file(result.report, "captures", ".pcapng");
    const auto started = std::chrono::system_clock::now() - (now() - result.record.started);
    write_file(out_ + "/" + file,
               capture(result.record, std::chrono::time_point_cast<Duration>(started)));
    result.report.artifacts.emplace_back("capture", file);
  }

  void on_interrupt() {
    interrupted_ = true;
    runner_.interrupt();
  }

  Report collect() {
    Report report{.version = ICELAB_VERSION,
                  .seed = seed_,
                  .environment = {},
                  .wall_seconds = seconds(now() - started_),
                  .interrupted = interrupted_,
                  .runs = {}};
    for (auto& run : reports_) {
      if (run) report.runs.push_back(std::move(*run));
    }
    report.environment = describe_environment(report.runs);
    return report;
  }

  std::string out_;
  bool captures_all_;
  unsigned seed_;
  Instant started_;
  EventLoop loop_;
  // Kept to the last: a second signal, or a second copy of one sent to a whole group, must not
  // spoil the report.
  EventLoop::Watch interrupt_ = loop_.on_signal(SIGINT, [this] { on_interrupt(); });
  EventLoop::Watch terminate_ = loop_.on_signal(SIGTERM, [this] { on_interrupt(); });
  EventLoop::Watch hang_up_ = loop_.on_signal(SIGHUP, [this] { on_interrupt(); });
  std::vector<std::optional<RunReport>> reports_;
  Progress progress_;
  Runner runner_;
  bool interrupted_ = false;
  std::exception_ptr unwritten_;
};

int run(RunRequest request) {
  auto plans = plan_or_explain(*request.plan);
  if (!plans) return exit_usage;
  if (!request.out.empty()) require_writable_folder(request.out);
  raise_descriptor_limit();
  request.jobs = affordable_jobs(request.jobs, *plans);
  contain_process();
  Runner::require_machine(*plans);

  Invocation invocation(std::move(*plans), request);
  const Report report = invocation.run();
  auto style = text_style(STDOUT_FILENO);
  style.explained = request.explained;
  std::cout << render_text(report, style) << std::flush;
  if (!request.out.empty()) write_report(report, request.out);
  invocation.require_written();
  const Summary summary = report.summary();
  if (summary.skipped > 0 && summary.skipped == summary.runs) return exit_machine;
  const bool fine = !report.interrupted && summary.as_expected + summary.skipped == summary.runs;
  return fine ? exit_as_expected : exit_unexpected;
}

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("run", "Run scenarios and judge every candidate pair");
  auto request = std::make_shared<RunRequest>();
  request->plan = add_plan_options(*command);
  command
      ->add_option("--jobs", request->jobs,
                   fmt::format("Labs alive at once (here {})", request->jobs))
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command->add_option("--out", request->out, "Write report.json, junit.xml and logs there")
      ->type_name("DIR");
  command
      ->add_flag(
          "--capture", request->capture,
          "Write the packets of every run to DIR, not only of those that are not as expected")
      ->needs("--out");
  command->add_flag("--explain", request->explained, explain_help);
  command->callback([request, &action] { action = [request] { return run(*request); }; });
}

}  // namespace icelab
