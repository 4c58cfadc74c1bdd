#include "harness/certify/box_certificates.h"
#include "harness/certify/certifier.h"
#include "harness/certify/inside_testimony.h"
#include "harness/certify/nat_measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace icelab {
namespace {

constexpr int most_countable = 512;
/// As many mappings as the other questions need.
constexpr int roomy = 6;

bool preserves_any_port(const NatBehavior& nat) {
  return nat.port_assignment == PortAssignment::preserve && !nat.ports;
}

std::string_view clash_claim(const NatBehavior& nat) {
  return nat.port_overloading ? "shared" : to_string(nat.on_clash);
}

/// How many sockets a host may have at once: sixteen are enough to
/// tell chance from rule, and fewer than eight too few.
std::optional<int> sockets_for(const NatBehavior& nat) {
  constexpr int enough = 16, too_few = 8;
  // Of few ports even chance takes neighbours.
  const int ports = nat.ports ? nat.ports->size() / 4 : enough;
  const int room = std::min(nat.mappings_per_subscriber.value_or(enough), ports);
  return room < too_few ? std::nullopt : std::optional(std::min(room, enough));
}

void certify_limit(Certifier& certifier, const NatBehavior& nat) {
  if (!nat.mappings_per_subscriber) return;
  const int most = *nat.mappings_per_subscriber;
  const std::string name = "mappings per subscriber", claim = std::to_string(most);
  if (most > most_countable) {
    return certifier.leave_out(name, claim,
                               fmt::format("more than {} are not counted", most_countable));
  }
  certifier.ask(name, claim, [&](Testbed& bed) { return measure_mappings(bed, most); });
}

/// Of a host that has several addresses the ports of each would be in blocks of their own.
void certify_block_use(Certifier& certifier, const NatBehavior& nat) {
  constexpr int largest_block = 256, too_few = 4;
  const bool one_address = nat.external_addresses == 1 || nat.pooling == Pooling::paired;
  if (!nat.port_block || *nat.port_block < 2 || *nat.port_block > largest_block || !one_address)
    return;
  const int block = *nat.port_block;
  const PortRange range = nat.ports.value_or(PortRange());
  if (range.size() / block < too_few || nat.mappings_per_subscriber.value_or(2 * block) < 2 * block)
    return;
  certifier.ask("second port block", "one more, its own",
                [&](Testbed& bed) { return measure_second_port_block(bed, range.first, block); });
}

/// Where everybody may use every port.
void certify_exhaustion(Certifier& certifier, const NatBehavior& nat) {
  if (!nat.ports || nat.ports->size() > most_countable || nat.external_addresses > 1 ||
      nat.port_parity || nat.mappings_per_subscriber)
    return;
  const int block = nat.port_block.value_or(1);
  const int ports = nat.ports->size() / block * block;
  certifier.ask("ports in all",
                fmt::format("{}, then {}", ports, nat.port_overloading ? "shared" : "none"),
                [&](Testbed& bed) { return measure_port_exhaustion(bed, ports); });
}

/// Between two blocks nobody counts.
void certify_assignment(Certifier& certifier, const NatBehavior& nat, int sockets) {
  constexpr int too_few = 4;
  const bool counts = nat.port_assignment == PortAssignment::sequential;
  if (counts && nat.port_block) sockets = std::min(sockets, *nat.port_block);
  if (sockets < too_few) return;
  certifier.ask("port assignment", to_string(nat.port_assignment),
                [sockets](Testbed& bed) { return measure_port_assignment(bed, sockets); });
}

void certify_ports(Certifier& certifier, const NatBehavior& nat) {
  const auto sockets = sockets_for(nat);
  const bool may_preserve = nat.port_assignment == PortAssignment::preserve;
  if (sockets && (!may_preserve || !nat.ports)) certify_assignment(certifier, nat, *sockets);
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
  certify_block_use(certifier, nat);
  certify_exhaustion(certifier, nat);
  if (sockets && nat.external_addresses > 1) {
    certifier.ask("address pooling", to_string(nat.pooling),
                  [&](Testbed& bed) { return measure_pooling(bed, *sockets); });
  }
}

/// Shorter ones end while two packets are under way.
bool can_settle(const NatBehavior& nat) {
  constexpr auto shortest = std::chrono::milliseconds(40);
  return nat.unanswered_lifetime.value_or(shortest) >= shortest;
}

void certify_refresh(Certifier& certifier, const NatBehavior& nat) {
  if (!certifier.can_wait_for(nat.mapping_lifetime)) return;
  certifier.ask("renewed by", to_string(nat.refresh), [&](Testbed& bed) {
    return nat.unanswered_lifetime
               ? measure_settled_refresh(bed, nat.mapping_lifetime, *nat.unanswered_lifetime)
               : measure_refresh(bed, nat.mapping_lifetime);
  });
}

void certify_lifetime(Certifier& certifier, const NatBehavior& nat) {
  if (nat.unanswered_lifetime) {
    certifier.ask_lifetime("unanswered lifetime", *nat.unanswered_lifetime, measure_lifetime);
    if (!can_settle(nat)) {
      return certifier.leave_out("mapping lifetime",
                                 fmt::format("{:g} s", seconds(nat.mapping_lifetime)),
                                 "an unanswered one is over too soon");
    }
    certifier.ask_lifetime(
        "mapping lifetime", nat.mapping_lifetime, [&](Testbed& bed, Duration claimed) {
          return measure_settled_lifetime(bed, claimed, *nat.unanswered_lifetime);
        });
  } else {
    certifier.ask_lifetime("mapping lifetime", nat.mapping_lifetime, measure_lifetime);
  }
}

void certify_early_packet(Certifier& certifier, const NatBehavior& nat) {
  if (preserves_any_port(nat) && nat.external_addresses == 1)
    certifier.ask("early packet", to_string(nat.early_packet), measure_early_packet);
}

void certify_tcp(Certifier& certifier, const NatBehavior& nat) {
  certifier.ask("TCP mapping", to_string(nat.tcp_mapping.value_or(nat.mapping)),
                measure_tcp_mapping);
  certifier.ask("TCP filtering", to_string(nat.tcp_filtering.value_or(nat.filtering)),
                measure_tcp_filtering);
  certifier.ask("unsolicited SYN", to_string(nat.unsolicited_syn), measure_unsolicited_syn);
  certifier.ask("simultaneous open", nat.simultaneous_open ? "supported" : "refused",
                measure_simultaneous_open);
  certifier.ask_lifetime("TCP established lifetime", nat.tcp_established_lifetime,
                         measure_tcp_established_lifetime);
  certifier.ask_lifetime("TCP transitory lifetime", nat.tcp_transitory_lifetime,
                         measure_tcp_transitory_lifetime);
}

void certify_icmp(Certifier& certifier, const NatBehavior& nat) {
  certifier.ask_lifetime("ICMP query lifetime", nat.icmp_lifetime, measure_icmp_lifetime);
  certifier.ask("ICMP errors", to_string(nat.icmp_errors), measure_icmp_errors);
  certifier.ask("ICMP errors for TCP", to_string(nat.icmp_errors), measure_icmp_errors_for_tcp);
}

/// `one_timer`: of a mapping. Where its conversations have others, what renews it has many answers.
void certify(Certifier& certifier, const NatBehavior& behavior, const Witnesses& witnesses,
             bool one_timer) {
  const bool has_room = behavior.mappings_per_subscriber.value_or(roomy) >= roomy;
  if (!has_room) return certify_limit(certifier, behavior);
  certifier.ask("UDP mapping", to_string(behavior.mapping), measure_udp_mapping);
  certifier.ask("UDP filtering", to_string(behavior.filtering), measure_udp_filtering);
  certify_ports(certifier, behavior);
  certify_lifetime(certifier, behavior);
  if (one_timer && can_settle(behavior)) certify_refresh(certifier, behavior);
  certify_early_packet(certifier, behavior);
  if (behavior.hairpinning == Hairpinning::none || can_be_called_from_inside(behavior))
    certifier.ask("hairpinning", to_string(behavior.hairpinning), measure_hairpinning);
  certify_tcp(certifier, behavior);
  certify_icmp(certifier, behavior);
  certifier.ask("fragments", to_string(behavior.fragments), measure_fragments);
  certifier.ask("payload", behavior.rewrites_payload ? "rewritten" : "untouched", measure_payload);
  certifier.look_from_inside(behavior, witnesses);
}

}  // namespace

std::vector<Property> certify_nat(const NatBehavior& behavior, const Setting& setting,
                                  const BoxFactory& make, const Witnesses& witnesses) {
  Certifier certifier(setting, make);
  certify(certifier, behavior, witnesses, true);
  return certifier.take();
}

std::vector<Property> certify_kernel_router(const KernelRouterBehavior& router,
                                            const Setting& setting, const BoxFactory& make,
                                            const Witnesses& witnesses) {
  Certifier certifier(setting, make);
  const bool one_timer = router.nat != KernelNat::full_cone;
  certify(certifier, nat_behavior_of(router), witnesses, one_timer);
  return certifier.take();
}

}  // namespace icelab
