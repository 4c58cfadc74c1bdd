#pragma once

#include "netns/linux/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace icelab {

// What the benchmarks share.

/// Runs a program to its end, on a host if a network is named; throws unless it succeeds.
inline void run_program(const std::vector<std::string>& arguments, int network = -1) {
  const auto status =
      ChildProcess({.arguments = arguments, .environment = {}, .network = network}).wait();
  if (!status.success())
    throw std::runtime_error(fmt::format("{}: {}", arguments[0], status.to_string()));
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace icelab
