#include "harness/scenario/scenario_reader.h"

#include "harness/scenario/agent_reader.h"
#include "harness/scenario/box_reader.h"
#include "harness/scenario/choice_reader.h"
#include "harness/scenario/expect_reader.h"
#include "harness/scenario/matrix.h"
#include "harness/scenario/name.h"
#include "harness/scenario/substitution.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t peer_count = 2;
constexpr size_t most_servers = 1;  // they would share the lab's two server addresses
constexpr double longest_deadline_s = 3600;
const std::vector<std::string> known_servers = {"coturn"};

std::vector<ServerSpec> read_servers(const JsonReader& reader) {
  std::vector<ServerSpec> servers;
  for (const auto& [name, member] : reader.members()) {
    check_host_name(member, name);
    const auto kind = member.object({"kind"}).require("kind");
    servers.push_back({name, kind ? kind->word("server", known_servers).value_or("") : ""});
  }
  if (servers.size() > most_servers) reader.add_fault("a lab has one server for now");
  return servers;
}

PeerSpec read_peer(const JsonReader& reader, const std::string& name, bool with_server) {
  const auto object = reader.object({"agent", "behind", "ip"});
  PeerSpec peer{.name = name, .agent = {}, .behind = {}};
  if (const auto agent = object.require("agent")) peer.agent = read_agent(*agent, with_server);
  if (const auto behind = object.find("behind")) peer.behind = read_boxes(behind->elements(), name);
  read_choice(object, "ip", peer.ip);
  check_ip_versions(reader, peer.behind, peer.ip);
  return peer;
}

std::vector<PeerSpec> read_peers(const JsonReader& reader, const std::vector<ServerSpec>& servers) {
  std::vector<PeerSpec> peers;
  for (const auto& [name, member] : reader.members()) {
    check_host_name(member, name);
    if (std::ranges::find(servers, name, &ServerSpec::name) != servers.end()) {
      member.add_fault("a server has this name already");
    }
    peers.push_back(read_peer(member, name, !servers.empty()));
  }
  if (reader.json().is_object() && peers.size() != peer_count) {
    reader.add_fault(fmt::format("expected two peers, found {}", peers.size()));
  }
  return peers;
}

/// The parts of the document of which every cell has its own reading.
class CellReader {
 public:
  CellReader(const JsonObject& document, const Cell& cell)
      : document_(document), substitution_(cell) {}

  void read(RunPlan& plan, JsonFaults& faults) {
    JsonFaults cell_faults;
    const auto servers = substitute("servers");
    if (servers) plan.servers = read_servers({*servers, cell_faults, "/servers"});
    const auto peers = substitute("peers");
    if (peers) plan.peers = read_peers({*peers, cell_faults, "/peers"}, plan.servers);
    for (const auto& [pointer, message] : cell_faults.list()) {
      faults.add(substitution_.origin(pointer), message);
    }
  }

 private:
  std::optional<Json> substitute(std::string_view key) {
    const auto member = document_.find(key);
    if (!member) return std::nullopt;
    return member->json().is_object() ? substitution_.substitute(*member) : member->json();
  }

  const JsonObject& document_;
  Substitution substitution_;
};

std::vector<std::pair<std::string, std::string>> labels(const Cell& cell) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [parameter, value] : cell.values) {
    if (value != nullptr) labels.emplace_back(parameter, value->label);
  }
  return labels;
}

/// What all cells of the scenario have in common.
RunPlan read_common(const JsonObject& document, const std::string& name) {
  RunPlan plan;
  plan.scenario = name;
  plan.title = document.string("title").value_or(name);
  if (const auto deadline_s = document.number("deadline_s", 0, longest_deadline_s)) {
    plan.deadline =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*deadline_s));
  }
  return plan;
}

std::vector<ConditionalExpectation> read_expect(const JsonReader& reader,
                                                const JsonObject& document,
                                                const std::vector<Parameter>& parameters) {
  const auto expect = document.find("expect");
  if (expect) return read_expectations(*expect, parameters);
  if (!reader.json().is_object()) return {};
  // A scenario that expects nothing would pass whatever happens; nobody should get that by
  // forgetting.
  reader.add_fault(
      "missing key 'expect'; say for example [{\"connected\": true}], or [] to accept whatever "
      "happens");
  return {};
}

std::vector<RunPlan> read_document(const JsonReader& reader, const std::string& name,
                                   JsonFaults& faults) {
  const auto document =
      reader.object({"$schema", "title", "matrix", "servers", "peers", "expect", "deadline_s"});
  const auto common = read_common(document, name);
  std::ignore = document.string("$schema");  // for editors; only its type is ours to check
  std::ignore = document.require("peers");
  const auto matrix = document.find("matrix");
  const auto parameters = matrix ? read_matrix(*matrix) : std::vector<Parameter>{};
  const auto expectations = read_expect(reader, document, parameters);
  const bool expects_soundly = faults.empty();  // or more faults would follow from these

  std::vector<RunPlan> plans;
  for (const auto& cell : expand_matrix(parameters, faults)) {
    auto plan = common;
    plan.name = parameters.empty() ? name : cell.name();
    plan.parameters = labels(cell);
    CellReader(document, cell).read(plan, faults);
    if (expects_soundly) plan.expectations = expectations_for(cell, expectations, faults);
    if (faults.full()) return {};
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace

std::vector<RunPlan> read_scenario(std::string_view text, const std::string& name,
                                   JsonFaults& faults) {
  const auto json = parse_json(text, faults);
  if (!json) return {};
  return read_document({*json, faults}, name, faults);
}

}  // namespace icelab
