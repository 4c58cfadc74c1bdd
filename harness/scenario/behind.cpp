#include "harness/scenario/behind.h"

#include "harness/scenario/box_reader.h"
#include "src/base/error.h"
#include "src/base/file.h"

#include <fmt/format.h>

#include <system_error>

namespace icelab {
namespace {

Json parse_entry(const std::string& text, JsonFaults& faults) {
  auto json = parse_json(text, faults);
  return json ? std::move(*json) : Json(Json::value_t::discarded);
}

/// What one word of the command line stands for, as an entry of `behind`.
Json read_entry(const std::string& word, JsonFaults& faults) {
  if (word.starts_with('{')) return parse_entry(word, faults);
  if (!word.starts_with('@')) return word;
  try {
    return parse_entry(read_file(word.substr(1), largest_scenario), faults);
  } catch (const SystemError& error) {
    faults.add("",
               fmt::format("cannot be read: {}", std::generic_category().message(error.code())));
    return Json(Json::value_t::discarded);  // NOLINT(modernize-return-braced-init-list): an array
  }
}

/// How messages call a word: the file, or the box's place in the chain.
std::string place_of(const std::string& word, size_t index) {
  return word.starts_with('@') ? word.substr(1) : fmt::format("NAT {}", index + 1);
}

}  // namespace

std::vector<BoxSpec> parse_behind(const std::vector<std::string>& words, const std::string& peer) {
  std::vector<JsonFaults> faults(words.size());
  std::vector<Json> entries(words.size());
  std::vector<JsonReader> readers;
  for (size_t i = 0; i < words.size(); ++i) {
    entries[i] = read_entry(words[i], faults[i]);
    readers.emplace_back(entries[i], faults[i]);
  }
  auto boxes = read_boxes(readers, peer);

  std::string message;
  for (size_t i = 0; i < words.size(); ++i) {
    for (const auto& fault : faults[i].list()) {
      if (!message.empty()) message += '\n';
      message += Fault{place_of(words[i], i), fault.pointer, fault.message}.to_string();
    }
  }
  if (!message.empty()) throw UsageError(message);
  return boxes;
}

}  // namespace icelab
