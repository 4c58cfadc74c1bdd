#include "harness/certify/measurement.h"

#include <fmt/format.h>

namespace icelab {

std::string dependence(const Endpoint& at_a1, const Endpoint& at_a2, const Endpoint& at_b1) {
  if (at_a1 == at_a2 && at_a1 == at_b1) return "endpoint-independent";
  return at_a1 == at_a2 ? "address-dependent" : "address-and-port-dependent";
}

std::string dependence(bool any_address, bool any_port) {
  if (any_address) return "endpoint-independent";
  return any_port ? "address-dependent" : "address-and-port-dependent";
}

std::string compare_lifetime(Testbed& bed, Duration claimed, const std::function<bool()>& one_lives,
                             const std::function<bool()>& other_lives) {
  // Room for the time that passes by itself: some lives last but seconds.
  bed.advance_clock(claimed * 8 / 10);
  if (!one_lives()) return "shorter";
  bed.advance_clock(claimed * 3 / 10);
  if (other_lives()) return "longer";
  return fmt::format("{:g} s", seconds(claimed));
}

}  // namespace icelab
