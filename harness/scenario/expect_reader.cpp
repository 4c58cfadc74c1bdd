#include "harness/scenario/expect_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t most_expectations = 1000;

std::vector<std::string> parameter_names(const std::vector<Parameter>& parameters) {
  std::vector<std::string> names;
  names.reserve(parameters.size());
  for (const auto& parameter : parameters) names.push_back(parameter.name);
  return names;
}

std::vector<std::string> labels(const Parameter& parameter) {
  std::vector<std::string> labels;
  for (const auto& value : parameter.values) labels.push_back(value.label);
  return labels;
}

std::optional<std::string> read_label(const JsonReader& reader, const Parameter& parameter) {
  const auto& json = reader.json();
  std::string label;
  if (json.is_string()) {
    label = json.get<std::string>();
  } else if (json.is_number() || json.is_boolean()) {
    label = json.dump();
  } else {
    reader.expected(fmt::format("a value of '{}' or an array of them", parameter.name));
    return std::nullopt;
  }
  const auto known = labels(parameter);
  if (known.empty() || std::ranges::find(known, label) != known.end()) return label;
  reader.add_fault(describe_unknown(fmt::format("value of '{}':", parameter.name), label, known));
  return std::nullopt;
}

std::vector<std::string> read_alternatives(const JsonReader& reader, const Parameter& parameter) {
  std::vector<std::string> alternatives;
  if (reader.json().is_array()) {
    for (const auto& element : reader.elements()) {
      if (auto label = read_label(element, parameter)) alternatives.push_back(*label);
    }
    if (reader.json().empty()) reader.add_fault("an empty array is for no cell");
  } else if (auto label = read_label(reader, parameter)) {
    alternatives.push_back(*label);
  }
  return alternatives;
}

void read_when(const JsonReader& reader, const std::vector<Parameter>& parameters,
               ConditionalExpectation& conditional) {
  for (const auto& [name, values] : reader.members()) {
    const auto parameter = std::ranges::find(parameters, name, &Parameter::name);
    if (parameter == parameters.end()) {
      values.add_fault(describe_unknown("parameter", name, parameter_names(parameters)));
    } else {
      conditional.when.emplace_back(name, read_alternatives(values, *parameter));
    }
  }
}

std::optional<Path> read_path(const JsonObject& object) {
  const auto member = object.find("path");
  const auto word = member
                        ? member->word("path", std::vector<std::string>{"direct", "relay", "none"})
                        : std::nullopt;
  return word ? parse_path(*word) : std::nullopt;
}

std::optional<Duration> read_within(const JsonObject& object, std::string_view key) {
  constexpr int longest_ms = 3'600'000;
  const auto value = object.integer(key, 1, longest_ms);
  return value ? std::optional<Duration>(std::chrono::milliseconds(*value)) : std::nullopt;
}

bool expects_something(const Expectation& expectation) {
  return expectation.connected || expectation.path || expectation.noticed_within ||
         expectation.recovered_within || expectation.recovered;
}

/// What can be said of an event's aftermath only, and of the beginning only.
void check_place(const JsonReader& reader, const Expectation& expectation) {
  const bool of_aftermath =
      expectation.noticed_within || expectation.recovered_within || expectation.recovered;
  if (expectation.after.empty() && of_aftermath)
    reader.add_fault("what is noticed and recovered from needs 'after', the name of an event");
  if (!expectation.after.empty() && expectation.connected)
    reader.add_fault("'connected' is about the beginning; after an event say 'recovered'");
}

ConditionalExpectation read_expectation(const JsonReader& reader,
                                        const std::vector<Parameter>& parameters) {
  const auto object = reader.object({"when", "connected", "path", "after", "noticed_within_ms",
                                     "recovered_within_ms", "recovered"});
  ConditionalExpectation conditional;
  conditional.expectation = {.pointer = reader.pointer(),
                             .connected = object.boolean("connected"),
                             .path = read_path(object),
                             .after = object.string("after").value_or(""),
                             .noticed_within = read_within(object, "noticed_within_ms"),
                             .recovered_within = read_within(object, "recovered_within_ms"),
                             .recovered = object.boolean("recovered")};
  if (const auto when = object.find("when")) read_when(*when, parameters, conditional);
  check_place(reader, conditional.expectation);
  // What is there but wrong has been found fault with.
  if (reader.json().is_object() && !expects_something(conditional.expectation) &&
      !object.find("connected") && !object.find("path")) {
    reader.add_fault("expects nothing; say 'connected' or 'path'");
  }
  return conditional;
}

/// "possible": the one expectation for all cells.
std::vector<ConditionalExpectation> read_possible(const JsonReader& reader) {
  if (!reader.word("expectation", std::vector<std::string>{"possible"})) return {};
  ConditionalExpectation conditional;
  conditional.expectation.pointer = reader.pointer();
  conditional.expectation.possible = true;
  return {conditional};
}

/// Whether data must flow again after an event; nothing if that is not said.
std::optional<bool> expects_recovery(const Expectation& expectation) {
  if (expectation.recovered) return expectation.recovered;
  return expectation.recovered_within ? std::optional(true) : std::nullopt;
}

std::string describe(const Expectation& expectation) {
  std::string text;
  if (expectation.connected) text = fmt::format("connected {}", *expectation.connected);
  if (expectation.path) {
    text += fmt::format("{}path {}", text.empty() ? "" : ", ", to_string(*expectation.path));
  }
  if (expects_recovery(expectation))
    text += fmt::format("{}recovered {}", text.empty() ? "" : ", ", *expects_recovery(expectation));
  return text;
}

bool contradict(const std::optional<bool>& connected, const std::optional<Path>& path) {
  return connected && path && *connected != (*path != Path::none);
}

bool contradict(const Expectation& one, const Expectation& other) {
  if (one.after != other.after) return false;
  const auto recovery = expects_recovery(one), other_recovery = expects_recovery(other);
  return (recovery && other_recovery && *recovery != *other_recovery) ||
         contradict(recovery, other.path) || contradict(other_recovery, one.path) ||
         (one.recovered == false && one.recovered_within) ||
         (one.connected && other.connected && *one.connected != *other.connected) ||
         (one.path && other.path && *one.path != *other.path) ||
         contradict(one.connected, other.path) || contradict(other.connected, one.path);
}

std::string in_cell(const Cell& cell) {
  return cell.values.empty() ? "" : fmt::format(" in {}", cell.name());
}

/// A fault is told once, for the first cell it is met in.
void add_once(JsonFaults& faults, const std::string& pointer, const std::string& message,
              const std::string& where) {
  const auto is_same = [&](const JsonFault& fault) {
    return fault.pointer == pointer && fault.message.starts_with(message);
  };
  if (std::ranges::none_of(faults.list(), is_same)) faults.add(pointer, message + where);
}

void check_contradictions(const Expectation& expectation, const std::vector<Expectation>& earlier,
                          const Cell& cell, JsonFaults& faults) {
  if (contradict(expectation, expectation)) {
    faults.add(expectation.pointer, fmt::format("contradicts itself: {}", describe(expectation)));
    return;
  }
  for (const auto& other : earlier) {
    if (!contradict(expectation, other)) continue;
    add_once(faults, expectation.pointer,
             fmt::format("{}: contradicts {} ({})", describe(expectation), other.pointer,
                         describe(other)),
             in_cell(cell));
    return;
  }
}

void check_event(const Expectation& expectation, const std::vector<EventSpec>& events,
                 const Cell& cell, JsonFaults& faults) {
  if (expectation.possible && !events.empty()) {
    add_once(faults, expectation.pointer,
             "'possible' is about a network that stays as it is; where there are events, say what "
             "is expected",
             in_cell(cell));
  }
  std::vector<std::string> known;
  known.reserve(events.size());
  for (const auto& event : events) known.push_back(event.name);
  if (expectation.after.empty() || std::ranges::find(known, expectation.after) != known.end())
    return;
  add_once(faults, expectation.pointer + "/after",
           describe_unknown("event", expectation.after, known), in_cell(cell));
}

}  // namespace

bool ConditionalExpectation::holds_for(const Cell& cell) const {
  return std::ranges::all_of(when, [&](const auto& condition) {
    const auto& [parameter, alternatives] = condition;
    const auto value =
        std::ranges::find(cell.values, parameter, [](const auto& named) { return named.first; });
    return value != cell.values.end() && value->second != nullptr &&
           std::ranges::find(alternatives, value->second->label) != alternatives.end();
  });
}

std::vector<ConditionalExpectation> read_expectations(const JsonReader& reader,
                                                      const std::vector<Parameter>& parameters) {
  if (reader.json().is_string()) return read_possible(reader);
  std::vector<ConditionalExpectation> expectations;
  const auto elements = reader.elements();
  if (elements.size() > most_expectations) {
    reader.add_fault(fmt::format("more than {} expectations", most_expectations));
    return expectations;
  }
  for (const auto& element : elements) {
    expectations.push_back(read_expectation(element, parameters));
  }
  return expectations;
}

std::vector<Expectation> expectations_for(const Cell& cell,
                                          const std::vector<ConditionalExpectation>& all,
                                          const std::vector<EventSpec>& events,
                                          JsonFaults& faults) {
  std::vector<Expectation> expectations;
  for (const auto& conditional : all) {
    if (!conditional.holds_for(cell)) continue;
    check_contradictions(conditional.expectation, expectations, cell, faults);
    check_event(conditional.expectation, events, cell, faults);
    expectations.push_back(conditional.expectation);
  }
  if (expectations.empty() && !all.empty()) {
    add_once(faults, "/expect", "nothing is expected", in_cell(cell));
  }
  return expectations;
}

}  // namespace icelab
