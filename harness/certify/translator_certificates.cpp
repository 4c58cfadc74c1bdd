#include "harness/certify/box_certificates.h"
#include "harness/certify/box_measurement.h"
#include "harness/certify/certifier.h"
#include "harness/certify/nat_measurement.h"

#include <iterator>

namespace icelab {
namespace {

/// What holds of every translator without memory: it makes one address of another, and lets
/// everything through.
void certify_statelessness(Certifier& certifier) {
  certifier.ask("addresses", "one each", measure_addresses);
  certifier.ask("ports", "untouched", measure_ports);
  certifier.ask("memory", "none needed", measure_memory);
  certifier.ask("unsolicited ping", "allowed",
                [](Testbed& bed) { return measure_incoming_echo(bed, external_address(bed)); });
  certifier.ask("unsolicited UDP", "allowed",
                [](Testbed& bed) { return measure_incoming_udp(bed, external_address(bed)); });
  certifier.ask("unsolicited TCP", "allowed",
                [](Testbed& bed) { return measure_incoming_tcp(bed, external_address(bed)); });
  certifier.ask("outgoing ping", "allowed", measure_outgoing_echo);
  certifier.ask("simultaneous open", "supported", measure_simultaneous_open);
  certifier.ask("ICMP errors", to_string(IcmpErrors::translated), measure_icmp_errors);
  certifier.ask("ICMP errors for TCP", to_string(IcmpErrors::translated),
                measure_icmp_errors_for_tcp);
  certifier.ask("fragments", "passed in any order", [](Testbed& bed) {
    const std::string fate = measure_fragments(bed);
    // Which of them it is cannot be seen; what has no memory does not put packets together.
    return fate == to_string(Fragments::reassembled) ? "passed in any order" : fate;
  });
}

}  // namespace

std::vector<Property> certify_nptv6(const BoxFactory& make) {
  const BoxBehavior nptv6 = Nptv6Behavior();
  Certifier certifier(setting_of(nptv6), make);
  certifier.ask("prefix", external_network().to_string(),
                [](Testbed& bed) { return measure_prefix(bed, external_network().length); });
  certifier.ask("checksum", "neutral", measure_checksum);
  certify_statelessness(certifier);
  certifier.ask("hairpinning", to_string(Hairpinning::external_source), measure_hairpinning);
  return certifier.take();
}

std::vector<Property> certify_clat(const BoxFactory& make) {
  const BoxBehavior clat = ClatBehavior();
  Certifier alone(setting_of(clat), make);
  const IpPrefix prefix = clat_prefix();
  alone.ask("prefix", prefix.to_string(),
            [&](Testbed& bed) { return measure_prefix(bed, prefix.length); });
  certify_statelessness(alone);
  auto properties = alone.take();

  Certifier together(setting_of_464xlat(), make);
  together.ask("464XLAT, UDP", "both ways", measure_udp_round_trip);
  together.ask("464XLAT, TCP", "both ways", measure_tcp_round_trip);
  together.ask("464XLAT, ping", "allowed", measure_outgoing_echo);
  auto found = together.take();
  properties.insert(properties.end(), std::move_iterator(found.begin()),
                    std::move_iterator(found.end()));
  return properties;
}

}  // namespace icelab
