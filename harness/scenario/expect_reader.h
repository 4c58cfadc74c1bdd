#pragma once

#include "harness/scenario/matrix.h"
#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <string>
#include <utility>
#include <vector>

namespace icelab {

/// An expectation, and the cells it is for: those that have one of these labels for each parameter
/// named.
struct ConditionalExpectation {
  Expectation expectation;
  std::vector<std::pair<std::string, std::vector<std::string>>> when;

  [[nodiscard]] bool holds_for(const Cell& cell) const;
};

std::vector<ConditionalExpectation> read_expectations(const JsonReader& reader,
                                                      const std::vector<Parameter>& parameters);

/// What is expected of a cell in which these events happen, later ones adding to earlier ones. Adds
/// a fault where two contradict each other, where one speaks of another event, or where there are
/// expectations but none for this cell.
std::vector<Expectation> expectations_for(const Cell& cell,
                                          const std::vector<ConditionalExpectation>& all,
                                          const std::vector<EventSpec>& events, JsonFaults& faults);

}  // namespace icelab
