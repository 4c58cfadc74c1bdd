#pragma once

#include "src/base/json_reader.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icelab {

// A scenario's matrix: parameters with several values each, every combination of which is a cell.

struct ParameterValue {
  Json json;
  std::string label;    // as it stands in a cell's name
  std::string pointer;  // where it was written
};

struct Parameter {
  std::string name;
  std::vector<ParameterValue> values;  // none if there was something wrong with all of them
};

/// One value a parameter, in file order; nullptr for a parameter without a value.
struct Cell {
  std::vector<std::pair<std::string, const ParameterValue*>> values;

  [[nodiscard]] std::string name() const;  // "full-cone/symmetric"; empty without a matrix
};

std::vector<Parameter> read_matrix(const JsonReader& reader);

/// Every cell, the last parameter varying fastest. Refers to the parameters. Without parameters
/// that is one; too many are a fault, and every value then occurs in at least one of the cells
/// returned.
std::vector<Cell> expand_matrix(const std::vector<Parameter>& parameters, JsonFaults& faults);

}  // namespace icelab
