#pragma once

#include "harness/scenario/matrix.h"
#include "src/base/json_reader.h"

#include <map>
#include <string>
#include <string_view>

namespace icelab {

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
