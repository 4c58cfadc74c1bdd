#include "harness/certify/certificate.h"

#include "harness/certify/nat_measurement.h"
#include "harness/lab/addressing.h"
#include "harness/lab/boxes.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace icelab {
namespace {

constexpr int most_countable = 512;
/// As many mappings as the other questions need.
constexpr int roomy = 6;

/// Asks one question after the other, each of a NAT that has seen nothing before.
class Certifier {
 public:
  explicit Certifier(const std::function<std::unique_ptr<Box>()>& make) : make_(make) {}

  void ask(const std::string& property, std::string_view claim,
           const std::function<std::string(Testbed&)>& measure) {
    try {
      Testbed bed(make_());
      findings_.push_back({property, std::string(claim), measure(bed)});
    } catch (const MeasurementError& error) {
      findings_.push_back({property, std::string(claim), fmt::format("error: {}", error.what())});
    }
  }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  const std::function<std::unique_ptr<Box>()>& make_;
  std::vector<Finding> findings_;
};

bool preserves_any_port(const NatBehavior& nat) {
  return nat.port_assignment == PortAssignment::preserve && !nat.ports;
}

std::string_view clash_claim(const NatBehavior& nat) {
  return nat.port_overloading ? "shared" : to_string(nat.on_clash);
}

/// A peer behind the same NAT is reached only through a mapping that lets the caller's in.
bool can_be_called_from_inside(const NatBehavior& nat) {
  return nat.mapping == Dependence::endpoint_independent ||
         nat.filtering == Dependence::endpoint_independent;
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

std::vector<Finding> certify(const NatBehavior& behavior,
                             const std::function<std::unique_ptr<Box>()>& make) {
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
  return certifier.take();
}

std::vector<Finding> certify(const NatBehavior& behavior, std::uint64_t seed) {
  return certify(behavior, [&] {
    return make_box(behavior, Subnet::internet().take(uplink_site(1, 0)).address, seed);
  });
}

}  // namespace icelab
