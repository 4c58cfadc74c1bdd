#include "harness/scenario/event_reader.h"

#include "harness/scenario/box_reader.h"
#include "src/base/overloaded.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace icelab {
namespace {

constexpr size_t most_events = 100;
constexpr std::string_view no_event = "none";
constexpr int longest_ms = 3'600'000;

bool has_external_address(const BoxBehavior& behavior) {
  const auto kind = kind_of(behavior);
  return kind == "nat" || kind == "nat64" || kind == "nat66";
}

/// Whether it has mappings or conversations, which can expire.
bool remembers(const BoxBehavior& behavior) {
  return has_external_address(behavior) || std::holds_alternative<FirewallBehavior>(behavior);
}

/// What the events of a topology can happen to, by name.
struct Targets {
  explicit Targets(const Topology& topology) {
    for (const auto& network : topology.networks) add(network.way);
    for (const auto& peer : topology.peers) {
      peers.push_back(peer.name);
      for (const auto& [interface, way] : peer.uplinks) {
        cables.push_back(peer.name + "." + interface);
        add(way);
        if (peer.ip != IpVersions::ipv4) note_ipv6(way, topology.networks);
      }
    }
    for (const auto& box : boxes) {
      box_names.push_back(box.name);
      cables.push_back(box.name);
      if (has_external_address(box.behavior)) nats.push_back(box.name);
      if (remembers(box.behavior)) forgetful.push_back(box.name);
    }
    for (const auto& server : topology.servers) servers.push_back(server.name);
  }

  void add(const Way& way) { boxes.insert(boxes.end(), way.boxes.begin(), way.boxes.end()); }
  [[nodiscard]] const BoxBehavior& behavior_of(const std::string& box) const {
    return std::ranges::find(boxes, box, &BoxSpec::name)->behavior;
  }

  std::vector<BoxSpec> boxes;
  std::vector<std::string> box_names, nats, forgetful, cables, servers, peers;
  std::set<std::string> with_ipv6;  // boxes through which a peer has IPv6

 private:
  void note_ipv6(const Way& way, const std::vector<NetworkSpec>& networks) {
    for (const auto& box : way.boxes) with_ipv6.insert(box.name);
    const auto outside = std::ranges::find(networks, way.network, &NetworkSpec::name);
    if (outside != networks.end()) note_ipv6(outside->way, networks);
  }
};

constexpr std::array action_keys{"reboot",  "change_address", "expire", "replace",    "disconnect",
                                 "connect", "stop",           "start",  "restart_ice"};

/// The two ways to write that there is no box.
bool is_none(const Json& box) {
  return box == "none" || (box.is_object() && box.value("nat", Json()) == "none");
}

/// Another box in the place of one, of a kind that fits there.
std::optional<EventAction> read_replacement(const JsonReader& reader, const JsonObject& object,
                                            const std::string& box, const Targets& targets) {
  const auto with = object.require("with");
  const auto behavior = with ? read_box(*with) : std::nullopt;
  if (!behavior) {
    if (with && is_none(with->json())) with->add_fault("a box cannot be replaced by none");
    return std::nullopt;
  }
  const auto& present = targets.behavior_of(box);
  if (kind_of(*behavior) != kind_of(present) &&
      !(keeps_addresses(*behavior) && keeps_addresses(present))) {
    reader.add_fault(
        fmt::format("'{}' cannot become a {}: the hosts behind it would need other addresses", box,
                    kind_of(*behavior)));
    return std::nullopt;
  }
  if (const auto why = targets.with_ipv6.contains(box) ? why_no_ipv6(*behavior) : std::nullopt) {
    with->add_fault(*why);
    return std::nullopt;
  }
  return Replace{box, *behavior};
}

std::optional<EventAction> read_action(const JsonReader& reader, const JsonObject& object,
                                       const std::string& key, const Targets& targets) {
  const auto member = *object.find(key);
  if (key == "reboot" || key == "expire" || key == "replace") {
    const auto box = member.word("box", key == "expire" ? targets.forgetful : targets.box_names);
    if (!box) return std::nullopt;
    if (key == "reboot") return Reboot{*box};
    if (key == "expire") return Expire{*box};
    return read_replacement(reader, object, *box, targets);
  }
  if (key == "change_address") {
    const auto nat = member.word("NAT", targets.nats);
    return nat ? std::optional<EventAction>(ChangeAddress{*nat}) : std::nullopt;
  }
  if (key == "disconnect" || key == "connect") {
    const auto cable = member.word("interface or box", targets.cables);
    return cable ? std::optional<EventAction>(SetConnected{*cable, key == "connect"})
                 : std::nullopt;
  }
  if (key == "restart_ice") {
    const auto peer = member.word("peer", targets.peers);
    return peer ? std::optional<EventAction>(RestartIce{*peer}) : std::nullopt;
  }
  const auto server = member.word("server", targets.servers);
  return server ? std::optional<EventAction>(RunServer{*server, key == "start"}) : std::nullopt;
}

/// What a box has become by the events that come earlier in the file.
BoxBehavior present_behavior(const std::string& box, const Targets& targets,
                             const std::vector<EventSpec>& earlier) {
  BoxBehavior behavior = targets.behavior_of(box);
  for (const auto& event : earlier) {
    const auto* replaced = std::get_if<Replace>(&event.action);
    if (replaced != nullptr && replaced->box == box) behavior = replaced->behavior;
  }
  return behavior;
}

/// What puts things back as they were; nothing for what does not pass.
std::optional<EventAction> reversal(const EventAction& action, const Targets& targets,
                                    const std::vector<EventSpec>& earlier) {
  using Reversal = std::optional<EventAction>;
  return std::visit(Overloaded{
                        [&](const Replace& done) -> Reversal {
                          return Replace{done.box, present_behavior(done.box, targets, earlier)};
                        },
                        [](const SetConnected& done) -> Reversal {
                          return SetConnected{done.target, !done.connected};
                        },
                        [](const RunServer& done) -> Reversal {
                          return RunServer{done.server, !done.running};
                        },
                        [](const auto&) -> Reversal { return std::nullopt; },
                    },
                    action);
}

std::optional<std::string> read_after(const JsonObject& object,
                                      const std::vector<EventSpec>& earlier) {
  std::vector<std::string> known{std::string(when_started), std::string(when_connected),
                                 std::string(when_selected)};
  for (const auto& event : earlier) known.push_back(event.name);
  const auto after = object.find("after");
  if (!after) return std::string(when_started);
  return after->word("event", known);
}

Duration milliseconds_of(const JsonObject& object, std::string_view key) {
  return std::chrono::milliseconds(object.integer(key, 0, longest_ms).value_or(0));
}

bool is_free(const JsonReader& reader, const std::string& name,
             const std::vector<EventSpec>& earlier) {
  if (name.empty()) reader.add_fault("an event's 'name' is not empty");
  const bool is_taken = std::ranges::find(earlier, name, &EventSpec::name) != earlier.end() ||
                        name == when_started || name == when_connected || name == when_selected;
  if (is_taken)
    reader.add_fault(fmt::format("'{}' is there already; give it another 'name'", name));
  return !is_taken && !name.empty();
}

void read_event(const JsonReader& reader, const Targets& targets, std::vector<EventSpec>& events) {
  std::vector<std::string> keys{"name", "after", "delay_ms", "for_ms", "with"};
  keys.insert(keys.end(), action_keys.begin(), action_keys.end());
  const auto object = reader.object(keys);
  if (!reader.json().is_object()) return;
  const auto is_there = [&](const char* key) { return object.find(key).has_value(); };
  if (std::ranges::count_if(action_keys, is_there) != 1) {
    reader.add_fault(fmt::format("an event is one of {}", fmt::join(action_keys, ", ")));
    return;
  }
  const std::string key = *std::ranges::find_if(action_keys, is_there);
  if (object.find("with") && key != "replace") reader.add_fault("'with' belongs to 'replace'");
  const auto after = read_after(object, events);
  const auto action = read_action(reader, object, key, targets);
  if (!after || !action) return;
  const std::string name = object.string("name").value_or(describe(*action));
  if (!is_free(reader, name, events)) return;
  const auto back = reversal(*action, targets, events);
  events.push_back({name, *after, milliseconds_of(object, "delay_ms"), *action});

  if (!object.find("for_ms")) return;
  if (back) {
    if (!is_free(reader, name + " is over", events)) return;
    events.push_back({name + " is over", name, milliseconds_of(object, "for_ms"), *back});
  } else {
    reader.add_fault(fmt::format("'{}' does not pass: 'for_ms' makes no sense here", key));
  }
}

/// By itself and those that it waits for, which come before it, an event comes so long after the
/// start at least.
Duration earliest(size_t index, const std::vector<EventSpec>& events) {
  const auto own = events.begin() + static_cast<std::ptrdiff_t>(index);
  const auto waits_for = std::find_if(
      events.begin(), own, [&](const EventSpec& each) { return each.name == own->after; });
  if (waits_for == own) return own->delay;
  return own->delay + earliest(static_cast<size_t>(waits_for - events.begin()), events);
}

}  // namespace

std::vector<EventSpec> read_events(const JsonReader& reader, const Topology& topology,
                                   Duration deadline) {
  const Targets targets(topology);
  std::vector<EventSpec> events;
  for (const auto& element : reader.elements()) {
    if (events.size() >= most_events) {
      reader.add_fault(fmt::format("more than {} events", most_events));
      break;
    }
    if (element.json() == no_event) continue;
    const size_t before = events.size();
    read_event(element, targets, events);
    if (events.size() > before && earliest(events.size() - 1, events) >= deadline) {
      element.add_fault(fmt::format("'{}' would come after the run's deadline of {} s",
                                    events.back().name, seconds(deadline)));
    }
  }
  return events;
}

}  // namespace icelab
