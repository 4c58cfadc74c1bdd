#pragma once

#include "src/base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// A network that has a name: a file of scenarios/profiles, which are built into the program. It
/// says in a scenario's words which boxes there are, and in comments where each behaviour is
/// described publicly.
struct Profile {
  std::string name;
  std::string description;  // one line: where it is met
  std::string_view text;    // the whole file
  Json behind;              // an array of boxes, from the host outwards
};

/// All there are, by name.
const std::vector<Profile>& catalogue();
/// Null if there is none of this name.
const Profile* find_profile(std::string_view name);

/// Those that are a single box of a kind, such as "nat": what `{"nat": NAME}` may say. A kernel
/// router is an "engine".
std::vector<std::string> names_of_single(std::string_view kind);
/// What such a profile says of its box.
const Json& single_box(std::string_view name, std::string_view kind);

}  // namespace icelab
