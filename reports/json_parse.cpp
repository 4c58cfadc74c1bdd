#include "reports/json.h"
#include "src/base/error.h"
#include "src/base/json_reader.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <limits>

namespace icelab {
namespace {

// Each read() of a key that is missing or of the wrong type adds a fault and leaves the value
// alone.

void read(const JsonObject& object, std::string_view key, std::string& value) {
  const auto member = object.require(key);
  if (const auto text = member ? member->string() : std::nullopt) value = *text;
}

void read(const JsonObject& object, std::string_view key, bool& value) {
  const auto member = object.require(key);
  if (const auto truth = member ? member->boolean() : std::nullopt) value = *truth;
}

void read(const JsonObject& object, std::string_view key, int& value) {
  const auto member = object.require(key);
  const auto number = member ? member->integer(0, std::numeric_limits<int>::max()) : std::nullopt;
  if (number) value = *number;
}

void read(const JsonObject& object, std::string_view key, double& value) {
  const auto member = object.require(key);
  const auto number = member ? member->any_number() : std::nullopt;
  if (number) value = *number;
}

void read(const JsonObject& object, std::string_view key, std::optional<double>& value) {
  const auto member = object.require(key);
  if (member && !member->json().is_null()) value = member->any_number();
}

void read_seed(const JsonObject& object, unsigned& seed) {
  constexpr double most = std::numeric_limits<unsigned>::max();
  if (!object.require("seed")) return;
  if (const auto number = object.number("seed", -1, most)) seed = static_cast<unsigned>(*number);
}

/// One of the words that `parse` knows.
template <typename Word>
void read_word(const JsonObject& object, std::string_view key,
               std::optional<Word> (*parse)(std::string_view), Word& value) {
  const auto member = object.require(key);
  const auto text = member ? member->string() : std::nullopt;
  if (!text) return;
  if (const auto word = parse(*text)) {
    value = *word;
  } else {
    member->add_fault(describe_unknown(key, *text));
  }
}

void read(const JsonObject& object, std::string_view key, std::vector<std::string>& values) {
  const auto member = object.require(key);
  if (!member) return;
  for (const auto& element : member->elements()) {
    if (auto text = element.string()) values.push_back(std::move(*text));
  }
}

void read(const JsonObject& object, std::string_view key,
          std::vector<std::pair<std::string, std::string>>& entries) {
  const auto member = object.require(key);
  if (!member) return;
  for (const auto& [name, value] : member->members()) {
    if (auto text = value.string()) entries.emplace_back(name, std::move(*text));
  }
}

CandidateReport read_candidate(const JsonReader& reader) {
  const auto object = reader.open_object();
  CandidateReport candidate;
  read(object, "type", candidate.type);
  read(object, "transport", candidate.transport);
  read(object, "address", candidate.address);
  return candidate;
}

void read(const JsonObject& object, std::string_view key, CandidateReport& candidate) {
  if (const auto member = object.require(key)) candidate = read_candidate(*member);
}

void read(const JsonObject& object, std::string_view key, std::optional<CauseReport>& cause) {
  const auto member = object.require(key);
  if (!member || member->json().is_null()) return;
  const auto fields = member->open_object();
  cause.emplace();
  read(fields, "code", cause->code);
  read(fields, "at", cause->at);
  read(fields, "detail", cause->detail);
}

PairReport read_pair(const JsonReader& reader) {
  const auto object = reader.open_object();
  PairReport pair;
  read(object, "agent", pair.agent);
  read(object, "local", pair.local);
  read(object, "remote", pair.remote);
  read_word(object, "outcome", parse_outcome, pair.outcome);
  read(object, "nominated", pair.nominated);
  read(object, "selected", pair.selected);
  read(object, "checks", pair.checks);
  read(object, "rtt_ms", pair.rtt_ms);
  read(object, "cause", pair.cause);
  const auto view = object.require("agent_view");
  if (view && !view->json().is_null()) pair.agent_view = view->string().value_or("");
  read(object, "agrees", pair.agrees);
  // Reports of before there was a simulation do not know.
  const auto possible = object.find("possible");
  if (possible && !possible->json().is_null()) pair.possible = possible->boolean();
  if (object.find("explanation")) read(object, "explanation", pair.explanation);
  return pair;
}

PeerReport read_peer(const JsonReader& reader) {
  const auto object = reader.open_object();
  PeerReport peer;
  read(object, "agent", peer.agent);
  read(object, "state", peer.state);
  if (const auto candidates = object.require("candidates")) {
    for (const auto& element : candidates->elements()) {
      peer.candidates.push_back(read_candidate(element));
    }
  }
  return peer;
}

void read(const JsonObject& object, std::string_view key, RunSeconds& seconds) {
  const auto member = object.require(key);
  if (!member) return;
  const auto fields = member->open_object();
  read(fields, "gathering", seconds.gathering);
  read(fields, "connected", seconds.connected);
  read(fields, "total", seconds.total);
}

EventReport read_event(const JsonReader& reader) {
  const auto object = reader.open_object();
  EventReport event;
  read(object, "name", event.name);
  read(object, "seconds", event.seconds);
  read(object, "noticed", event.noticed);
  read(object, "recovered", event.recovered);
  const auto path = object.require("path");
  if (path && !path->json().is_null()) read_word(object, "path", parse_path, event.path.emplace());
  return event;
}

RunReport read_run(const JsonReader& reader) {
  const auto object = reader.open_object();
  RunReport run;
  read(object, "scenario", run.scenario);
  read(object, "name", run.name);
  read(object, "parameters", run.parameters);
  read(object, "repeat", run.repeat);
  read_seed(object, run.seed);
  read_word(object, "verdict", parse_verdict, run.verdict);
  read(object, "reasons", run.reasons);
  read(object, "connected", run.connected);
  read_word(object, "path", parse_path, run.path);
  const auto level = object.find("level");
  if (level && !level->json().is_null())
    read_word(object, "level", parse_level, run.level.emplace());
  const auto possible = object.find("possible");
  if (possible && !possible->json().is_null())
    read_word(object, "possible", parse_path, run.possible.emplace());
  read(object, "seconds", run.seconds);
  if (const auto peers = object.require("peers")) {
    for (const auto& [name, member] : peers->members())
      run.peers.emplace_back(name, read_peer(member));
  }
  if (const auto pairs = object.require("pairs")) {
    for (const auto& element : pairs->elements()) run.pairs.push_back(read_pair(element));
  }
  // Reports of before there were events have none.
  if (const auto events = object.find("events")) {
    for (const auto& element : events->elements()) run.events.push_back(read_event(element));
  }
  read(object, "notes", run.notes);
  read(object, "artifacts", run.artifacts);
  return run;
}

/// Whether this is a report at all; a later schema may mean something else by the same keys.
bool has_schema(const JsonReader& reader) {
  const auto member = reader.open_object().require("schema");
  const auto schema = member ? member->string() : std::nullopt;
  if (schema && *schema != report_schema) {
    member->add_fault(
        fmt::format("expected '{}', found '{}'", report_schema, abbreviate(*schema, 60)));
  }
  return schema == report_schema;
}

Report read_report(const JsonReader& reader) {
  const auto object = reader.open_object();
  Report report;
  if (const auto tool = object.require("tool"))
    read(tool->open_object(), "version", report.version);
  if (const auto environment = object.require("environment")) {
    const auto fields = environment->open_object();
    read(fields, "kernel", report.environment.kernel);
    read(fields, "rootless", report.environment.rootless);
    read(fields, "versions", report.environment.versions);
  }
  read_seed(object, report.seed);
  read(object, "wall_seconds", report.wall_seconds);
  read(object, "interrupted", report.interrupted);
  if (const auto runs = object.require("runs")) {
    for (const auto& element : runs->elements()) report.runs.push_back(read_run(element));
  }
  return report;
}

void throw_faults(const JsonFaults& faults, const std::string& file) {
  std::string lines;
  for (const auto& [pointer, message] : faults.list()) {
    if (!lines.empty()) lines += '\n';
    lines += to_printable(
        fmt::format("{}: {}{}{}", file, pointer, pointer.empty() ? "" : ": ", message));
  }
  if (!lines.empty()) throw UsageError(lines);
}

}  // namespace

Report parse_report(std::string_view text, const std::string& file) {
  JsonFaults faults;
  Report report;
  if (const auto json = parse_json(text, faults)) {
    const JsonReader reader(*json, faults);
    if (has_schema(reader)) report = read_report(reader);
  }
  throw_faults(faults, file);
  return report;
}

}  // namespace icelab
