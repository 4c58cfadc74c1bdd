#include "harness/observe/judge.h"

#include "harness/observe/aftermath.h"
#include "harness/observe/candidates.h"
#include "harness/observe/host_drops.h"
#include "harness/observe/missed.h"
#include "harness/observe/observer.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

/// Between one check and the next (RFC 8445 section 14.2 would have 50 ms; libnice's is this): who
/// is later than that may check in another order, and be connected by another path, or by none:
/// libnice now and then fails where a check comes before its candidate.
constexpr auto check_pacing = std::chrono::milliseconds(20);
/// Until a check is sent again (RFC 8445 section 14.3): for where nobody knows what the network
/// allows.
constexpr auto first_timeout = std::chrono::milliseconds(500);

/// A longer stall of icelab's own loop is told, whatever became of the run.
constexpr auto tolerable_stall = std::chrono::milliseconds(50);

const PairReport* selected_pair(const std::vector<PairReport>& pairs, const std::string& agent) {
  const auto found = std::ranges::find_if(
      pairs, [&](const PairReport& pair) { return pair.agent == agent && pair.selected; });
  return found == pairs.end() ? nullptr : &*found;
}

bool is_relayed(const PairReport& pair) {
  return pair.local.type == "relay" || pair.remote.type == "relay";
}

/// Where there are events, connected means that data has come through both ways. Else
/// connected when both agents say so and the packets bear out the pair that each of them uses.
bool are_connected(const RunRecord& record, const std::vector<PairReport>& pairs) {
  if (!record.plan.events.empty())
    return data_flows_again(record.beats, record.started).has_value();
  return record.peers.size() == 2 && std::ranges::all_of(record.peers, [&](const auto& peer) {
           return peer.is_connected() && selected_pair(pairs, peer.name) != nullptr;
         });
}

Path path_of(const RunRecord& record, const std::vector<PairReport>& pairs,
             const std::vector<Trip>& trips) {
  if (const auto path = path_of_data(record, trips, record.started)) return *path;
  const bool relayed = std::ranges::any_of(record.peers, [&](const auto& peer) {
    const PairReport* pair = selected_pair(pairs, peer.name);
    return pair != nullptr && is_relayed(*pair);
  });
  return relayed ? Path::relay : Path::direct;
}

PeerReport report(const PeerRecord& peer) {
  PeerReport report{.agent = peer.agent, .state = peer.state, .candidates = {}};
  for (const Candidate& candidate : peer.candidates)
    report.candidates.push_back(describe(candidate));
  return report;
}

/// Both must have seen it.
Level level_of(const RunRecord& record) {
  return std::ranges::min(record.peers, {}, &PeerRecord::level).level;
}

RunReport blank_report(const RunPlan& plan) {
  RunReport report;
  report.scenario = plan.scenario;
  report.name = plan.name;
  report.parameters = plan.parameters;
  report.repeat = plan.repeat;
  report.seed = plan.seed;
  return report;
}

/// When the last of the peers had come so far; nothing unless all did.
std::optional<double> when_all(const RunRecord& record,
                               std::optional<Instant> PeerRecord::*milestone) {
  std::optional<double> latest;
  for (const auto& peer : record.peers) {
    const auto& instant = peer.*milestone;
    if (!instant) return std::nullopt;
    latest = std::max(latest.value_or(0), seconds(*instant - record.started));
  }
  return latest;
}

std::string in_seconds(const std::optional<double>& time) {
  return time ? fmt::format("after {:.2f} s", *time) : "never";
}

bool came_within(const std::optional<double>& time, Duration limit) {
  return time && *time <= seconds(limit);
}

std::string describe(const Wait& wait) {
  return fmt::format("{} waited {:.0f} ms for a processor", wait.who, milliseconds(wait.waited));
}

/// A stall of icelab's own loop is nobody else's lateness.
std::string describe_stall(Duration stalled) {
  return fmt::format("icelab was late: its own loop stood still for {:.0f} ms",
                     milliseconds(stalled));
}

Path best_path(const Possibility& possible) {
  if (!possible.connected) return Path::none;
  return possible.direct ? Path::direct : Path::relay;
}

/// What was expected to follow an event, and did not.
void add_aftermath(const Expectation& expectation, const EventReport& event,
                   std::vector<std::string>& sentences) {
  const auto add = [&](const std::string& what) {
    sentences.push_back(fmt::format("{}: {} ({})", event.name, what, expectation.pointer));
  };
  if (!event.seconds) return add("it never happened");
  if (const auto limit = expectation.noticed_within; limit && !came_within(event.noticed, *limit)) {
    add(fmt::format("expected to be noticed within {:.2f} s, was {}", seconds(*limit),
                    in_seconds(event.noticed)));
  }
  if (const auto limit = expectation.recovered_within;
      limit && !came_within(event.recovered, *limit)) {
    add(fmt::format("expected data to flow again within {:.2f} s, did {}", seconds(*limit),
                    in_seconds(event.recovered)));
  }
  if (expectation.recovered && *expectation.recovered != event.recovered.has_value()) {
    add(fmt::format("expected data {}to flow again, did {}", *expectation.recovered ? "" : "not ",
                    in_seconds(event.recovered)));
  }
  if (expectation.path && event.recovered && !event.path) {
    add(fmt::format("expected path {}, and the packets do not tell which it was",
                    to_string(*expectation.path)));
  } else if (expectation.path && expectation.path != event.path.value_or(Path::none)) {
    add(fmt::format("expected path {}, was {}", to_string(*expectation.path),
                    to_string(event.path.value_or(Path::none))));
  }
}

/// What would have been possible, and was not done.
void add_missed(const Expectation& expectation, const RunReport& report,
                std::vector<std::string>& sentences) {
  const auto possible = report.possible.value_or(Path::none);
  const auto way = [&](const PairReport& pair) {
    return pair.possible == true && (possible == Path::relay) == is_relayed(pair);
  };
  const bool missed = possible != Path::none && !report.connected;
  const bool is_detour = possible == Path::direct && report.path == Path::relay;
  if (!missed && !is_detour) return;
  auto sentence = fmt::format("expected path {}, which the network allows", to_string(possible));
  if (const auto pair = std::ranges::find_if(report.pairs, way); pair != report.pairs.end()) {
    sentence += fmt::format(" ({}'s pair {} to {})", pair->agent, pair->local.address,
                            pair->remote.address);
  }
  sentences.push_back(
      fmt::format("{}, was {} ({})", sentence, to_string(report.path), expectation.pointer));
}

/// What was expected and is not so, a sentence each.
std::vector<std::string> disappointments(const RunPlan& plan, const RunReport& report) {
  std::vector<std::string> sentences;
  for (const auto& expectation : plan.expectations) {
    if (!expectation.after.empty()) {
      const auto event = std::ranges::find(report.events, expectation.after, &EventReport::name);
      if (event != report.events.end()) add_aftermath(expectation, *event, sentences);
      continue;
    }
    if (expectation.possible) add_missed(expectation, report, sentences);
    if (expectation.connected && *expectation.connected != report.connected) {
      sentences.push_back(fmt::format("expected {}connected, was {}connected ({})",
                                      *expectation.connected ? "" : "not ",
                                      report.connected ? "" : "not ", expectation.pointer));
    }
    if (expectation.path && *expectation.path != report.path) {
      sentences.push_back(fmt::format("expected path {}, was {} ({})", to_string(*expectation.path),
                                      to_string(report.path), expectation.pointer));
    }
  }
  return sentences;
}

/// What the recording lacks, a sentence each: observations beyond its limit, and what hosts' own
/// interfaces dropped before the network saw it.
std::vector<std::string> missing_evidence(const RunRecord& record) {
  auto sentences = describe_host_drops(record.recording);
  for (const auto& [loopback, packets] : record.recording.unheard)
    sentences.push_back(fmt::format("{}: {} packets were not overheard", loopback, packets));
  if (const auto left_out = record.recording.left_out; left_out > 0) {
    const auto& seen = record.recording.observations;
    sentences.push_back(fmt::format("evidence was cut short{}: {} observations were left out",
                                    seen.empty()
                                        ? ""
                                        : fmt::format(" {:.2f} s into the run, at {} KiB",
                                                      seconds(seen.back().time - record.started),
                                                      record.recording.arena.size() >> 10),
                                    left_out));
  }
  return sentences;
}

/// Whether what is missing may have made a run other than it was expected to be. Where the network
/// lets nothing through, nothing that is missing could have come through.
bool needs_evidence(const RunReport& report) {
  return report.connected ? !report.reasons.empty() : report.possible != Path::none;
}

void decide(const RunRecord& record, RunReport& report) {
  const auto missing = missing_evidence(record);
  report.notes.insert(report.notes.end(), missing.begin(), missing.end());
  if (record.lateness.at_once.waited >= check_pacing)
    report.notes.push_back("the machine was busy: " + describe(record.lateness.at_once));
  if (record.lateness.loop.at_once > tolerable_stall)
    report.notes.push_back(describe_stall(record.lateness.loop.at_once));
  report.reasons = record.errors.empty() ? disappointments(record.plan, report) : record.errors;
  if (auto why = too_late(record, report)) {
    report.verdict = RunVerdict::error;
    report.reasons.insert(report.reasons.begin(), std::move(*why));
  } else if (!record.errors.empty()) {
    report.verdict = RunVerdict::error;
  } else if (!missing.empty() && needs_evidence(report)) {
    // What was looked for may only not have been seen.
    report.verdict = RunVerdict::error;
    report.reasons.insert(report.reasons.end(), missing.begin(), missing.end());
  } else {
    report.verdict = report.reasons.empty() ? RunVerdict::as_expected : RunVerdict::unexpected;
  }
}

}  // namespace

std::optional<std::string> too_late(const RunRecord& record, const RunReport& report) {
  if (report.connected && report.reasons.empty()) return std::nullopt;
  const auto& [at_once, in_all, loop] = record.lateness;
  const bool settled = std::ranges::all_of(record.peers, &PeerRecord::is_settled);
  const Duration length = record.ended - record.started;
  if (!settled && std::max(in_all.waited, loop.in_all) > length / 2) {
    if (loop.in_all >= in_all.waited) {
      return fmt::format("icelab was late: its own loop stood still for {:.1f} s of {:.1f} s",
                         seconds(loop.in_all), seconds(length));
    }
    return fmt::format("machine too busy: {} waited {:.1f} s of {:.1f} s for a processor",
                       in_all.who, seconds(in_all.waited), seconds(length));
  }
  // Where the network lets nothing through, nobody's lateness has kept anything from coming
  // through.
  const bool is_about_means = !record.errors.empty();
  if (!is_about_means && !report.connected && report.possible == Path::none) return std::nullopt;
  // Of a pair by itself it is not known whether it ought to connect anybody.
  const bool is_known = report.possible && !record.plan.only;
  const bool is_about_order = !is_about_means && (report.connected || is_known);
  const Duration harmless = is_about_order ? check_pacing : first_timeout;
  if (std::max(at_once.waited, loop.at_once) < harmless) return std::nullopt;
  return loop.at_once >= at_once.waited ? describe_stall(loop.at_once)
                                        : "machine too busy: " + describe(at_once);
}

RunReport skip(const RunPlan& plan, std::string why) {
  RunReport report = blank_report(plan);
  report.verdict = RunVerdict::skipped;
  report.reasons = {std::move(why)};
  return report;
}

RunReport judge(const RunRecord& record) {
  const RunPlan& plan = record.plan;
  RunReport report = blank_report(plan);
  for (const auto& peer : record.peers) report.peers.emplace_back(peer.name, icelab::report(peer));
  const auto trips = trace(record.recording);
  report.pairs = observe(record, trips);
  report.events = observe_events(record, trips);
  report.connected = are_connected(record, report.pairs);
  if (report.connected) report.level = level_of(record);
  report.path = report.connected ? path_of(record, report.pairs, trips) : Path::none;
  report.seconds = {
      .gathering = when_all(record, &PeerRecord::gathered),
      .connected = report.connected ? when_all(record, &PeerRecord::connected) : std::nullopt,
      .total = seconds(record.ended - record.started)};
  report.notes = record.notes;
  std::vector<std::string> impossible;
  if (record.possible) {
    impossible = hold_against(*record.possible, report.pairs);
    report.possible = best_path(*record.possible);
  }
  decide(record, report);
  if (!impossible.empty()) {
    report.verdict = RunVerdict::error;
    report.reasons.insert(report.reasons.end(), impossible.begin(), impossible.end());
  }
  return report;
}

}  // namespace icelab
