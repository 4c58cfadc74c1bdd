#include "harness/scenario/behind.h"

#include "harness/scenario/box_reader.h"
#include "src/base/error.h"
#include "src/base/file.h"

#include <fmt/format.h>

#include <algorithm>
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
  const auto unreadable = [&](const std::string& reason) {
    faults.add("", fmt::format("cannot be read: {}", reason));
  };
  try {
    return parse_entry(read_file(word.substr(1), largest_scenario), faults);
  } catch (const NotAFile& error) {
    unreadable(error.reason());
  } catch (const SystemError& error) {
    unreadable(std::generic_category().message(error.code()));
  }
  return Json(Json::value_t::discarded);  // NOLINT(modernize-return-braced-init-list): an array
}

/// How messages call a word: the file, or the box's place in the chain.
std::string place_of(const std::string& word, size_t index) {
  return word.starts_with('@') ? word.substr(1) : fmt::format("box {}", index + 1);
}

/// Whether hosts without IPv6 would have no use for it.
bool is_for_ipv6(const BoxSpec& box) {
  if (const auto* firewall = std::get_if<FirewallBehavior>(&box.behavior))
    return firewall->families == Families::ipv6;
  return !keeps_addresses(box.behavior) && kind_of(box.behavior) != "nat";
}

/// Whether IPv4 comes from the internet as far as the host: a NAT64 ends it, and a CLAT begins it
/// anew.
bool comes_ipv4(const std::vector<BoxSpec>& boxes) {
  for (const auto& box : boxes) {
    if (std::holds_alternative<ClatBehavior>(box.behavior)) return true;
    if (std::holds_alternative<Nat64Behavior>(box.behavior)) return false;
  }
  return true;
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

IpVersions choose_ip_versions(const std::vector<BoxSpec>& boxes) {
  IpVersions versions = IpVersions::ipv4;
  if (std::ranges::any_of(boxes, is_for_ipv6))
    versions = comes_ipv4(boxes) ? IpVersions::dual_stack : IpVersions::ipv6;
  JsonFaults faults;
  const Json chain;
  check_ip_versions(JsonReader(chain, faults), boxes, boxes.size(), versions);
  if (!faults.empty()) throw UsageError(faults.list().front().message);
  return versions;
}

}  // namespace icelab
