#include "harness/certify/certificate.h"

#include "harness/certify/inside_testimony.h"
#include "harness/certify/inside_view.h"
#include "harness/certify/nat_measurement.h"
#include "harness/lab/addressing.h"
#include "harness/lab/boxes.h"
#include "src/base/path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace icelab {
namespace {

constexpr int most_countable = 512;
/// As many mappings as the other questions need.
constexpr int roomy = 6;

// Silence costs real time with a real server: at first as little as will do on an idle machine. If
// something disagrees it is asked again, in no hurry.
constexpr Retransmission quick{
    .rto = std::chrono::milliseconds(20), .most_requests = 3, .last_wait = 4};
constexpr Retransmission patient{
    .rto = std::chrono::milliseconds(50), .most_requests = 4, .last_wait = 8};

/// Asks one question after the other, each of a NAT that has seen nothing before.
class Certifier {
 public:
  explicit Certifier(const BoxFactory& make) : make_(make) {}

  void ask(const std::string& name, std::string_view claim,
           const std::function<std::string(Testbed&)>& measure) {
    add(name, claim, testify(Witness::both_sides, claim, [&] {
          Testbed bed(make_());
          return measure(bed);
        }));
  }
  void look_from_inside(const NatBehavior& claim, const Witnesses& witnesses);
  std::vector<Property> take() { return std::move(properties_); }

 private:
  static Testimony testify(Witness witness, std::string_view claim,
                           const std::function<std::string()>& measure) {
    try {
      const std::string measured = measure();
      return {.witness = witness, .measured = measured, .agrees = measured == claim};
    } catch (const MeasurementError& error) {
      return {.witness = witness, .measured = fmt::format("error: {}", error.what())};
    }
  }
  void add(const std::string& name, std::string_view claim, Testimony testimony) {
    auto property = std::ranges::find(properties_, name, &Property::name);
    if (property == properties_.end())
      property = properties_.insert(property, {name, std::string(claim), {}});
    property->testimonies.push_back(std::move(testimony));
  }
  void ask_natdiscovery(InsideView& view, const NatBehavior& claim);

  const BoxFactory& make_;
  std::vector<Property> properties_;
};

void Certifier::look_from_inside(const NatBehavior& claim, const Witnesses& witnesses) {
  if (!(witnesses.rfc5780 || witnesses.natdiscovery) || !can_be_discovered(claim)) return;
  const auto look = [&](const Retransmission& retransmission) {
    Testbed bed(make_());
    InsideView view(bed);
    return compare_with_claim(claim, view.discover(retransmission));
  };
  try {
    if (witnesses.rfc5780) {
      auto seen = look(quick);
      const bool doubtful = std::ranges::any_of(
          seen, [](const InsideTestimony& each) { return !each.testimony.agrees; });
      if (doubtful) seen = look(patient);
      for (auto& each : seen) add(each.property, each.claim, std::move(each.testimony));
    }
    if (witnesses.natdiscovery) {
      Testbed bed(make_());
      InsideView view(bed);
      ask_natdiscovery(view, claim);
    }
  } catch (const MeasurementError& error) {
    constexpr auto wanted = "answers";
    add("STUN server", wanted, {Witness::rfc5780, fmt::format("error: {}", error.what())});
  }
}

void Certifier::ask_natdiscovery(InsideView& view, const NatBehavior& claim) {
  if (shows_its_mapping_to_one_socket(claim)) {
    const auto mapping = to_string(claim.mapping);
    add("UDP mapping", mapping, testify(Witness::natdiscovery, mapping, [&] {
          return view.ask_natdiscovery_for_mapping();
        }));
  }
  const auto filtering = to_string(claim.filtering);
  add("UDP filtering", filtering, testify(Witness::natdiscovery, filtering, [&] {
        return view.ask_natdiscovery_for_filtering();
      }));
}

bool preserves_any_port(const NatBehavior& nat) {
  return nat.port_assignment == PortAssignment::preserve && !nat.ports;
}

std::string_view clash_claim(const NatBehavior& nat) {
  return nat.port_overloading ? "shared" : to_string(nat.on_clash);
}

/// How many sockets a host may have at once, the testbed's own not counted: sixteen are enough to
/// tell chance from rule, and fewer than eight too few.
std::optional<int> sockets_for(const NatBehavior& nat) {
  constexpr int enough = 16, too_few = 8;
  // Of few ports even chance takes neighbours.
  const int ports = nat.ports ? nat.ports->size() / 4 : enough;
  const int room = std::min(nat.mappings_per_subscriber.value_or(enough + 1) - 1, ports);
  return room < too_few ? std::nullopt : std::optional(std::min(room, enough));
}

void certify_limit(Certifier& certifier, const NatBehavior& nat) {
  if (nat.mappings_per_subscriber && *nat.mappings_per_subscriber <= most_countable) {
    certifier.ask(
        "mappings per subscriber", std::to_string(*nat.mappings_per_subscriber),
        [&](Testbed& bed) { return measure_mappings(bed, *nat.mappings_per_subscriber); });
  }
}

void certify_ports(Certifier& certifier, const NatBehavior& nat) {
  const auto sockets = sockets_for(nat);
  const bool may_preserve = nat.port_assignment == PortAssignment::preserve;
  if (sockets && (!may_preserve || !nat.ports)) {
    certifier.ask("port assignment", to_string(nat.port_assignment),
                  [&](Testbed& bed) { return measure_port_assignment(bed, *sockets); });
  }
  if (preserves_any_port(nat) && nat.external_addresses == 1)
    certifier.ask("port clash", clash_claim(nat), measure_port_clash);
  if (sockets && (!may_preserve || !nat.ports)) {
    certifier.ask("port parity", nat.port_parity || preserves_any_port(nat) ? "kept" : "not kept",
                  [&](Testbed& bed) { return measure_port_parity(bed, *sockets); });
  }
  if (sockets && nat.port_block && *nat.port_block > 1) {
    certifier.ask("port block", std::to_string(*nat.port_block),
                  [&](Testbed& bed) { return measure_port_block(bed, *sockets, *nat.port_block); });
  }
  certify_limit(certifier, nat);
  if (sockets && nat.external_addresses > 1) {
    certifier.ask("address pooling", to_string(nat.pooling),
                  [&](Testbed& bed) { return measure_pooling(bed, *sockets); });
  }
}

void certify_lifetime(Certifier& certifier, const NatBehavior& nat) {
  certifier.ask("mapping lifetime", fmt::format("{:g} s", seconds(nat.mapping_lifetime)),
                [&](Testbed& bed) { return measure_lifetime(bed, nat.mapping_lifetime); });
  certifier.ask("renewed by", to_string(nat.refresh),
                [&](Testbed& bed) { return measure_refresh(bed, nat.mapping_lifetime); });
  if (preserves_any_port(nat) && nat.external_addresses == 1)
    certifier.ask("early packet", to_string(nat.early_packet), measure_early_packet);
}

void certify_tcp(Certifier& certifier, const NatBehavior& nat) {
  certifier.ask("TCP mapping", to_string(nat.tcp_mapping.value_or(nat.mapping)),
                measure_tcp_mapping);
  certifier.ask("TCP filtering", to_string(nat.tcp_filtering.value_or(nat.filtering)),
                measure_tcp_filtering);
  certifier.ask("unsolicited SYN", to_string(nat.unsolicited_syn), measure_unsolicited_syn);
}

}  // namespace

std::string_view to_string(Witness witness) {
  switch (witness) {
    case Witness::both_sides:
      return "both sides";
    case Witness::rfc5780:
      return "RFC 5780";
    case Witness::natdiscovery:
      break;
  }
  return "natdiscovery";
}

bool Property::agrees() const {
  return std::ranges::all_of(testimonies, &Testimony::agrees);
}

std::string describe_measurement(const Property& property) {
  std::vector<std::string> all;
  const bool agrees = property.agrees();
  for (const auto& each : property.testimonies) {
    const auto who = to_string(each.witness);
    if (!agrees) {
      all.push_back(fmt::format("{} ({})", each.measured, who));
    } else {
      all.push_back(each.is_hidden ? fmt::format("hidden from {}", who) : std::string(who));
    }
  }
  if (!agrees) return fmt::format("measured: {}", fmt::join(all, ", "));
  return fmt::format("as measured: {}", fmt::join(all, ", "));
}

Witnesses Witnesses::installed() {
  const bool server = find_program("turnserver").has_value();
  return {.rfc5780 = server,
          .natdiscovery = server && find_program("turnutils_natdiscovery").has_value()};
}

std::vector<Property> certify(const NatBehavior& behavior, const BoxFactory& make,
                              const Witnesses& witnesses) {
  Certifier certifier(make);
  const bool has_room = behavior.mappings_per_subscriber.value_or(roomy) >= roomy;
  if (!has_room) {
    certify_limit(certifier, behavior);
    return certifier.take();
  }
  certifier.ask("UDP mapping", to_string(behavior.mapping), measure_udp_mapping);
  certifier.ask("UDP filtering", to_string(behavior.filtering), measure_udp_filtering);
  certify_ports(certifier, behavior);
  certify_lifetime(certifier, behavior);
  if (behavior.hairpinning == Hairpinning::none || can_be_called_from_inside(behavior))
    certifier.ask("hairpinning", to_string(behavior.hairpinning), measure_hairpinning);
  certify_tcp(certifier, behavior);
  certifier.ask("ICMP errors", to_string(behavior.icmp_errors), measure_icmp_errors);
  certifier.ask("fragments", to_string(behavior.fragments), measure_fragments);
  certifier.ask("payload", behavior.rewrites_payload ? "rewritten" : "untouched", measure_payload);
  certifier.look_from_inside(behavior, witnesses);
  return certifier.take();
}

std::vector<Property> certify(const NatBehavior& behavior, std::uint64_t seed,
                              const Witnesses& witnesses) {
  return certify(
      behavior, [&] { return make_box(behavior, Subnet::internet().take(uplink_site(1, 0)).address, seed); }, witnesses);
}

}  // namespace icelab
