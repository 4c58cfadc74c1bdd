#include "harness/scenario/nat_reader.h"

#include "harness/scenario/dependence_reader.h"

namespace icelab {
namespace {

constexpr double longest_lifetime_s = 86400;

NatBehavior read_behavior(const JsonReader& reader) {
  const auto object = reader.object({"profile", "mapping", "filtering", "mapping_lifetime_s"});
  NatBehavior nat;
  if (const auto base = object.find("profile")) {
    if (const auto name = base->word("NAT", nat_profile_names()))
      nat = find_nat_profile(*name)->behavior;
  }
  read_dependence(object, "mapping", nat.mapping);
  read_dependence(object, "filtering", nat.filtering);
  if (const auto lifetime_s = object.number("mapping_lifetime_s", 0, longest_lifetime_s))
    nat.mapping_lifetime = duration_of(*lifetime_s);
  return nat;
}

}  // namespace

const std::vector<std::string>& nat_profile_names() {
  static const auto names = [] {
    std::vector<std::string> list;
    for (const auto& profile : nat_profiles()) list.push_back(profile.name);
    return list;
  }();
  return names;
}

std::optional<NatBehavior> read_nat(const JsonReader& reader) {
  if (reader.json().is_object()) return read_behavior(reader);
  if (reader.json().is_string()) {
    const auto name = reader.word("NAT", nat_profile_names());
    return name ? std::optional(find_nat_profile(*name)->behavior) : std::nullopt;
  }
  reader.expected("a NAT's name or an object");
  return std::nullopt;
}

}  // namespace icelab
