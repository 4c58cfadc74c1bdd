#pragma once

#include "harness/certify/nat_measurement.h"

#include <cstdint>
#include <functional>
#include <string>

namespace icelab {

// What the questions of nat_measurement.h have in common.

inline constexpr std::uint16_t p1 = 3478, p2 = 3479;  // outside
inline constexpr std::uint16_t first_port = 40001;    // inside
inline constexpr std::uint16_t stride = 7;

/// By where a socket appears at the two ports of one address, and at another address.
std::string dependence(const Endpoint& at_a1, const Endpoint& at_a2, const Endpoint& at_b1);
/// By who gets in besides whom was sent to.
std::string dependence(bool any_address, bool any_port);

/// Of two things that began now: whether the one is alive shortly before the end of its claimed
/// life, and the other no more shortly after. "300 s", "shorter", "longer".
std::string compare_lifetime(Testbed& bed, Duration claimed, const std::function<bool()>& one_lives,
                             const std::function<bool()>& other_lives);

}  // namespace icelab
