#pragma once

#include "harness/scenario/behind.h"

#include <string>
#include <variant>

namespace icelab {

/// The behaviour for which a name stands, such as that of the NAT "home-router".
template <typename Behavior>
Behavior behavior_of(const std::string& profile) {
  return std::get<Behavior>(parse_behind({profile}, "host").at(0).behavior);
}
inline NatBehavior nat_behavior(const std::string& profile) {
  return behavior_of<NatBehavior>(profile);
}

}  // namespace icelab
