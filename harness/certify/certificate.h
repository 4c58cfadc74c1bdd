#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/nat_behavior.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

/// One property of a NAT: what it is said to do, and what it was seen to do.
struct Finding {
  std::string property;  // "UDP mapping"
  std::string claim;
  std::string measured;

  [[nodiscard]] bool agrees() const { return claim == measured; }
};

/// Puts a NAT of this behaviour between hosts and measures what it does. What cannot be seen
/// is left out: of a NAT that assigns ports at random nobody can tell what an early packet would
/// do. Not measured yet: the lifetimes of TCP and ICMP, simultaneous open. A question that could
/// not be answered is answered with "error: ...". Throws MachineError where no hosts can be made.
std::vector<Finding> certify(const NatBehavior& behavior, std::uint64_t seed);
/// The same of any box that is said to behave so; `make` gives a new one for each question.
std::vector<Finding> certify(const NatBehavior& behavior,
                             const std::function<std::unique_ptr<Box>()>& make);

}  // namespace icelab
