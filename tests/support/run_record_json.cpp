#include "tests/support/run_record_json.h"

#include "src/base/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>

namespace icelab {
namespace {

constexpr std::array<std::string_view, 6> event_words = {"sent",      "forwarded", "dropped",
                                                         "delivered", "overheard", "held"};
constexpr std::array drop_reasons = {DropReason::filtered,         DropReason::no_mapping,
                                     DropReason::mapping_mismatch, DropReason::mapping_expired,
                                     DropReason::port_exhausted,   DropReason::hairpin_unsupported,
                                     DropReason::blocked,          DropReason::lost,
                                     DropReason::too_big,          DropReason::unroutable};

using Bytes = std::vector<std::uint8_t>;

/// The newest bytes of each packet, by which the next hop's are told shortly.
using LastSeen = std::unordered_map<std::uint64_t, Bytes>;

std::string to_hex(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <typename Value, typename Values, typename Projection = std::identity>
Value find_word(const Values& values, const std::string& word, Projection projection = {}) {
  const auto* found = std::ranges::find(values, std::string_view(word), projection);
  if (found == std::end(values)) throw std::runtime_error("unknown word '" + word + "'");
  return *found;
}

std::int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Instant instant(const Json& microseconds) {
  return Instant{std::chrono::microseconds(microseconds.get<std::int64_t>())};
}

Json write_candidate(const CandidateReport& candidate) {
  return {
      {"type", candidate.type}, {"transport", candidate.transport}, {"address", candidate.address}};
}

Json write_pairs(const std::vector<AgentPair>& pairs) {
  Json rows = Json::array();
  for (const auto& pair : pairs) {
    rows.push_back({{"local", write_candidate(pair.local)},
                    {"remote", write_candidate(pair.remote)},
                    {"state", pair.state},
                    {"nominated", pair.nominated}});
  }
  return {{"type", "pairs"}, {"pairs", rows}};
}

Json write_peer(const PeerRecord& peer, Instant started) {
  Json json{{"name", peer.name},
            {"interfaces", peer.interfaces},
            {"agent", peer.agent},
            {"controlling", peer.controlling},
            {"state", peer.state},
            {"candidates", Json::array()},
            {"pairs", write_pairs(peer.pairs)}};
  for (const auto& candidate : peer.candidates) json["candidates"].push_back(candidate.to_sdp());
  if (peer.selected) {
    json["selected"] = {{"type", "selected"},
                        {"local", write_candidate(peer.selected->local)},
                        {"remote", write_candidate(peer.selected->remote)}};
  }
  if (peer.gathered) json["gathered"] = microseconds(*peer.gathered - started);
  if (peer.connected) json["connected"] = microseconds(*peer.connected - started);
  return json;
}

PeerRecord read_peer(const Json& json) {
  PeerRecord peer{.name = json.at("name"),
                  .interfaces = json.at("interfaces"),
                  .agent = json.at("agent"),
                  .controlling = json.at("controlling"),
                  .state = json.at("state"),
                  .candidates = {},
                  .pairs = {},
                  .selected = {},
                  .gathered = {},
                  .connected = {}};
  for (const std::string sdp : json.at("candidates"))
    peer.candidates.push_back(Candidate::parse(sdp).value());
  peer.pairs = std::get<AgentPairs>(parse_agent_event(json.at("pairs").dump())).pairs;
  if (json.contains("selected"))
    peer.selected = std::get<AgentSelected>(parse_agent_event(json["selected"].dump()));
  if (json.contains("gathered")) peer.gathered = instant(json["gathered"]);
  if (json.contains("connected")) peer.connected = instant(json["connected"]);
  return peer;
}

void write_bytes(Json& json, std::span<const std::uint8_t> bytes, Bytes& last) {
  if (std::ranges::equal(bytes, last)) return;
  if (bytes.size() != last.size()) {
    json["bytes"] = to_hex(bytes);
  } else {
    const auto same = std::mismatch(bytes.rbegin(), bytes.rend(), last.rbegin()).first;
    json["head"] = to_hex({bytes.begin(), same.base()});
  }
  last.assign(bytes.begin(), bytes.end());
}

Bytes read_bytes(const Json& json, Bytes& last) {
  if (json.contains("bytes")) last = from_hex(json["bytes"]);
  if (json.contains("head")) {
    const Bytes head = from_hex(json["head"]);
    if (head.size() > last.size()) throw std::runtime_error("a head longer than its packet");
    std::ranges::copy(head, last.begin());
  }
  return last;
}

Json write_observation(const Recording& recording, const Observation& observation, Instant started,
                       LastSeen& last) {
  const auto packet = static_cast<std::uint64_t>(observation.packet);
  Json json{{"us", microseconds(observation.time - started)},
            {"packet", packet},
            {"at", recording.hop(observation)},
            {"event", event_words[static_cast<size_t>(observation.event)]}};
  if (observation.direction) json["direction"] = to_string(*observation.direction);
  if (observation.drop) {
    json["reason"] = to_string(observation.drop->reason);
    json["detail"] = observation.drop->detail;
  }
  write_bytes(json, recording.bytes(observation), last[packet]);
  return json;
}

void read_observation(const Json& json, Recording& recording, LastSeen& last) {
  const auto hop = std::ranges::find(recording.hops, json.at("at").get<std::string>());
  if (hop == recording.hops.end()) throw std::runtime_error("an unknown hop");
  const auto* event = std::ranges::find(event_words, json.at("event").get<std::string>());
  if (event == event_words.end()) throw std::runtime_error("an unknown event");
  std::optional<Direction> direction;
  if (json.contains("direction")) {
    direction =
        find_word<Direction>(std::array{Direction::outbound, Direction::inbound}, json["direction"],
                             [](Direction each) { return to_string(each); });
  }
  std::optional<Drop> drop;
  if (json.contains("reason")) {
    drop = {find_word<DropReason>(drop_reasons, json["reason"],
                                  [](DropReason reason) { return to_string(reason); }),
            json.at("detail")};
  }
  const std::uint64_t packet = json.at("packet");
  const Bytes bytes = read_bytes(json, last[packet]);
  recording.observations.push_back({.time = instant(json.at("us")),
                                    .packet = PacketId{packet},
                                    .hop = HopId(hop - recording.hops.begin()),
                                    .event = static_cast<Event>(event - event_words.begin()),
                                    .drop = drop,
                                    .direction = direction,
                                    .offset = static_cast<std::uint32_t>(recording.arena.size()),
                                    .length = static_cast<std::uint32_t>(bytes.size())});
  recording.arena.insert(recording.arena.end(), bytes.begin(), bytes.end());
}

/// Nothing where no host dropped any, as in most recordings.
std::string write_host_drops(const Recording& recording) {
  if (recording.host_drops.empty()) return "";
  Json json = Json::object();
  for (const auto& [interface, drops] : recording.host_drops)
    json[interface] = {{"sent", drops.sent}, {"received", drops.received}};
  return fmt::format("\"host_drops\": {},\n", to_line(json));
}

std::map<std::string, DropCounts> read_host_drops(const Json& json) {
  std::map<std::string, DropCounts> host_drops;
  if (!json.contains("host_drops")) return host_drops;
  for (const auto& [interface, drops] : json["host_drops"].items())
    host_drops[interface] = {.sent = drops.at("sent"), .received = drops.at("received")};
  return host_drops;
}

std::string write_lines(const Json& list) {
  std::string lines;
  for (const Json& each : list) lines += (lines.empty() ? "\n" : ",\n") + to_line(each);
  return "[" + lines + "\n]";
}

}  // namespace

std::string write_run_record(const RunRecord& record) {
  Json peers = Json::array();
  for (const auto& peer : record.peers) peers.push_back(write_peer(peer, record.started));
  Json observations = Json::array();
  LastSeen last;
  for (const auto& observation : record.recording.observations)
    observations.push_back(write_observation(record.recording, observation, record.started, last));
  return fmt::format(
      "{{\"ended\": {},\n\"errors\": {},\n\"notes\": {},\n\"left_out\": {},\n{}"
      "\"hops\": {},\n\"peers\": {},\n\"observations\": {}}}\n",
      microseconds(record.ended - record.started), to_line(record.errors), to_line(record.notes),
      record.recording.left_out, write_host_drops(record.recording), to_line(record.recording.hops),
      write_lines(peers), write_lines(observations));
}

RunRecord read_run_record(std::string_view text, RunPlan plan) {
  const Json json = Json::parse(text);
  std::vector<std::optional<Instant>> happened(plan.events.size());
  RunRecord record{.plan = std::move(plan),
                   .started = {},
                   .ended = instant(json.at("ended")),
                   .peers = {},
                   .recording = {.hops = json.at("hops"),
                                 .observations = {},
                                 .arena = {},
                                 .left_out = json.at("left_out"),
                                 .host_drops = read_host_drops(json)},
                   .beats = {},
                   .happened = std::move(happened),
                   .errors = json.at("errors"),
                   .notes = json.at("notes")};
  for (const Json& peer : json.at("peers")) record.peers.push_back(read_peer(peer));
  LastSeen last;
  for (const Json& observation : json.at("observations"))
    read_observation(observation, record.recording, last);
  return record;
}

}  // namespace icelab
