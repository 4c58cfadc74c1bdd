#include "harness/scenario/box_reader.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr size_t most_boxes = 8;
constexpr double longest_lifetime_s = 86400;

const std::vector<std::string>& profile_names() {
  static const auto names = [] {
    std::vector<std::string> list;
    for (const auto& profile : nat_profiles()) list.push_back(profile.name);
    return list;
  }();
  return names;
}

/// A profile's name, or "none".
std::optional<NatBehavior> read_profile_or_none(const JsonReader& reader) {
  std::vector<std::string> known = {"none"};
  known.insert(known.end(), profile_names().begin(), profile_names().end());
  const auto name = reader.word("NAT", known);
  const auto* profile = name ? find_nat_profile(*name) : nullptr;
  return profile == nullptr ? std::nullopt : std::optional(profile->behavior);
}

void read_dependence(const JsonObject& object, std::string_view key, Dependence& dependence) {
  static const std::vector<std::string> known = {
      std::string(to_string(Dependence::endpoint_independent)),
      std::string(to_string(Dependence::address_dependent)),
      std::string(to_string(Dependence::address_and_port_dependent))};
  const auto member = object.find(key);
  const auto word = member ? member->word(key, known) : std::nullopt;
  if (word) dependence = *parse_dependence(*word);
}

NatBehavior read_behavior(const JsonReader& reader) {
  const auto object = reader.object({"profile", "mapping", "filtering", "mapping_lifetime_s"});
  NatBehavior nat;
  if (const auto base = object.find("profile")) {
    if (const auto name = base->word("NAT", profile_names()))
      nat = find_nat_profile(*name)->behavior;
  }
  read_dependence(object, "mapping", nat.mapping);
  read_dependence(object, "filtering", nat.filtering);
  if (const auto lifetime_s = object.number("mapping_lifetime_s", 0, longest_lifetime_s)) {
    nat.mapping_lifetime =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*lifetime_s));
  }
  return nat;
}

std::optional<NatBehavior> read_nat(const JsonReader& reader) {
  if (reader.json().is_string()) return read_profile_or_none(reader);
  if (reader.json().is_object()) return read_behavior(reader);
  reader.expected("a NAT's name or an object");
  return std::nullopt;
}

std::optional<NatBehavior> read_box(const JsonReader& reader) {
  if (reader.json().is_string()) return read_profile_or_none(reader);
  if (reader.json().is_object()) {
    const auto nat = reader.object({"nat"}).require("nat");
    return nat ? read_nat(*nat) : std::nullopt;
  }
  reader.expected("a NAT's name or an object");
  return std::nullopt;
}

}  // namespace

std::vector<BoxSpec> read_boxes(const std::vector<JsonReader>& entries, const std::string& peer) {
  std::vector<BoxSpec> boxes;
  for (const auto& entry : entries) {
    const auto nat = read_box(entry);
    if (!nat) continue;
    if (boxes.size() == most_boxes) {
      entry.add_fault(fmt::format("at most {} boxes, one behind the other", most_boxes));
      break;
    }
    boxes.push_back({fmt::format("{}.nat{}", peer, boxes.size() + 1), *nat});
  }
  if (boxes.size() == 1) boxes.front().name = peer + ".nat";
  return boxes;
}

}  // namespace icelab
