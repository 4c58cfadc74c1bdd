#include "src/base/json_reader.h"

#include "src/base/overloaded.h"
#include "src/base/text.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace icelab {
namespace {

constexpr size_t most_faults = 100;
constexpr size_t longest_quotation = 60;

std::string describe(const Json& json) {
  switch (json.type()) {
    case Json::value_t::array:
      return "an array";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::string:
      return fmt::format("the string '{}'",
                         abbreviate(json.get_ref<const std::string&>(), longest_quotation));
    case Json::value_t::null:
    case Json::value_t::boolean:
      return json.dump();
    default:
      return fmt::format("the number {}", json.dump());
  }
}

/// RFC 6901 section 3.
std::string escape_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

std::string describe_unknown_key(const std::string& key, std::span<const std::string> known) {
  if (const auto meant = nearest(key, known)) {
    return fmt::format("unknown key; did you mean '{}'?", *meant);
  }
  return fmt::format("unknown key; known here: {}", fmt::join(known, ", "));
}

}  // namespace

void JsonFaults::add(std::string pointer, std::string message) {
  JsonFault fault{std::move(pointer), std::move(message)};
  if (full() || std::ranges::find(list_, fault) != list_.end()) return;
  list_.push_back(std::move(fault));
  if (full())
    list_.push_back({"", fmt::format("more than {} faults: the rest is not shown", most_faults)});
}

bool JsonFaults::full() const {
  return list_.size() >= most_faults;
}

std::string describe_unknown(std::string_view what, std::string_view word) {
  return fmt::format("unknown {} '{}'", what, abbreviate(word, longest_quotation));
}

std::string describe_unknown(std::string_view what, std::string_view word,
                             std::span<const std::string> known) {
  auto text = describe_unknown(what, word);
  if (const auto meant = nearest(word, known)) text += fmt::format("; did you mean '{}'?", *meant);
  return known.empty() ? text + "; there is none here"
                       : fmt::format("{} (known: {})", text, fmt::join(known, ", "));
}

std::string JsonReader::pointer() const {
  std::vector<const Step*> steps;
  for (const Step* step = step_.get(); step != nullptr; step = step->before.get())
    steps.push_back(step);
  std::string pointer;
  for (const Step* step : steps | std::views::reverse) {
    pointer += '/';
    pointer += std::visit(Overloaded{[](std::string_view key) { return escape_token(key); },
                                     [](size_t index) { return std::to_string(index); }},
                          step->token);
  }
  return pointer;
}

void JsonReader::add_fault(std::string message) const {
  faults_->add(pointer(), std::move(message));
}

void JsonReader::expected(std::string_view what) const {
  if (json_->is_discarded()) return;
  add_fault(fmt::format("expected {}, found {}", what, describe(*json_)));
}

JsonReader JsonReader::enter(std::variant<std::string_view, size_t> token, const Json& json) const {
  return {json, *faults_, std::make_shared<const Step>(Step{step_, token})};
}

std::optional<std::string> JsonReader::string() const {
  if (json_->is_string()) return json_->get<std::string>();
  expected("a string");
  return std::nullopt;
}

std::optional<std::string> JsonReader::word(std::string_view what,
                                            std::span<const std::string> known) const {
  auto word = string();
  if (!word || std::ranges::find(known, *word) != known.end()) return word;
  add_fault(describe_unknown(what, *word, known));
  return std::nullopt;
}

std::optional<bool> JsonReader::boolean() const {
  if (json_->is_boolean()) return json_->get<bool>();
  expected("true or false");
  return std::nullopt;
}

std::optional<int> JsonReader::integer(int least, int most) const {
  if (json_->is_number()) {
    const auto value = json_->get<double>();
    if (value >= least && value <= most && value == std::floor(value))
      return static_cast<int>(value);
  }
  expected(fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> JsonReader::number(double above, double most) const {
  if (json_->is_number()) {
    const auto value = json_->get<double>();
    if (value > above && value <= most) return value;
  }
  expected(fmt::format("a number above {} and up to {}", above, most));
  return std::nullopt;
}

std::optional<double> JsonReader::any_number() const {
  if (json_->is_number()) return json_->get<double>();
  expected("a number");
  return std::nullopt;
}

std::vector<JsonReader> JsonReader::elements() const {
  std::vector<JsonReader> elements;
  if (!json_->is_array()) {
    expected("an array");
    return elements;
  }
  for (const auto& element : *json_) {
    elements.push_back(enter(elements.size(), element));
  }
  return elements;
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members() const {
  std::vector<std::pair<std::string, JsonReader>> members;
  if (!json_->is_object()) {
    expected("an object");
    return members;
  }
  for (const auto& [key, value] : json_->get_ref<const Json::object_t&>())
    members.emplace_back(key, enter(key, value));
  return members;
}

JsonObject JsonReader::object(std::vector<std::string> known) const {
  auto object = open_object();
  for (const auto& [key, member] : object.members_) {
    if (faults_->full()) break;
    if (std::ranges::find(known, key) == known.end()) {
      member.add_fault(describe_unknown_key(key, known));
    }
  }
  return object;
}

JsonObject JsonReader::open_object() const {
  return {*this, members()};
}

std::optional<JsonReader> JsonObject::find(std::string_view key) const {
  for (const auto& [name, member] : members_) {
    if (name == key) return member;
  }
  return std::nullopt;
}

std::optional<JsonReader> JsonObject::require(std::string_view key) const {
  auto member = find(key);
  if (!member && self_.json().is_object()) self_.add_fault(fmt::format("missing key '{}'", key));
  return member;
}

std::optional<std::string> JsonObject::string(std::string_view key) const {
  const auto member = find(key);
  return member ? member->string() : std::nullopt;
}

std::optional<bool> JsonObject::boolean(std::string_view key) const {
  const auto member = find(key);
  return member ? member->boolean() : std::nullopt;
}

std::optional<int> JsonObject::integer(std::string_view key, int least, int most) const {
  const auto member = find(key);
  return member ? member->integer(least, most) : std::nullopt;
}

std::optional<double> JsonObject::number(std::string_view key, double above, double most) const {
  const auto member = find(key);
  return member ? member->number(above, most) : std::nullopt;
}

}  // namespace icelab
