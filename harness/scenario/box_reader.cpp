#include "harness/scenario/box_reader.h"

#include "harness/scenario/firewall_reader.h"
#include "harness/scenario/link_reader.h"
#include "harness/scenario/nat_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace icelab {
namespace {

constexpr size_t most_boxes = 8;
constexpr std::string_view no_box = "none";

/// What has a name but no NAT's or firewall's profile. A NAT66 is as Linux has it, and a NAT64 as
/// RFC 6146 asks for it.
std::optional<BoxBehavior> find_ipv6_box(std::string_view name) {
  if (name == "nat66") return Nat66Behavior{find_nat_profile("home-router")->behavior};
  if (name == "nat64") return Nat64Behavior{{.hairpinning = Hairpinning::external_source}};
  if (name == "nptv6") return Nptv6Behavior{};
  if (name == "clat") return ClatBehavior{};
  return std::nullopt;
}

std::optional<BoxBehavior> read_name(const JsonReader& reader) {
  const auto name = reader.word("box", box_names());
  if (!name || *name == no_box) return std::nullopt;
  if (const auto* nat = find_nat_profile(*name)) return nat->behavior;
  if (auto box = find_ipv6_box(*name)) return box;
  return find_firewall_profile(*name)->behavior;
}

template <typename Behavior>
std::optional<BoxBehavior> any(const std::optional<Behavior>& behavior) {
  return behavior ? std::optional<BoxBehavior>(*behavior) : std::nullopt;
}

std::optional<BoxBehavior> read_object(const JsonReader& reader) {
  const auto object = reader.object({"nat", "nat66", "nat64", "firewall", "link"});
  const auto nat = object.find("nat"), nat66 = object.find("nat66"), nat64 = object.find("nat64"),
             firewall = object.find("firewall"), link = object.find("link");
  if (std::ranges::count(std::array{nat.has_value(), nat66.has_value(), nat64.has_value(),
                                    firewall.has_value(), link.has_value()},
                         true) != 1) {
    reader.add_fault("a box is one of 'nat', 'nat66', 'nat64', 'firewall', 'link' and 'boxes'");
    return std::nullopt;
  }
  if (firewall) return any(read_firewall(*firewall));
  if (link) return any(read_link(*link));
  if (nat66 || nat64) {
    const auto behavior = read_nat(nat66 ? *nat66 : *nat64);
    if (!behavior) return std::nullopt;
    return nat66 ? BoxBehavior(Nat66Behavior{*behavior}) : BoxBehavior(Nat64Behavior{*behavior});
  }
  if (nat->json().is_string() && nat->json().get<std::string>() == no_box) return std::nullopt;
  return any(read_nat(*nat));
}

/// "alice.nat"; where there are several of a kind "alice.nat1", "alice.nat2", from the host
/// outwards.
void name_boxes(std::vector<BoxSpec>& boxes, const std::string& prefix) {
  std::map<std::string_view, int> count;
  for (const auto& box : boxes) ++count[kind_of(box.behavior)];
  std::map<std::string_view, int> number;
  for (auto& box : boxes) {
    const auto kind = kind_of(box.behavior);
    box.name = fmt::format("{}.{}", prefix, kind);
    if (count[kind] > 1) box.name += std::to_string(++number[kind]);
  }
}

/// Entries of a chain, those that stand for several boxes taken apart.
std::vector<JsonReader> flatten(const std::vector<JsonReader>& entries) {
  std::vector<JsonReader> flat;
  for (const auto& entry : entries) {
    if (!entry.json().is_object() || !entry.json().contains("boxes")) {
      flat.push_back(entry);
      continue;
    }
    const auto inner = flatten(entry.object({"boxes"}).require("boxes")->elements());
    flat.insert(flat.end(), inner.begin(), inner.end());
  }
  return flat;
}

}  // namespace

std::optional<BoxBehavior> read_box(const JsonReader& reader) {
  if (reader.json().is_string()) return read_name(reader);
  if (reader.json().is_object()) return read_object(reader);
  reader.expected("a box's name or an object");
  return std::nullopt;
}

const std::vector<std::string>& box_names() {
  static const auto names = [] {
    std::vector<std::string> list;
    list.emplace_back(no_box);
    for (const auto& profile : nat_profiles()) list.push_back(profile.name);
    for (const auto& profile : firewall_profiles()) list.push_back(profile.name);
    for (const char* name : {"nat66", "nptv6", "nat64", "clat"}) list.emplace_back(name);
    return list;
  }();
  return names;
}

bool keeps_addresses(const BoxBehavior& behavior) {
  return std::holds_alternative<FirewallBehavior>(behavior) ||
         std::holds_alternative<DuplexLinkBehavior>(behavior);
}

std::string_view kind_of(const BoxBehavior& behavior) {
  constexpr auto kinds = std::to_array<std::string_view>(
      {"nat", "firewall", "link", "nat66", "nat64", "nptv6", "clat"});
  static_assert(kinds.size() == std::variant_size_v<BoxBehavior>);
  return kinds[behavior.index()];
}

void check_ip_versions(const JsonReader& reader, const std::vector<BoxSpec>& boxes,
                       IpVersions versions) {
  bool has_ipv4 = true, translates_ipv6 = false;
  std::vector<BoxSpec> inwards = boxes;
  std::ranges::reverse(inwards);
  for (const BoxSpec& box : inwards) {
    const auto kind = kind_of(box.behavior);
    if (kind == "clat" && has_ipv4)
      reader.add_fault("a clat needs a network of IPv6 only: put a nat64 outside it");
    if ((kind == "nat" || kind == "nat64") && !has_ipv4)
      reader.add_fault(fmt::format("this {} has no IPv4: that ends at the nat64 outside it", kind));
    if (kind == "nat64") has_ipv4 = false;
    if (kind == "clat") has_ipv4 = true;
    translates_ipv6 = translates_ipv6 || kind == "nat66" || kind == "nptv6";
  }
  if (!has_ipv4 && versions != IpVersions::ipv6) {
    reader.add_fault(
        "no IPv4 comes through the nat64: say \"ip\": \"ipv6\", or put a clat between it and the "
        "host");
  }
  if (translates_ipv6 && versions == IpVersions::ipv4)
    reader.add_fault(R"(a peer of IPv4 only: say "ip": "dual-stack" or "ipv6")");
}

std::vector<BoxSpec> read_boxes(const std::vector<JsonReader>& entries, const std::string& prefix) {
  std::vector<BoxSpec> boxes;
  for (const auto& entry : flatten(entries)) {
    auto box = read_box(entry);
    if (!box) continue;
    if (boxes.size() == most_boxes) {
      entry.add_fault(fmt::format("at most {} boxes, one behind the other", most_boxes));
      break;
    }
    boxes.push_back({.name = {}, .behavior = std::move(*box)});
  }
  name_boxes(boxes, prefix);
  return boxes;
}

}  // namespace icelab
