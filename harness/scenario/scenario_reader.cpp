#include "harness/scenario/scenario_reader.h"

#include "harness/scenario/agent_reader.h"
#include "harness/scenario/box_reader.h"
#include "harness/scenario/choice_reader.h"
#include "harness/scenario/event_reader.h"
#include "harness/scenario/expect_reader.h"
#include "harness/scenario/matrix.h"
#include "harness/scenario/name.h"
#include "harness/scenario/substitution.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t peer_count = 2;
constexpr size_t most_networks = 32;
constexpr size_t most_uplinks = 4;
constexpr double longest_deadline_s = 3600;

std::vector<ServerSpec> read_servers(const JsonReader& reader) {
  std::vector<ServerSpec> servers;
  for (const auto& [name, member] : reader.members()) {
    check_host_name(member, name);
    const auto object = member.object({"kind", "told_by"});
    std::ignore = object.require("kind");
    ServerSpec server{.name = name};
    read_choice(object, "kind", server.kind);
    read_choice(object, "told_by", server.told_by);
    if (server.kind != ServerKind::coturn && server.told_by == ToldBy::name)
      member.add_fault("agents are told a STUN and TURN server by name, others by their address");
    if (std::ranges::find(servers, server.kind, &ServerSpec::kind) != servers.end())
      member.add_fault(fmt::format("a lab has one {} for now", to_string(server.kind)));
    servers.push_back(std::move(server));
  }
  return servers;
}

std::vector<std::string> names_of(const std::vector<NetworkSpec>& networks) {
  std::vector<std::string> names;
  names.reserve(networks.size());
  for (const auto& network : networks) names.push_back(network.name);
  return names;
}

Way read_way(const JsonObject& object, const std::string& prefix,
             const std::vector<NetworkSpec>& networks) {
  Way way;
  if (const auto behind = object.find("behind")) way.boxes = read_boxes(behind->elements(), prefix);
  if (const auto network = object.find("network"))
    way.network = network->word("network", names_of(networks)).value_or("");
  return way;
}

/// All boxes between a host and the internet.
std::vector<BoxSpec> whole_way(const Way& way, const std::vector<NetworkSpec>& networks) {
  auto boxes = way.boxes;
  const auto network = std::ranges::find(networks, way.network, &NetworkSpec::name);
  if (network == networks.end()) return boxes;
  const auto outside = whole_way(network->way, networks);
  boxes.insert(boxes.end(), outside.begin(), outside.end());
  return boxes;
}

bool has_nptv6(const std::vector<BoxSpec>& boxes) {
  return std::ranges::any_of(boxes, [](const BoxSpec& box) {
    return std::holds_alternative<Nptv6Behavior>(box.behavior);
  });
}

/// A prefix translator needs a prefix of its own, which only the internet gives.
void check_prefixes(const JsonReader& reader, const Way& way,
                    const std::vector<NetworkSpec>& networks) {
  auto outside = whole_way(way, networks);
  outside.erase(outside.begin(), outside.begin() + static_cast<std::ptrdiff_t>(way.boxes.size()));
  if (has_nptv6(way.boxes) && has_nptv6(outside)) {
    reader.add_fault(fmt::format(
        "an nptv6 inside the nptv6 of '{}', which has no prefix for it: put both before one host, "
        "or leave one out",
        way.network));
  }
}

void check_way(const JsonReader& reader, const Way& way, const std::vector<NetworkSpec>& networks,
               IpVersions versions) {
  check_ip_versions(reader, whole_way(way, networks), way.boxes.size(), versions);
  check_prefixes(reader, way, networks);
}

void check_is_free(const JsonReader& reader, const std::string& name, const Topology& topology) {
  if (std::ranges::find(topology.servers, name, &ServerSpec::name) != topology.servers.end())
    reader.add_fault("a server has this name already");
  if (std::ranges::find(topology.networks, name, &NetworkSpec::name) != topology.networks.end())
    reader.add_fault("a network has this name already");
}

std::vector<NetworkSpec> read_networks(const JsonReader& reader, const Topology& topology) {
  std::vector<NetworkSpec> networks;
  for (const auto& [name, member] : reader.members()) {
    check_host_name(member, name);
    check_is_free(member, name, topology);
    networks.push_back({name, read_way(member.object({"behind", "network"}), name, networks)});
    check_prefixes(member, networks.back().way, networks);
  }
  if (networks.size() > most_networks)
    reader.add_fault(fmt::format("a lab has at most {} shared networks", most_networks));
  return networks;
}

std::vector<UplinkSpec> read_uplinks(const JsonReader& reader, const std::string& peer,
                                     const std::vector<NetworkSpec>& networks) {
  std::vector<UplinkSpec> uplinks;
  for (const auto& [interface, member] : reader.members()) {
    check_interface_name(member, interface);
    uplinks.push_back({interface, read_way(member.object({"behind", "network"}),
                                           fmt::format("{}.{}", peer, interface), networks)});
  }
  if (reader.json().is_object() && (uplinks.empty() || uplinks.size() > most_uplinks))
    reader.add_fault(fmt::format("a peer has 1 to {} uplinks", most_uplinks));
  return uplinks;
}

PeerSpec read_peer(const JsonReader& reader, const std::string& name, const Topology& topology) {
  const auto object =
      reader.object({"agent", "behind", "network", "uplinks", "ip", "ipv6_addresses"});
  PeerSpec peer{.name = name, .agent = {}};
  if (const auto agent = object.require("agent")) peer.agent = read_agent(*agent, topology.servers);
  if (const auto uplinks = object.find("uplinks")) {
    if (object.find("behind") || object.find("network"))
      reader.add_fault("'uplinks' say themselves what they are behind, and in which network");
    peer.uplinks = read_uplinks(*uplinks, name, topology.networks);
  } else {
    peer.uplinks[0].way = read_way(object, name, topology.networks);
  }
  read_choice(object, "ip", peer.ip);
  read_choice(object, "ipv6_addresses", peer.ipv6_addresses);
  if (peer.ip == IpVersions::ipv4 && object.find("ipv6_addresses")) {
    reader.add_fault(
        R"('ipv6_addresses' of a peer of IPv4 only: say "ip": "dual-stack" or "ipv6")");
  }
  for (const auto& uplink : peer.uplinks) check_way(reader, uplink.way, topology.networks, peer.ip);
  return peer;
}

bool on_call_page(const PeerSpec& peer) {
  return peer.agent.is_on_call_page();
}

std::vector<PeerSpec> read_peers(const JsonReader& reader, const Topology& topology) {
  std::vector<PeerSpec> peers;
  for (const auto& [name, member] : reader.members()) {
    check_host_name(member, name);
    check_is_free(member, name, topology);
    peers.push_back(read_peer(member, name, topology));
  }
  if (reader.json().is_object() && peers.size() != peer_count) {
    reader.add_fault(fmt::format("expected two peers, found {}", peers.size()));
  }
  if (std::ranges::count_if(peers, on_call_page) == 1)
    reader.add_fault("whoever is on the call page meets another there: both peers, or none");
  return peers;
}

/// The parts of the document of which every cell has its own reading.
class CellReader {
 public:
  CellReader(const JsonObject& document, const Cell& cell)
      : document_(document), substitution_(cell) {}

  void read(RunPlan& plan, JsonFaults& faults) {
    JsonFaults cell_faults;
    Topology& topology = plan.topology;
    const auto servers = substitute("servers");
    if (servers) topology.servers = read_servers({*servers, cell_faults, "servers"});
    const auto networks = substitute("networks");
    if (networks) topology.networks = read_networks({*networks, cell_faults, "networks"}, topology);
    const auto peers = substitute("peers");
    if (peers) topology.peers = read_peers({*peers, cell_faults, "peers"}, topology);
    if (plan.exhaustive && std::ranges::any_of(topology.peers, on_call_page))
      faults.add("/pairs",
                 "on the call page pairs are not tried one by one: agents meet by themselves");
    const auto events = substitute("events");
    if (events)
      plan.events = read_events({*events, cell_faults, "events"}, topology, plan.deadline);
    for (const auto& [pointer, message] : cell_faults.list()) {
      faults.add(substitution_.origin(pointer), message);
    }
  }

 private:
  std::optional<Json> substitute(std::string_view key) {
    const auto member = document_.find(key);
    if (!member) return std::nullopt;
    return member->json().is_structured() ? substitution_.substitute(*member) : member->json();
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
  if (const auto pairs = document.find("pairs")) {
    plan.exhaustive = pairs->word("choice of pairs",
                                  std::vector<std::string>{"usual", "exhaustive"}) == "exhaustive";
    if (plan.exhaustive && document.find("events")) {
      pairs->add_fault(
          "pairs are tried one by one where the network stays as it is, without 'events'");
    }
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
  const auto document = reader.object({"$schema", "title", "matrix", "servers", "networks", "peers",
                                       "events", "pairs", "expect", "deadline_s"});
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
    if (expects_soundly)
      plan.expectations = expectations_for(cell, expectations, plan.events, faults);
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
