#pragma once

#include "src/base/json.h"
#include "src/base/json_reader.h"

#include <regex.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace icelab {

/// As much of JSON Schema 2020-12 as our schemas use; a keyword it does not know throws, so that no
/// rule of a schema goes unchecked.
class JsonSchema {
 public:
  explicit JsonSchema(Json schema) : root_(std::move(schema)) {}
  /// Throws where the text is wrong: a key that is written twice, for one.
  static JsonSchema parse(const std::string& text) {
    JsonFaults faults;
    auto json = parse_json(text, faults);
    if (!faults.empty()) {
      const auto& fault = faults.list().front();
      throw std::invalid_argument(fault.pointer + ": " + fault.message);
    }
    return JsonSchema(std::move(*json));
  }

  [[nodiscard]] bool accepts(const Json& json) const { return accepts(root_, json); }

 private:
  [[nodiscard]] bool accepts(const Json& schema, const Json& json) const {
    if (schema.is_boolean()) return schema.get<bool>();
    for (const auto& [keyword, rule] : schema.items()) {
      if (!holds(schema, keyword, rule, json)) return false;
    }
    return true;
  }

  [[nodiscard]] bool holds(const Json& schema, const std::string& keyword, const Json& rule,
                           const Json& json) const {
    static const std::set<std::string> words = {"$schema", "title", "description", "$comment",
                                                "$defs"};
    if (words.contains(keyword)) return true;
    if (keyword == "$ref")
      return accepts(root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), json);
    if (keyword == "allOf") return count(rule, json) == static_cast<long>(rule.size());
    if (keyword == "const") return rule == json;
    if (keyword == "anyOf") return count(rule, json) > 0;
    if (keyword == "oneOf") return count(rule, json) == 1;
    if (keyword == "enum") return std::ranges::find(rule, json) != rule.end();
    if (keyword == "type") return is_any_type(rule, json);
    if (holds_for_number(keyword, rule, json)) return *holds_for_number(keyword, rule, json);
    if (holds_for_text(keyword, rule, json)) return *holds_for_text(keyword, rule, json);
    if (holds_for_array(keyword, rule, json)) return *holds_for_array(keyword, rule, json);
    return holds_for_object(schema, keyword, rule, json);
  }

  [[nodiscard]] long count(const Json& schemas, const Json& json) const {
    return std::ranges::count_if(schemas, [&](const Json& one) { return accepts(one, json); });
  }

  static bool is_any_type(const Json& rule, const Json& json) {
    if (rule.is_string()) return is_type(rule, json);
    return std::ranges::any_of(rule, [&](const Json& type) { return is_type(type, json); });
  }

  static bool is_type(const std::string& type, const Json& json) {
    if (type == "integer") {
      return json.is_number() && json.get<double>() == std::floor(json.get<double>());
    }
    return type == json.type_name();
  }

  static std::optional<bool> holds_for_number(const std::string& keyword, const Json& rule,
                                              const Json& json) {
    static const std::map<std::string, std::function<bool(double, double)>> rules = {
        {"minimum", std::greater_equal<>()},
        {"exclusiveMinimum", std::greater<>()},
        {"maximum", std::less_equal<>()}};
    const auto found = rules.find(keyword);
    if (found == rules.end()) return std::nullopt;
    return !json.is_number() || found->second(json.get<double>(), rule.get<double>());
  }

  /// By POSIX's extended expressions, which are JavaScript's as far as our schemas go.
  static bool matches(const std::string& text, const std::string& pattern) {
    regex_t expression;
    if (regcomp(&expression, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
      throw std::logic_error("bad pattern " + pattern);
    }
    const bool is_match = regexec(&expression, text.c_str(), 0, nullptr, 0) == 0;
    regfree(&expression);
    return is_match;
  }

  static std::optional<bool> holds_for_text(const std::string& keyword, const Json& rule,
                                            const Json& json) {
    if (keyword == "minLength") {
      return !json.is_string() || json.get<std::string>().size() >= rule.get<size_t>();
    }
    if (keyword == "pattern") {
      return !json.is_string() || matches(json.get<std::string>(), rule.get<std::string>());
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<bool> holds_for_array(const std::string& keyword, const Json& rule,
                                                    const Json& json) const {
    if (keyword == "minItems") return !json.is_array() || json.size() >= rule.get<size_t>();
    if (keyword == "maxItems") return !json.is_array() || json.size() <= rule.get<size_t>();
    if (keyword == "uniqueItems") {
      return !json.is_array() || std::set<Json>(json.begin(), json.end()).size() == json.size();
    }
    if (keyword == "items") {
      return !json.is_array() ||
             std::ranges::all_of(json, [&](const Json& item) { return accepts(rule, item); });
    }
    return std::nullopt;
  }

  [[nodiscard]] bool holds_for_object(const Json& schema, const std::string& keyword,
                                      const Json& rule, const Json& json) const {
    static const std::set<std::string> known = {"minProperties", "maxProperties",
                                                "propertyNames", "required",
                                                "properties",    "additionalProperties"};
    if (!known.contains(keyword)) throw std::logic_error("unknown keyword " + keyword);
    if (!json.is_object()) return true;
    if (keyword == "minProperties") return json.size() >= rule.get<size_t>();
    if (keyword == "maxProperties") return json.size() <= rule.get<size_t>();
    if (keyword == "required") {
      return std::ranges::all_of(
          rule, [&](const Json& key) { return json.contains(key.get<std::string>()); });
    }
    const auto properties = schema.value("properties", Json::object());
    for (const auto& [key, value] : json.items()) {
      const bool is_named = properties.contains(key);
      if (keyword == "propertyNames" && !accepts(rule, key)) return false;
      if (keyword == "properties" && is_named && !accepts(rule.at(key), value)) return false;
      if (keyword == "additionalProperties" && !is_named && !accepts(rule, value)) return false;
    }
    return true;
  }

  Json root_;
};

}  // namespace icelab
