#pragma once

#include "src/base/json.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace icelab {

/// One thing wrong with a JSON document: where (a JSON pointer, RFC 6901), and what to write
/// instead.
struct JsonFault {
  std::string pointer;
  std::string message;

  bool operator==(const JsonFault&) const = default;
};

/// Everything that is wrong with one document, each fault once, in the order found.
class JsonFaults {
 public:
  void add(std::string pointer, std::string message);
  [[nodiscard]] bool empty() const { return list_.empty(); }
  /// So many that nobody would read more: the rest is not kept.
  [[nodiscard]] bool full() const;
  [[nodiscard]] const std::vector<JsonFault>& list() const { return list_; }

 private:
  std::vector<JsonFault> list_;
};

/// A person may comment a text, with // and /* */, and is told of a key that is written twice. A
/// program may not; of equal keys its last counts, as in a browser, and a text with more values
/// than any message has is a fault.
enum class JsonAuthor { person, program };

/// Reads JSON (RFC 8259), at a cost that grows as the text does. Nesting deeper than anybody needs
/// is a fault, as is, by line and column, text that is no JSON.
std::optional<Json> parse_json(std::string_view text, JsonFaults& faults,
                               JsonAuthor author = JsonAuthor::person);

/// "unknown NAT 'symetric'; did you mean 'symmetric'? known are ...".
std::string describe_unknown(std::string_view what, std::string_view word,
                             std::span<const std::string> known);
/// "unknown verdict 'good'".
std::string describe_unknown(std::string_view what, std::string_view word);

class JsonObject;

/// A value of a document and the place where it stands. What is asked of it (a string, a whole
/// number in a range, ...) it gives, or it adds a fault and gives nothing. A discarded value, one
/// that somebody has already found fault with, gives nothing without a word. Refers to the document
/// and the faults: both must outlive it.
class JsonReader {
 public:
  JsonReader(const Json& json, JsonFaults& faults) : json_(&json), faults_(&faults) {}
  /// A value that takes the place of the document's member with this key, which must outlive it.
  JsonReader(const Json& json, JsonFaults& faults, std::string_view key)
      : JsonReader(json, faults, std::make_shared<const Step>(Step{nullptr, key})) {}

  [[nodiscard]] const Json& json() const { return *json_; }
  [[nodiscard]] std::string pointer() const;
  void add_fault(std::string message) const;
  /// Another value in the same place, for which it is a name: what is wrong with that is said of
  /// the name. `json` must outlive it.
  [[nodiscard]] JsonReader stand_in(const Json& json) const { return {json, *faults_, step_}; }

  [[nodiscard]] std::optional<std::string> string() const;
  /// One of the known strings; `what` says what they are, for messages: "NAT".
  [[nodiscard]] std::optional<std::string> word(std::string_view what,
                                                std::span<const std::string> known) const;
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<int> integer(int least, int most) const;
  /// Above `above`, at most `most`.
  [[nodiscard]] std::optional<double> number(double above, double most) const;
  [[nodiscard]] std::optional<double> any_number() const;
  /// The elements; none if it is no array.
  [[nodiscard]] std::vector<JsonReader> elements() const;
  /// The members of an object whose keys the writer chooses; none if it is no object.
  [[nodiscard]] std::vector<std::pair<std::string, JsonReader>> members() const;
  /// The members of an object whose keys are known: every other key is a fault.
  [[nodiscard]] JsonObject object(std::vector<std::string> known) const;
  /// An object of which others may know more keys than this reader.
  [[nodiscard]] JsonObject open_object() const;

  /// Adds the fault that something else was expected here: "a string".
  void expected(std::string_view what) const;

 private:
  /// The last step on the way from the document to a value. A pointer is written only where it is
  /// asked for: a key on the way to many values may be long.
  struct Step {
    std::shared_ptr<const Step> before;
    std::variant<std::string_view, size_t> token;  // a key of the document, or an index
  };

  JsonReader(const Json& json, JsonFaults& faults, std::shared_ptr<const Step> step)
      : json_(&json), faults_(&faults), step_(std::move(step)) {}
  [[nodiscard]] JsonReader enter(std::variant<std::string_view, size_t> token,
                                 const Json& json) const;

  const Json* json_;
  JsonFaults* faults_;
  std::shared_ptr<const Step> step_;  // null: the document itself
};

class JsonObject {
 public:
  [[nodiscard]] std::optional<JsonReader> find(std::string_view key) const;
  /// Adds a fault if it is missing (and the object is one).
  [[nodiscard]] std::optional<JsonReader> require(std::string_view key) const;

  // A member that may be left out, by type.
  [[nodiscard]] std::optional<std::string> string(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<int> integer(std::string_view key, int least, int most) const;
  [[nodiscard]] std::optional<double> number(std::string_view key, double above, double most) const;

 private:
  friend class JsonReader;
  JsonObject(JsonReader self, std::vector<std::pair<std::string, JsonReader>> members)
      : self_(std::move(self)), members_(std::move(members)) {}

  JsonReader self_;
  std::vector<std::pair<std::string, JsonReader>> members_;
};

}  // namespace icelab
