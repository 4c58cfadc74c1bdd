#include "harness/scenario/substitution.h"

#include <fmt/format.h>

namespace icelab {
namespace {

Json discarded() {
  return Json(Json::value_t::discarded);  // NOLINT(modernize-return-braced-init-list): an array
}

/// "${name}" and nothing else.
bool is_whole(std::string_view text, size_t begin, size_t end) {
  return begin == 0 && end + 1 == text.size();
}

}  // namespace

Json Substitution::substitute(const JsonReader& reader) {
  if (reader.json().is_string()) return substitute_string(reader);
  if (reader.json().is_array()) {
    auto array = Json::array();
    for (const auto& element : reader.elements()) array.push_back(substitute(element));
    return array;
  }
  if (reader.json().is_object()) {
    Json::object_t members;
    for (const auto& [key, member] : reader.members()) {
      members.emplace_back(key, substitute(member));
    }
    return members;
  }
  return reader.json();
}

Json Substitution::substitute_string(const JsonReader& reader) {
  const auto& text = reader.json().get_ref<const std::string&>();
  std::string result;
  size_t copied = 0;
  for (size_t begin = text.find("${"); begin != std::string::npos;
       begin = text.find("${", copied)) {
    const size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      reader.add_fault("'${' without its '}'");
      return discarded();
    }
    const auto* value = find_value(reader, text.substr(begin + 2, end - begin - 2));
    if (value == nullptr) return discarded();
    if (is_whole(text, begin, end)) {
      origins_[reader.pointer()] = value->pointer;
      return value->json;
    }
    if (value->json.is_object()) {
      reader.add_fault(fmt::format("{} is an object, which cannot be part of a string",
                                   text.substr(begin, end + 1 - begin)));
      return discarded();
    }
    result.append(text, copied, begin - copied).append(value->label);
    copied = end + 1;
  }
  return result.append(text, copied);
}

const ParameterValue* Substitution::find_value(const JsonReader& reader,
                                               std::string_view name) const {
  std::vector<std::string> known;
  for (const auto& [parameter, value] : cell_.values) {
    if (parameter == name) return value;
    known.push_back(parameter);
  }
  reader.add_fault(describe_unknown("parameter", name, known));
  return nullptr;
}

std::string Substitution::origin(const std::string& pointer) const {
  for (size_t end = pointer.size(); end != std::string::npos; end = pointer.rfind('/', end - 1)) {
    const auto found = origins_.find(pointer.substr(0, end));
    if (found != origins_.end()) return found->second + pointer.substr(end);
    if (end == 0) break;
  }
  return pointer;
}

}  // namespace icelab
