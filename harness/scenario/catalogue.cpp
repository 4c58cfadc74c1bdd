#include "harness/scenario/catalogue.h"

#include "harness/scenario/profile_files.h"
#include "src/base/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace icelab {
namespace {

Profile parse(const ProfileFile& file) {
  JsonFaults faults;
  const auto json = parse_json(file.text, faults);
  if (!faults.empty()) {
    throw std::logic_error(
        fmt::format("scenarios/profiles/{}.json: {}", file.name, faults.list().front().message));
  }
  return {.name = std::string(file.name),
          .description = json->at("description").get<std::string>(),
          .text = file.text,
          .behind = json->at("behind")};
}

bool is_single(const Profile& profile, std::string_view kind) {
  if (profile.behind.size() != 1) return false;
  const Json& box = profile.behind[0];
  return box.contains("engine") ? kind == "engine" : box.contains(kind);
}

}  // namespace

const std::vector<Profile>& catalogue() {
  static const auto profiles = [] {
    std::vector<Profile> list;
    list.reserve(profile_files().size());
    for (const auto& file : profile_files()) list.push_back(parse(file));
    return list;
  }();
  return profiles;
}

const Profile* find_profile(std::string_view name) {
  const auto found = std::ranges::find(catalogue(), name, &Profile::name);
  return found == catalogue().end() ? nullptr : &*found;
}

std::vector<std::string> names_of_single(std::string_view kind) {
  std::vector<std::string> names;
  for (const auto& profile : catalogue()) {
    if (is_single(profile, kind)) names.push_back(profile.name);
  }
  return names;
}

const Json& single_box(std::string_view name, std::string_view kind) {
  return find_profile(name)->behind[0].at(std::string(kind));
}

}  // namespace icelab
