#include "src/base/json_reader.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

namespace icelab {
namespace {

constexpr size_t deepest = 32;
// Reading so many takes some 20 ms, for which whoever reads keeps others waiting.
constexpr size_t most_values = 50'000;

/// Builds the document while it is parsed. The library's own builder takes as long as the square of
/// an object's keys.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, JsonFaults& faults, JsonAuthor author)
      : text_(text), faults_(faults), author_(author) {}

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
    auto& [json, keys, key] = open_.back();
    const auto [member, is_new] = keys.emplace(std::move(value), Member{json->size()});
    key = member;
    if (!is_new && author_ == JsonAuthor::person) add_written_twice(member->second);
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (author_ == JsonAuthor::program) {
      faults_.add("", "not JSON");
      return false;
    }
    const auto before = text_.substr(0, std::min(position > 0 ? position - 1 : 0, text_.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    faults_.add(
        "", fmt::format("not JSON at line {}, column {}: {}", line, column, reason(error.what())));
    return false;
  }

 private:
  struct Member {
    size_t index;  // in its object
    bool is_fault = false;
  };
  /// Not hashed: keys can be made to collide.
  using Keys = std::map<std::string, Member>;

  struct Container {
    Json* json;
    Keys keys;
    Keys::iterator key;  // of the member being read
  };

  /// Without the library's prefix and its own line and column.
  static std::string reason(std::string_view what) {
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    if (what.starts_with("parse error")) what.remove_prefix(what.find(": ") + 2);
    return abbreviate(to_printable(what), 200);
  }

  /// Of the value that comes next.
  [[nodiscard]] std::string pointer() const {
    Json::json_pointer pointer;
    for (size_t i = 0; i < open_.size(); ++i) {
      const auto& [json, keys, key] = open_[i];
      const size_t in_progress =
          i + 1 < open_.size() ? 1 : 0;  // an element already, and still open
      pointer /= json->is_object() ? key->first : std::to_string(json->size() - in_progress);
    }
    return pointer.to_string();
  }

  /// Once for each key: a pointer may be long.
  void add_written_twice(Member& member) {
    if (std::exchange(member.is_fault, true) || faults_.full()) return;
    faults_.add(pointer(), "this key is written twice");
  }

  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    auto& container = open_.back();
    if (container.json->is_array()) return &container.json->emplace_back(std::move(value));
    auto& members = container.json->get_ref<Json::object_t&>();
    const auto& [key, member] = *container.key;
    if (member.index == members.size()) return &members.emplace_back(key, std::move(value)).second;
    Json& earlier = std::next(members.begin(), static_cast<std::ptrdiff_t>(member.index))->second;
    return &(earlier = std::move(value));
  }

  bool put(Json value) {
    if (!is_one_more_allowed()) return false;
    place(std::move(value));
    return true;
  }

  bool is_one_more_allowed() {
    if (author_ == JsonAuthor::person || ++values_ <= most_values) return true;
    faults_.add("", fmt::format("of more than {} values", most_values));
    return false;
  }

  bool open(Json empty) {
    if (!is_one_more_allowed()) return false;
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
  JsonAuthor author_;
  size_t values_ = 0;
  Json root_;
  std::vector<Container> open_;
};

}  // namespace

std::optional<Json> parse_json(std::string_view text, JsonFaults& faults, JsonAuthor author) {
  Builder builder(text, faults, author);
  constexpr bool whole = true;
  const bool with_comments = author == JsonAuthor::person;
  if (!Json::sax_parse(text, &builder, Json::input_format_t::json, whole, with_comments)) {
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace icelab
