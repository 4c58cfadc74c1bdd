#include "harness/scenario/box_reader.h"

#include "harness/scenario/catalogue.h"
#include "harness/scenario/firewall_reader.h"
#include "harness/scenario/kernel_router_reader.h"
#include "harness/scenario/link_reader.h"
#include "harness/scenario/nat_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace icelab {
namespace {

constexpr size_t most_boxes = 8;
constexpr std::string_view no_box = "none";

std::optional<BoxBehavior> read_name(const JsonReader& reader) {
  const auto name = reader.word("box", box_names());
  if (!name || *name == no_box) return std::nullopt;
  const auto& boxes = find_profile(*name)->behind;
  if (boxes.size() == 1) return read_box(reader.stand_in(boxes[0]));
  reader.add_fault(fmt::format("'{}' is {} boxes, and here is room for one", *name, boxes.size()));
  return std::nullopt;
}

template <typename Behavior>
std::optional<BoxBehavior> any(const std::optional<Behavior>& behavior) {
  return behavior ? std::optional<BoxBehavior>(*behavior) : std::nullopt;
}

/// What is said of a box of a kind, under the kind's name.
std::optional<BoxBehavior> read_kind(std::string_view kind, const JsonReader& reader) {
  if (kind == "firewall") return any(read_firewall(reader));
  if (kind == "link") return any(read_link(reader));
  if (kind == "nptv6" || kind == "clat") {
    std::ignore = reader.object({});
    return kind == "clat" ? BoxBehavior(ClatBehavior()) : BoxBehavior(Nptv6Behavior());
  }
  if (kind == "nat" && reader.json() == no_box) return std::nullopt;
  const auto nat = read_nat(reader);
  if (!nat) return std::nullopt;
  if (kind == "nat66") return Nat66Behavior{*nat};
  if (kind == "nat64") return Nat64Behavior{*nat};
  return *nat;
}

std::optional<BoxBehavior> read_object(const JsonReader& reader) {
  if (reader.json().contains("engine")) return any(read_kernel_router(reader));
  const std::vector<std::string> kinds{"nat",  "nat66",    "nat64", "nptv6",
                                       "clat", "firewall", "link"};
  const auto object = reader.object(kinds);
  std::optional<BoxBehavior> box;
  int count = 0;
  for (const auto& kind : kinds) {
    const auto member = object.find(kind);
    if (member && ++count == 1) box = read_kind(kind, *member);
  }
  if (count == 1) return box;
  reader.add_fault(fmt::format("a box is one of '{}' and 'boxes'", fmt::join(kinds, "', '")));
  return std::nullopt;
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

/// The entries for which one stands: a name for the profile's, an object for its "boxes".
std::optional<std::vector<JsonReader>> several(const JsonReader& entry) {
  if (entry.json().is_object() && entry.json().contains("boxes"))
    return entry.object({"boxes"}).require("boxes")->elements();
  const auto* profile =
      entry.json().is_string() ? find_profile(entry.json().get<std::string>()) : nullptr;
  if (profile == nullptr) return std::nullopt;
  std::vector<JsonReader> entries;
  entries.reserve(profile->behind.size());
  for (const auto& box : profile->behind) entries.push_back(entry.stand_in(box));
  return entries;
}

/// Entries of a chain, those that stand for several boxes taken apart.
std::vector<JsonReader> flatten(const std::vector<JsonReader>& entries) {
  std::vector<JsonReader> flat;
  for (const auto& entry : entries) {
    if (const auto inner = several(entry)) {
      const auto boxes = flatten(*inner);
      flat.insert(flat.end(), boxes.begin(), boxes.end());
    } else {
      flat.push_back(entry);
    }
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
    for (const auto& profile : catalogue()) list.push_back(profile.name);
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
      {"nat", "firewall", "link", "nat66", "nat64", "nptv6", "clat", "nat"});
  static_assert(kinds.size() == std::variant_size_v<BoxBehavior>);
  return kinds[behavior.index()];
}

std::optional<std::string> why_no_ipv6(const BoxBehavior& behavior) {
  if (std::holds_alternative<KernelRouterBehavior>(behavior)) {
    return "no IPv6 comes through a kernel router: leave \"ip\" out, or put one of icelab's own "
           "NATs in its place";
  }
  constexpr size_t smallest_mtu = 1280;
  const auto* link = std::get_if<DuplexLinkBehavior>(&behavior);
  if (link != nullptr && std::min(link->up.mtu.value_or(smallest_mtu),
                                  link->down.mtu.value_or(smallest_mtu)) < smallest_mtu) {
    return "no link with an MTU below 1280 carries IPv6 (RFC 8200 section 5): leave \"ip\" out, or "
           "give it a larger one";
  }
  return std::nullopt;
}

void check_ip_versions(const JsonReader& reader, const std::vector<BoxSpec>& boxes, size_t own,
                       IpVersions versions) {
  bool has_ipv4 = true;
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
    const auto why = versions == IpVersions::ipv4 ? std::nullopt : why_no_ipv6(box.behavior);
    if (why) reader.add_fault(*why);
  }
  if (!has_ipv4 && versions != IpVersions::ipv6) {
    reader.add_fault(
        "no IPv4 comes through the nat64: say \"ip\": \"ipv6\", or put a clat between it and the "
        "host");
  }
  const bool translates_ipv6 =
      std::any_of(boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(own), [](auto& box) {
        return kind_of(box.behavior) == "nat66" || kind_of(box.behavior) == "nptv6";
      });
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
