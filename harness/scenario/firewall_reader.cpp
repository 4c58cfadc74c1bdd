#include "harness/scenario/firewall_reader.h"

#include "harness/scenario/catalogue.h"
#include "harness/scenario/choice_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr double longest_lifetime_s = 86400;
constexpr int largest_port = 65535;

void read_ports(const JsonObject& object, std::string_view key, AllowedPorts& allowed) {
  const auto member = object.find(key);
  if (!member) return;
  if (!member->json().is_array()) {
    const auto word = member->word("set of ports", std::vector<std::string>{"all", "none"});
    if (word) allowed = {.all = *word == "all"};
    return;
  }
  allowed = {.all = false};
  for (const auto& element : member->elements()) {
    const auto port = element.integer(1, largest_port);
    if (!port) continue;
    if (std::ranges::find(allowed.some, *port) != allowed.some.end())
      element.add_fault(fmt::format("port {} is there already", *port));
    allowed.some.push_back(static_cast<std::uint16_t>(*port));
  }
  if (member->json().empty()) member->add_fault("no ports; say \"none\"");
}

FirewallBehavior read_behavior(const JsonReader& reader) {
  const auto object = reader.object({"profile", "ip", "outgoing_udp", "outgoing_tcp", "icmp",
                                     "incoming_udp", "incoming_tcp", "incoming_echo", "filtering",
                                     "refusal", "udp_lifetime_s", "captive_portal"});
  FirewallBehavior firewall;
  if (const auto base = object.find("profile")) {
    if (base->json().is_string()) {
      firewall = read_firewall(*base).value_or(firewall);
    } else {
      base->expected("a firewall's name");
    }
  }
  read_choice(object, "ip", firewall.families);
  read_ports(object, "outgoing_udp", firewall.udp);
  read_ports(object, "outgoing_tcp", firewall.tcp);
  firewall.icmp = object.boolean("icmp").value_or(firewall.icmp);
  read_choice(object, "incoming_udp", firewall.incoming_udp);
  read_choice(object, "incoming_tcp", firewall.incoming_tcp);
  read_choice(object, "incoming_echo", firewall.incoming_echo);
  read_choice(object, "filtering", firewall.filtering);
  read_choice(object, "refusal", firewall.refusal);
  if (const auto lifetime_s = object.number("udp_lifetime_s", 0, longest_lifetime_s))
    firewall.udp_lifetime = duration_of(*lifetime_s);
  firewall.captive_portal = object.boolean("captive_portal").value_or(firewall.captive_portal);
  if (firewall.captive_portal && firewall.tcp.allows(web_port)) {
    reader.add_fault(
        "TCP to port 80 is allowed out, so a captive portal has nothing to answer: leave 80 out of "
        "'outgoing_tcp'");
  }
  return firewall;
}

}  // namespace

std::optional<FirewallBehavior> read_firewall(const JsonReader& reader) {
  if (reader.json().is_object()) return read_behavior(reader);
  if (reader.json().is_string()) {
    const auto name = reader.word("firewall", names_of_single("firewall"));
    return name ? read_firewall(reader.stand_in(single_box(*name, "firewall"))) : std::nullopt;
  }
  reader.expected("a firewall's name or an object");
  return std::nullopt;
}

}  // namespace icelab
