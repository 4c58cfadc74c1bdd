#include "src/base/json_reader.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace icelab {
namespace {

constexpr size_t deepest = 32;

/// Builds the document while it is parsed. The library's own builder silently keeps the last of two
/// equal keys, and takes as long as the square of an object's keys.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, JsonFaults& faults) : text_(text), faults_(faults) {}

  Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    auto& container = open_.back();
    container.key = value;
    if (!container.keys.insert(value).second) faults_.add(pointer(), "this key is written twice");
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const auto before = text_.substr(0, std::min(position > 0 ? position - 1 : 0, text_.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    faults_.add(
        "", fmt::format("not JSON at line {}, column {}: {}", line, column, reason(error.what())));
    return false;
  }

 private:
  struct Container {
    Json* json;
    std::string key;  // of the member being read
    std::set<std::string> keys;
  };

  /// Without the library's prefix and its own line and column.
  static std::string reason(std::string_view what) {
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    if (what.starts_with("parse error")) what.remove_prefix(what.find(": ") + 2);
    return abbreviate(what, 200);
  }

  /// Of the value that comes next.
  [[nodiscard]] std::string pointer() const {
    Json::json_pointer pointer;
    for (size_t i = 0; i < open_.size(); ++i) {
      const auto& [json, key, keys] = open_[i];
      const size_t in_progress =
          i + 1 < open_.size() ? 1 : 0;  // an element already, and still open
      pointer /= json->is_object() ? key : std::to_string(json->size() - in_progress);
    }
    return pointer.to_string();
  }

  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    auto& container = open_.back();
    if (container.json->is_array()) return &container.json->emplace_back(std::move(value));
    auto& members = container.json->get_ref<Json::object_t&>();
    return &members.emplace_back(container.key, std::move(value)).second;
  }

  bool put(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json empty) {
    if (open_.size() == deepest) {
      faults_.add(pointer(), fmt::format("nested more than {} deep", deepest));
      return false;
    }
    open_.push_back({place(std::move(empty)), {}, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  JsonFaults& faults_;
  Json root_;
  std::vector<Container> open_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, JsonFaults& faults) {
  Builder builder(text, faults);
  constexpr bool whole = true;
  constexpr bool with_comments = true;
  if (!Json::sax_parse(text, &builder, Json::input_format_t::json, whole, with_comments)) {
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace icelab
