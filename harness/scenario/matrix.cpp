#include "harness/scenario/matrix.h"

#include "harness/scenario/name.h"
#include "src/base/text.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t most_parameters = 16;
constexpr size_t most_cells = 10000;

/// An object is called by its "name" member, which is for the reader alone and is taken out.
std::optional<ParameterValue> read_object_value(const JsonReader& reader) {
  auto json = reader.json();
  auto label = json.dump();
  if (const auto name = reader.open_object().find("name")) {
    const auto text = name->string();
    if (!text) return std::nullopt;
    label = *text;
    json.erase("name");
  }
  return ParameterValue{json, label, reader.pointer()};
}

std::optional<ParameterValue> read_value(const JsonReader& reader) {
  const auto& json = reader.json();
  if (json.is_object()) return read_object_value(reader);
  if (json.is_number() || json.is_boolean()) {
    return ParameterValue{json, json.dump(), reader.pointer()};
  }
  if (json.is_string()) return ParameterValue{json, json.get<std::string>(), reader.pointer()};
  reader.expected("a string, a number, true, false or an object");
  return std::nullopt;
}

bool is_good_label(const JsonReader& reader, const std::vector<ParameterValue>& others,
                   const std::string& label) {
  if (label.empty()) {
    reader.add_fault("an empty value has no name; give it one");
  } else if (label != to_printable(label)) {
    reader.add_fault("a value's name holds a control character");
  } else if (std::ranges::find(others, label, &ParameterValue::label) != others.end()) {
    reader.add_fault(fmt::format("there is another value called '{}'", label));
  } else {
    return true;
  }
  return false;
}

std::vector<ParameterValue> read_values(const JsonReader& reader) {
  std::vector<ParameterValue> values;
  for (const auto& element : reader.elements()) {
    auto value = read_value(element);
    if (value && is_good_label(element, values, value->label)) values.push_back(std::move(*value));
  }
  if (reader.json().is_array() && reader.json().empty()) {
    reader.add_fault("an empty array leaves the matrix without a cell; give it values");
  }
  return values;
}

size_t count_cells(const std::vector<Parameter>& parameters) {
  size_t count = 1;
  for (const auto& parameter : parameters) {
    count *= std::max<size_t>(parameter.values.size(), 1);
    if (count > most_cells) return count;
  }
  return count;
}

/// The cell in which `choose` has picked the index of each parameter's value.
template <typename Choose>
Cell make_cell(const std::vector<Parameter>& parameters, Choose choose) {
  Cell cell;
  for (const auto& parameter : parameters) {
    const auto& values = parameter.values;
    cell.values.emplace_back(parameter.name,
                             values.empty() ? nullptr : &values[choose(values.size())]);
  }
  return cell;
}

Cell nth_cell(const std::vector<Parameter>& parameters, size_t index, size_t count) {
  return make_cell(parameters, [&](size_t values) {
    count /= values;
    return index / count % values;
  });
}

std::vector<Cell> diagonal_cells(const std::vector<Parameter>& parameters) {
  size_t longest = 0;
  for (const auto& parameter : parameters) longest = std::max(longest, parameter.values.size());
  std::vector<Cell> cells;
  for (size_t index = 0; index < longest; ++index) {
    cells.push_back(make_cell(parameters, [&](size_t values) { return index % values; }));
  }
  return cells;
}

}  // namespace

std::string Cell::name() const {
  std::string name;
  for (const auto& [parameter, value] : values) {
    if (value == nullptr) continue;
    if (!name.empty()) name += '/';
    name += value->label;
  }
  return name;
}

std::vector<Parameter> read_matrix(const JsonReader& reader) {
  std::vector<Parameter> parameters;
  for (const auto& [name, values] : reader.members()) {
    check_parameter_name(values, name);
    parameters.push_back({name, read_values(values)});
  }
  if (reader.json().is_object() && parameters.empty()) {
    reader.add_fault("an empty matrix has no cell; give it parameters, or leave it out");
  }
  if (parameters.size() > most_parameters) {
    reader.add_fault(fmt::format("{} parameters; at most {}", parameters.size(), most_parameters));
    parameters.resize(most_parameters);
  }
  return parameters;
}

std::vector<Cell> expand_matrix(const std::vector<Parameter>& parameters, JsonFaults& faults) {
  const size_t count = count_cells(parameters);
  if (count > most_cells) {
    faults.add("/matrix", fmt::format("more than {} cells; split the scenario", most_cells));
    return diagonal_cells(parameters);
  }
  std::vector<Cell> cells;
  for (size_t index = 0; index < count; ++index) {
    cells.push_back(nth_cell(parameters, index, count));
  }
  return cells;
}

}  // namespace icelab
