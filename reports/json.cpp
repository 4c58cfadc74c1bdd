#include "reports/json.h"

#include "reports/cells.h"
#include "src/base/json.h"

#include <cmath>

namespace icelab {
namespace {

/// What is too large to have thousandths stays as it is.
double round_to_thousandth(double value) {
  const double thousandths = std::round(value * 1000);
  return std::isfinite(thousandths) ? thousandths / 1000 : value;
}

Json optional_number(const std::optional<double>& value) {
  return value ? Json(round_to_thousandth(*value)) : Json(nullptr);
}

Json object_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  auto object = Json::object();
  for (const auto& [key, value] : entries) object[key] = value;
  return object;
}

Json to_json(const CandidateReport& candidate) {
  return {
      {"type", candidate.type}, {"transport", candidate.transport}, {"address", candidate.address}};
}

Json to_json(const CauseReport& cause) {
  return {{"code", cause.code}, {"at", cause.at}, {"detail", cause.detail}};
}

Json to_json(const PairReport& pair) {
  return {{"agent", pair.agent},
          {"local", to_json(pair.local)},
          {"remote", to_json(pair.remote)},
          {"outcome", to_string(pair.outcome)},
          {"nominated", pair.nominated},
          {"selected", pair.selected},
          {"checks", pair.checks},
          {"rtt_ms", optional_number(pair.rtt_ms)},
          {"cause", pair.cause ? to_json(*pair.cause) : Json(nullptr)},
          {"agent_view", pair.agent_view.empty() ? Json(nullptr) : Json(pair.agent_view)},
          {"agrees", pair.agrees},
          {"possible", pair.possible ? Json(*pair.possible) : Json(nullptr)},
          {"missed", pair.is_missed()},
          {"explanation", pair.explanation}};
}

Json to_json(const EventReport& event) {
  return {{"name", event.name},
          {"seconds", optional_number(event.seconds)},
          {"noticed", optional_number(event.noticed)},
          {"recovered", optional_number(event.recovered)},
          {"path", event.path ? Json(to_string(*event.path)) : Json(nullptr)}};
}

Json to_json(const CellReport& cell) {
  const auto [low, high] = cell.pass_rate();
  return {{"scenario", cell.scenario},
          {"name", cell.name},
          {"as_expected", cell.as_expected},
          {"skipped", cell.skipped},
          {"unexpected", cell.unexpected},
          {"errors", cell.errors},
          {"pass_rate_95", {round_to_thousandth(low), round_to_thousandth(high)}},
          {"flaky", cell.is_flaky()},
          {"connected_seconds",
           {{"median", optional_number(cell.median_connected)},
            {"worst", optional_number(cell.worst_connected)}}}};
}

Json to_json(const RunReport& run);

template <typename Value>
Json array_of(const std::vector<Value>& values) {
  auto array = Json::array();
  for (const auto& value : values) array.push_back(to_json(value));
  return array;
}

Json to_json(const PeerReport& peer) {
  return {{"agent", peer.agent}, {"state", peer.state}, {"candidates", array_of(peer.candidates)}};
}

Json to_json(const RunSeconds& seconds) {
  return {{"gathering", optional_number(seconds.gathering)},
          {"connected", optional_number(seconds.connected)},
          {"total", round_to_thousandth(seconds.total)}};
}

Json to_json(const RunReport& run) {
  auto peers = Json::object();
  for (const auto& [name, peer] : run.peers) peers[name] = to_json(peer);
  return {{"scenario", run.scenario},
          {"name", run.name},
          {"parameters", object_of(run.parameters)},
          {"repeat", run.repeat},
          {"seed", run.seed},
          {"verdict", to_string(run.verdict)},
          {"reasons", run.reasons},
          {"connected", run.connected},
          {"path", to_string(run.path)},
          {"level", run.level ? Json(to_string(*run.level)) : Json(nullptr)},
          {"possible", run.possible ? Json(to_string(*run.possible)) : Json(nullptr)},
          {"seconds", to_json(run.seconds)},
          {"peers", peers},
          {"pairs", array_of(run.pairs)},
          {"events", array_of(run.events)},
          {"notes", run.notes},
          {"artifacts", object_of(run.artifacts)}};
}

Json to_json(const Environment& environment) {
  return {{"kernel", environment.kernel},
          {"rootless", environment.rootless},
          {"versions", object_of(environment.versions)}};
}

Json to_json(const Summary& summary) {
  return {{"runs", summary.runs},
          {"as_expected", summary.as_expected},
          {"skipped", summary.skipped},
          {"unexpected", summary.unexpected},
          {"errors", summary.errors}};
}

}  // namespace

std::string render_json(const Report& report) {
  const Json json = {{"schema", report_schema},
                     {"tool", {{"version", report.version}}},
                     {"environment", to_json(report.environment)},
                     {"seed", report.seed},
                     {"wall_seconds", round_to_thousandth(report.wall_seconds)},
                     {"interrupted", report.interrupted},
                     {"summary", to_json(report.summary())},
                     {"cells", array_of(cells_of(report))},
                     {"runs", array_of(report.runs)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace icelab
