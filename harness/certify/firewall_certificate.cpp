#include "harness/certify/box_certificates.h"
#include "harness/certify/box_measurement.h"
#include "harness/certify/certifier.h"
#include "harness/certify/nat_measurement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace icelab {
namespace {

using Ports = std::vector<std::uint16_t>;

/// Well-known ones and others, those that are allowed, and one that is not.
Ports ports_to_try(const AllowedPorts& allowed) {
  Ports ports{53, 80, 443, 3478, 5000};
  ports.insert(ports.end(), allowed.some.begin(), allowed.some.end());
  std::uint16_t other = 40000;
  while (std::ranges::find(allowed.some, other) != allowed.some.end()) ++other;
  ports.push_back(other);
  std::ranges::sort(ports);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

std::string claim_of(const AllowedPorts& allowed) {
  if (allowed.all) return "all";
  Ports some = allowed.some;
  std::ranges::sort(some);
  return some.empty() ? "none" : fmt::format("{}", fmt::join(some, ", "));
}

std::string_view claim_of(Unsolicited unsolicited, Refusal refusal) {
  return unsolicited == Unsolicited::allowed ? to_string(unsolicited) : to_string(refusal);
}

/// What a firewall does to the IP version that is not its concern.
FirewallBehavior open() {
  return {.incoming_echo = Unsolicited::allowed,
          .incoming_udp = Unsolicited::allowed,
          .incoming_tcp = Unsolicited::allowed};
}

/// The questions about one IP version.
class Interview {
 public:
  Interview(FirewallBehavior behavior, const Setting& setting, const BoxFactory& make)
      : behavior_(std::move(behavior)),
        version_(setting.inside[0].is_v4() ? "IPv4" : "IPv6"),
        host_(setting.inside[0]),
        certifier_(setting, make) {}

  std::vector<Property> run(bool is_concerned) {
    ask_outgoing();
    ask_incoming();
    if (is_concerned && behavior_.udp.all) ask_udp_conversations();
    if (is_concerned && behavior_.tcp.all) ask_tcp_conversations();
    return certifier_.take();
  }

 private:
  void ask(std::string_view name, std::string_view claim,
           const std::function<std::string(Testbed&)>& measure) {
    certifier_.ask(fmt::format("{} {}", version_, name), claim, measure);
  }

  void ask_outgoing() {
    const Ports udp = ports_to_try(behavior_.udp), tcp = ports_to_try(behavior_.tcp);
    ask("outgoing UDP", claim_of(behavior_.udp),
        [&](Testbed& bed) { return measure_outgoing_udp(bed, udp); });
    ask("outgoing TCP", claim_of(behavior_.tcp),
        [&](Testbed& bed) { return measure_outgoing_tcp(bed, tcp); });
    if (!behavior_.tcp.allows(web_port)) {
      ask("captive portal", behavior_.captive_portal ? "redirects" : "none",
          measure_captive_portal);
    }
    ask("outgoing ping", behavior_.icmp ? "allowed" : "blocked", measure_outgoing_echo);
    ask_refusal("refused UDP", behavior_.udp, measure_outgoing_udp_refusal);
    ask_refusal("refused TCP", behavior_.tcp, measure_outgoing_tcp_refusal);
  }

  /// At one of the ports to which nothing may leave, if there is any.
  void ask_refusal(std::string_view name, const AllowedPorts& allowed,
                   std::string (*measure)(Testbed&, std::uint16_t)) {
    const Ports ports = ports_to_try(allowed);
    const auto refused = std::ranges::find_if(ports, [&](auto port) {
      return !allowed.allows(port) && !(behavior_.captive_portal && port == web_port);
    });
    if (refused == ports.end()) return;
    ask(name, to_string(behavior_.refusal), [&](Testbed& bed) { return measure(bed, *refused); });
  }

  void ask_incoming() {
    ask("unsolicited ping", to_string(behavior_.incoming_echo),
        [&](Testbed& bed) { return measure_incoming_echo(bed, host_); });
    ask("unsolicited UDP", claim_of(behavior_.incoming_udp, behavior_.refusal),
        [&](Testbed& bed) { return measure_incoming_udp(bed, host_); });
    ask("unsolicited TCP", claim_of(behavior_.incoming_tcp, behavior_.refusal),
        [&](Testbed& bed) { return measure_incoming_tcp(bed, host_); });
  }

  void ask_udp_conversations() {
    ask("addresses", "one each", measure_addresses);
    ask("ports", "untouched", measure_ports);
    ask("ICMP errors", to_string(IcmpErrors::translated), measure_icmp_errors);
    ask("fragments", to_string(Fragments::dropped), measure_fragments);
    if (behavior_.incoming_udp == Unsolicited::allowed) return;
    ask("UDP filtering", to_string(behavior_.filtering), measure_udp_filtering);
    ask_lifetime("UDP lifetime", behavior_.udp_lifetime, measure_lifetime);
    ask("renewed by", to_string(Refresh::both),
        [&](Testbed& bed) { return measure_refresh(bed, behavior_.udp_lifetime); });
  }

  void ask_tcp_conversations() {
    // RFC 6092 REC-35.
    constexpr Duration established = std::chrono::minutes(2 * 60 + 4);
    ask("simultaneous open", "supported", measure_simultaneous_open);
    ask("ICMP errors for TCP", to_string(IcmpErrors::translated), measure_icmp_errors_for_tcp);
    ask_lifetime("TCP lifetime", established, measure_tcp_established_lifetime);
  }

  void ask_lifetime(std::string_view name, Duration claimed,
                    std::string (*measure)(Testbed&, Duration)) {
    ask(name, fmt::format("{:g} s", seconds(claimed)),
        [&](Testbed& bed) { return measure(bed, claimed); });
  }

  FirewallBehavior behavior_;
  std::string_view version_;
  IpAddress host_;
  Certifier certifier_;
};

}  // namespace

std::vector<Property> certify_firewall(const FirewallBehavior& behavior, const BoxFactory& make) {
  std::vector<Property> properties;
  for (const bool ipv6 : {false, true}) {
    const bool is_concerned =
        behavior.families == Families::both || (behavior.families == Families::ipv6) == ipv6;
    auto found =
        Interview(is_concerned ? behavior : open(), plain_setting(ipv6), make).run(is_concerned);
    properties.insert(properties.end(), std::move_iterator(found.begin()),
                      std::move_iterator(found.end()));
  }
  return properties;
}

}  // namespace icelab
