#include "harness/run/runner.h"

#include "harness/agents/agent_setup.h"
#include "harness/lab/lab.h"
#include "harness/lab/name_server.h"
#include "harness/lab/servers.h"
#include "harness/observe/exhaustive.h"
#include "harness/observe/judge.h"
#include "netns/linux/host.h"
#include "netns/linux/kernel_router.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace icelab {

namespace {

/// Runs for the pairs of one cell: more than any two hosts make that a lab can have.
constexpr size_t most_parts = 1000;

/// At the start, or by an event.
bool needs_kernel_routers(const RunPlan& plan) {
  return has_kernel_routers(plan.topology) ||
         std::ranges::any_of(plan.events, [](const EventSpec& event) {
           const auto* replace = std::get_if<Replace>(&event.action);
           return replace != nullptr &&
                  std::holds_alternative<KernelRouterBehavior>(replace->behavior);
         });
}

/// Each takes a processor for itself while it starts.
bool has_browsers(const RunPlan& plan) {
  return std::ranges::any_of(plan.topology.peers,
                             [](const PeerSpec& peer) { return peer.agent.is_browser(); });
}

size_t processors() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Runner::Runner(EventLoop& loop, std::vector<RunPlan> plans, int jobs, Callbacks callbacks)
    : loop_(loop),
      plans_(std::move(plans)),
      jobs_(static_cast<size_t>(jobs)),
      missing_for_browsers_(missing_for_browsers()),
      callbacks_(std::move(callbacks)) {
  for (size_t index = 0; index < plans_.size(); ++index) waiting_.push_back(index);
}

void Runner::require_machine(const std::vector<RunPlan>& plans) {
  for (const auto& plan : plans) {
    for (const auto& server : plan.topology.servers) require_installed(server.kind);
    if (std::ranges::count(plan.topology.servers, ToldBy::name, &ServerSpec::told_by) > 0)
      require_name_server();
    for (const auto& peer : plan.topology.peers) static_cast<void>(agent_command(peer.agent));
  }
  static_cast<void>(Host::create({}));
  if (std::ranges::any_of(plans, needs_kernel_routers)) require_kernel_routers();
}

void Runner::start() {
  start_watch_ = loop_.after({}, [this] { start_next(); });
}

size_t Runner::jobs() const {
  return repeating_ ? std::min(jobs_, processors()) : jobs_;
}

bool Runner::has_room_for(const RunPlan& plan) const {
  if (runs_.size() >= jobs()) return false;
  const auto with_browsers = std::ranges::count_if(
      runs_, [this](const auto& run) { return has_browsers(plans_[run.first]); });
  return !has_browsers(plan) || static_cast<size_t>(with_browsers) < processors();
}

/// One at a time, with the loop in between: the runs that are alive must not wait for all that are
/// to come.
void Runner::start_next() {
  start_watch_ = {};
  for (const size_t index : std::exchange(ended_, {})) runs_.erase(index);
  if (waiting_.empty() && runs_.empty()) {
    if (repeating_ || too_late_.empty()) {
      callbacks_.all_ended();
      return;
    }
    repeating_ = true;
    for (const auto& [index, why] : too_late_) waiting_.push_back(index);
  }
  if (waiting_.empty()) return;
  if (missing_for_browsers_ && has_browsers(plans_[waiting_.front()])) return skip_next();
  if (!has_room_for(plans_[waiting_.front()])) return;
  const size_t index = waiting_.front();
  waiting_.pop_front();
  runs_[index] = std::make_unique<Run>(
      loop_, plans_[index], [this, index](RunResult result) { on_done(index, std::move(result)); });
  start();
}

void Runner::skip_next() {
  const size_t index = waiting_.front();
  waiting_.pop_front();
  callbacks_.ended(
      index, {.report = skip(plans_[index], *missing_for_browsers_), .record = {}, .logs = {}});
  start();
}

void Runner::on_done(size_t index, RunResult result) {
  ended_.push_back(index);  // it is still on the stack
  start();
  if (const auto before = too_late_.find(index); before != too_late_.end()) {
    result.report.notes.push_back("made again: the first time " + before->second);
  } else if (too_late(result.record, result.report)) {
    too_late_[index] = fmt::format("{}", fmt::join(result.report.reasons, "; "));
    if (repeating_) waiting_.push_back(index);
    return;
  }
  if (parts_.contains(index)) return add_part(index, result);
  if (plans_[index].exhaustive) return take_apart(index, std::move(result));
  callbacks_.ended(index, std::move(result));
}

void Runner::take_apart(size_t index, RunResult result) {
  auto pairs = pairs_to_signal(result.record);
  if (pairs.size() > most_parts) {
    result.report.notes.push_back(
        fmt::format("of {} pairs only {} are tried by themselves", pairs.size(), most_parts));
    pairs.resize(most_parts);
  }
  for (const auto& pair : pairs) {
    RunPlan part = plans_[index];
    part.only = pair;
    part.exhaustive = false;
    part.expectations.clear();
    parts_[plans_.size()] = index;
    waiting_.push_back(plans_.size());
    plans_.push_back(std::move(part));
  }
  if (pairs.empty()) return callbacks_.ended(index, std::move(result));
  wholes_.emplace(index, Whole{std::move(result), pairs.size()});
}

void Runner::add_part(size_t index, const RunResult& part) {
  const auto whole = wholes_.find(parts_.at(index));
  icelab::add_part(whole->second.result.report, part.report, *plans_[index].only);
  if (--whole->second.parts > 0) return;
  const size_t finished = whole->first;
  RunResult result = std::move(whole->second.result);
  wholes_.erase(whole);
  callbacks_.ended(finished, std::move(result));
}

void Runner::interrupt() {
  waiting_.clear();
  too_late_.clear();
  runs_.clear();
  ended_.clear();
  for (auto& [index, whole] : std::exchange(wholes_, {})) {
    whole.result.report.notes.push_back(
        fmt::format("interrupted: {} pairs were not tried by themselves", whole.parts));
    callbacks_.ended(index, std::move(whole.result));
  }
  start();
}

}  // namespace icelab
