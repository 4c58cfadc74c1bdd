#pragma once

#include "src/base/json_reader.h"

#include <map>
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

/// Puts a cell's values where "${name}" stands in a document's strings. A string that is nothing
/// else becomes the value itself, whatever its type; `origins` tells where such a value was
/// written, so that a fault in it is found there, once.
class Substitution {
 public:
  explicit Substitution(const Cell& cell) : cell_(cell) {}

  /// A string with something wrong in it is found fault with and comes out discarded.
  [[nodiscard]] Json substitute(const JsonReader& reader);
  /// The pointer at which what now stands at this pointer was written.
  [[nodiscard]] std::string origin(const std::string& pointer) const;

 private:
  [[nodiscard]] Json substitute_string(const JsonReader& reader);
  [[nodiscard]] const ParameterValue* find_value(const JsonReader& reader,
                                                 std::string_view name) const;

  const Cell& cell_;
  std::map<std::string, std::string> origins_;
};

}  // namespace icelab
