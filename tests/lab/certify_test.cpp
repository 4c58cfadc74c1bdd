#include "harness/certify/certificate.h"
#include "harness/certify/setting.h"
#include "harness/scenario/behind.h"
#include "harness/scenario/box_reader.h"
#include "netns/fabric/clat.h"
#include "netns/fabric/nptv6.h"
#include "tests/lab/contained.h"
#include "tests/support/profiles.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

using Certify = ContainedTest;

/// "UDP mapping: claims endpoint-independent, measured address-dependent"; and by whom, but for
/// sockets on both sides.
std::vector<std::string> differences(const std::vector<Property>& properties) {
  std::vector<std::string> lines;
  for (const auto& property : properties) {
    for (const auto& each : property.testimonies) {
      if (each.agrees) continue;
      lines.push_back(property.name + ": claims " + property.claim + ", measured " + each.measured);
      if (each.witness != Witness::both_sides)
        lines.back() += fmt::format(" ({})", to_string(each.witness));
    }
  }
  return lines;
}

constexpr auto independent = Dependence::endpoint_independent;
constexpr auto by_address = Dependence::address_dependent;
constexpr auto by_both = Dependence::address_and_port_dependent;

constexpr Witnesses only_sockets{.rfc5780 = false, .natdiscovery = false};

/// By all that are installed, but for the one that takes its time.
std::vector<std::string> doubts(const BoxBehavior& behavior) {
  return differences(
      certify(behavior, 1, {.rfc5780 = Witnesses::installed().rfc5780, .natdiscovery = false}));
}

/// What is found of a box that claims one behaviour and has another.
std::vector<std::string> box_lies(const BoxBehavior& claimed, const BoxFactory& make_real,
                                  const Witnesses& witnesses = only_sockets) {
  return differences(certify(claimed, make_real, witnesses));
}
std::vector<std::string> box_lies(const BoxBehavior& claimed, const BoxBehavior& real) {
  return box_lies(claimed, [&] { return make_in_setting(real, 1); });
}
std::vector<std::string> lies(const NatBehavior& claimed, const NatBehavior& real,
                              const Witnesses& witnesses = only_sockets) {
  return box_lies(
      claimed, [&] { return make_in_setting(real, 1); }, witnesses);
}

NatBehavior few_ports(PortRange ports, bool overloading = false) {
  return {
      .port_assignment = PortAssignment::random, .port_overloading = overloading, .ports = ports};
}

TEST_F(Certify, FindsNothingWrongWithAnythingThatHasAName) {
  for (const auto& name : box_names()) {
    for (const auto& box : parse_behind({name}, "box"))
      EXPECT_THAT(doubts(box.behavior), IsEmpty()) << name;
  }
}

TEST_F(Certify, FindsNothingWrongWithAnyCellOfTheUdpGrid) {
  for (const auto mapping : {0, 1, 2}) {
    for (const auto filtering : {0, 1, 2}) {
      const NatBehavior nat{.mapping = static_cast<Dependence>(mapping),
                            .filtering = static_cast<Dependence>(filtering)};
      EXPECT_THAT(doubts(nat), IsEmpty())
          << to_string(nat.mapping) << " / " << to_string(nat.filtering);
    }
  }
}

TEST_F(Certify, FindsNothingWrongWithEveryOptionAtAnotherValue) {
  for (const NatBehavior& nat : std::vector<NatBehavior>{
           {.tcp_mapping = Dependence::address_dependent,
         .tcp_filtering = Dependence::address_dependent,
         .port_assignment = PortAssignment::sequential,
         .port_parity = true,
         .mappings_per_subscriber = 40,
         .hairpinning = Hairpinning::external_source,
         .refresh = Refresh::none,
         .unsolicited_syn = UnsolicitedSyn::reset,
         .icmp_errors = IcmpErrors::swallowed,
         .fragments = Fragments::passed,
         .rewrites_payload = true},
           {.filtering = Dependence::address_dependent,
           .on_clash = PortClash::next,
           .hairpinning = Hairpinning::internal_source,
           .mapping_lifetime = seconds(20),
           .refresh = Refresh::inbound,
           .early_packet = EarlyPacket::blocks_source,
           .unsolicited_syn = UnsolicitedSyn::unreachable,
           .fragments = Fragments::reassembled},
           {.port_assignment = PortAssignment::random,
           .port_block = 32,
           .external_addresses = 3,
           .pooling = Pooling::arbitrary,
           .refresh = Refresh::both},
           few_ports({2000, 2063}),
           few_ports({2000, 2063}, true),
           {.port_assignment = PortAssignment::sequential,
           .port_block = 16,
           .ports = PortRange{2000, 2149},
           .simultaneous_open = false,
           .tcp_established_lifetime = hours(24),
           .tcp_transitory_lifetime = seconds(30),
           .icmp_lifetime = seconds(6)},
       })
    EXPECT_THAT(doubts(nat), IsEmpty());
}

TEST_F(Certify, FindsOutANatThatMapsOtherwise) {
  EXPECT_THAT(lies({}, {.mapping = Dependence::address_dependent}),
              ElementsAre("UDP mapping: claims endpoint-independent, measured address-dependent",
                          "TCP mapping: claims endpoint-independent, measured address-dependent"));
}

TEST_F(Certify, FindsOutANatThatFiltersOtherwise) {
  EXPECT_THAT(
      lies({}, {.filtering = Dependence::address_and_port_dependent}),
      ElementsAre(
          "UDP filtering: claims endpoint-independent, measured address-and-port-dependent",
          "TCP filtering: claims endpoint-independent, measured address-and-port-dependent"));
}

/// One lie each, and the property that tells it.
struct Lie {
  NatBehavior claimed, real;
  std::string told;
};

TEST_F(Certify, FindsOutEveryOtherLie) {
  const std::vector<Lie> all{
      {{},
       {.port_assignment = PortAssignment::sequential},
       "port assignment: claims preserve, measured sequential"},
      {{.port_assignment = PortAssignment::random},
       {.port_assignment = PortAssignment::sequential},
       "port assignment: claims random, measured sequential"},
      {{}, {.on_clash = PortClash::next}, "port clash: claims random, measured next"},
      {{}, {.port_overloading = true}, "port clash: claims random, measured shared"},
      {{.port_assignment = PortAssignment::random, .port_parity = true},
       {.port_assignment = PortAssignment::random},
       "port parity: claims kept, measured not kept"},
      {{.port_assignment = PortAssignment::random, .port_block = 16},
       {.port_assignment = PortAssignment::random},
       "port block: claims 16, measured more than 16"},
      {{.mappings_per_subscriber = 20},
       {.mappings_per_subscriber = 10},
       "mappings per subscriber: claims 20, measured 10"},
      {{.mappings_per_subscriber = 20},
       {},
       "mappings per subscriber: claims 20, measured more than 20"},
      {{.external_addresses = 2},
       {.external_addresses = 2, .pooling = Pooling::arbitrary},
       "address pooling: claims paired, measured arbitrary"},
      {{}, {.mapping_lifetime = seconds(400)}, "mapping lifetime: claims 300 s, measured longer"},
      {{}, {.mapping_lifetime = seconds(200)}, "mapping lifetime: claims 300 s, measured shorter"},
      {{}, {.refresh = Refresh::both}, "renewed by: claims outbound, measured both"},
      {{}, {.refresh = Refresh::none}, "renewed by: claims outbound, measured none"},
      {{},
       {.early_packet = EarlyPacket::steals_port},
       "early packet: claims ignored, measured steals-port"},
      {{},
       {.early_packet = EarlyPacket::blocks_source},
       "early packet: claims ignored, measured blocks-source"},
      {{},
       {.hairpinning = Hairpinning::external_source},
       "hairpinning: claims none, measured external-source"},
      {{.hairpinning = Hairpinning::external_source},
       {.hairpinning = Hairpinning::internal_source},
       "hairpinning: claims external-source, measured internal-source"},
      {{},
       {.unsolicited_syn = UnsolicitedSyn::reset},
       "unsolicited SYN: claims drop, measured reset"},
      {{},
       {.unsolicited_syn = UnsolicitedSyn::unreachable},
       "unsolicited SYN: claims drop, measured icmp-unreachable"},
      {{},
       {.icmp_errors = IcmpErrors::swallowed},
       "ICMP errors: claims translated, measured swallowed"},
      {{}, {.fragments = Fragments::passed}, "fragments: claims dropped, measured passed"},
      {{.fragments = Fragments::passed},
       {.fragments = Fragments::reassembled},
       "fragments: claims passed, measured reassembled"},
      {{}, {.rewrites_payload = true}, "payload: claims untouched, measured rewritten"},
      {{},
       {.tcp_established_lifetime = hours(1)},
       "TCP established lifetime: claims 7440 s, measured shorter"},
      {{},
       {.tcp_established_lifetime = hours(3)},
       "TCP established lifetime: claims 7440 s, measured longer"},
      {{},
       {.tcp_transitory_lifetime = minutes(2)},
       "TCP transitory lifetime: claims 240 s, measured shorter"},
      {{},
       {.tcp_transitory_lifetime = minutes(8)},
       "TCP transitory lifetime: claims 240 s, measured longer"},
      {{}, {.simultaneous_open = false}, "simultaneous open: claims supported, measured refused"},
      {{.simultaneous_open = false}, {}, "simultaneous open: claims refused, measured supported"},
      {{}, {.icmp_lifetime = seconds(30)}, "ICMP query lifetime: claims 60 s, measured shorter"},
      {{}, {.icmp_lifetime = seconds(90)}, "ICMP query lifetime: claims 60 s, measured longer"},
      {{},
       {.icmp_errors = IcmpErrors::swallowed},
       "ICMP errors for TCP: claims translated, measured swallowed"},
      {few_ports({2000, 2063}), few_ports({2000, 2047}),
       "ports in all: claims 64, then none, measured 48, then none"},
      {few_ports({2000, 2063}), few_ports({2000, 2255}),
       "ports in all: claims 64, then none, measured more than 64"},
      {few_ports({2000, 2063}), few_ports({2000, 2063}, true),
       "ports in all: claims 64, then none, measured 64, then shared"},
      {few_ports({2000, 2063}, true), few_ports({2000, 2063}),
       "ports in all: claims 64, then shared, measured 64, then none"},
      {{.port_assignment = PortAssignment::sequential, .port_block = 16},
       {.port_assignment = PortAssignment::sequential},
       "second port block: claims one more, its own, measured shared with a neighbor"},
      {{.port_assignment = PortAssignment::random, .port_block = 32},
       {.port_assignment = PortAssignment::random, .port_block = 8},
       "second port block: claims one more, its own, measured 6 in all"},
  };
  for (const auto& lie : all) EXPECT_THAT(lies(lie.claimed, lie.real), testing::Contains(lie.told));
}

TEST_F(Certify, FindsNothingWrongWithOptionsOverIpv6) {
  for (const NatBehavior& nat : std::vector<NatBehavior>{
           {.mapping = by_address,
         .filtering = by_both,
         .port_assignment = PortAssignment::sequential,
         .mappings_per_subscriber = 40,
         .refresh = Refresh::both,
         .unsolicited_syn = UnsolicitedSyn::unreachable,
         .icmp_errors = IcmpErrors::swallowed,
         .fragments = Fragments::passed},
           {.filtering = by_address,
           .port_assignment = PortAssignment::random,
           .external_addresses = 3,
           .pooling = Pooling::arbitrary,
           .hairpinning = Hairpinning::external_source,
           .simultaneous_open = false,
           .fragments = Fragments::reassembled},
       }) {
    EXPECT_THAT(doubts(Nat66Behavior{nat}), IsEmpty());
    EXPECT_THAT(doubts(Nat64Behavior{nat}), IsEmpty());
  }
  EXPECT_THAT(doubts(Nat66Behavior{{.rewrites_payload = true}}), IsEmpty());
}

TEST_F(Certify, FindsOutLiesOverIpv6) {
  const NatBehavior claimed;
  const std::vector<std::pair<NatBehavior, std::string>> all{
      {{.mapping = by_both},
       "UDP mapping: claims endpoint-independent, measured address-and-port-dependent"},
      {{.filtering = by_address},
       "TCP filtering: claims endpoint-independent, measured address-dependent"},
      {{.hairpinning = Hairpinning::external_source},
       "hairpinning: claims none, measured external-source"},
      {{.mapping_lifetime = seconds(200)}, "mapping lifetime: claims 300 s, measured shorter"},
      {{.unsolicited_syn = UnsolicitedSyn::reset}, "unsolicited SYN: claims drop, measured reset"},
      {{.icmp_lifetime = seconds(90)}, "ICMP query lifetime: claims 60 s, measured longer"},
      {{.icmp_errors = IcmpErrors::swallowed},
       "ICMP errors for TCP: claims translated, measured swallowed"},
      {{.fragments = Fragments::reassembled}, "fragments: claims dropped, measured reassembled"},
  };
  for (const auto& [real, told] : all) {
    EXPECT_THAT(box_lies(Nat66Behavior{claimed}, Nat66Behavior{real}), testing::Contains(told));
    EXPECT_THAT(box_lies(Nat64Behavior{claimed}, Nat64Behavior{real}), testing::Contains(told));
  }
}

TEST_F(Certify, FindsOutATranslatorOfPrefixesThatIsANat) {
  EXPECT_THAT(box_lies(Nptv6Behavior(), Nat66Behavior()),
              testing::IsSupersetOf({"addresses: claims one each, measured shared",
                                     "ports: claims untouched, measured translated",
                                     "checksum: claims neutral, measured changed",
                                     "memory: claims none needed, measured forgotten",
                                     "unsolicited UDP: claims allowed, measured dropped",
                                     "unsolicited TCP: claims allowed, measured dropped"}));
}

TEST_F(Certify, FindsOutAPrefixThatIsAnother) {
  EXPECT_THAT(box_lies(Nptv6Behavior(),
                       [] {
                         return std::make_unique<Nptv6>(*IpPrefix::parse("fd00:0:0:1::/64"),
                                                        *IpPrefix::parse("2001:db8:0:2::/64"));
                       }),
              ElementsAre("prefix: claims 2001:db8:0:1::/64, measured 2001:db8:0:2::/64"));
  EXPECT_THAT(box_lies(ClatBehavior(),
                       [] {
                         return std::make_unique<Clat>(*IpPrefix::parse("2001:db8:0:1:99::/96"),
                                                       well_known_prefix());
                       }),
              ElementsAre("prefix: claims 2001:db8:0:1:464::/96, measured 2001:db8:0:1:99::/96"));
}

TEST_F(Certify, FindsNothingWrongWithFirewallsOfOtherOptions) {
  const AllowedPorts some{.all = false, .some = {80, 5000}};
  for (const FirewallBehavior& firewall : std::vector<FirewallBehavior>{
           {.udp = some,
         .tcp = some,
         .icmp = false,
         .incoming_echo = Unsolicited::allowed,
         .refusal = Refusal::rejected},
           {.families = Families::ipv4,
           .incoming_udp = Unsolicited::allowed,
           .incoming_tcp = Unsolicited::allowed},
           {.filtering = by_address, .refusal = Refusal::rejected, .udp_lifetime = seconds(30)},
           {.udp = some, .filtering = by_address},
           {.udp = {.all = false, .some = {53, 80, 443, 3478, 5000}}},
           {.tcp = {.all = false, .some = {53}}, .captive_portal = true},
       })
    EXPECT_THAT(doubts(firewall), IsEmpty());
}

TEST_F(Certify, FindsOutAFirewallThatIsAnother) {
  const AllowedPorts none{.all = false}, web{.all = false, .some = {80, 443}};
  const std::vector<std::pair<FirewallBehavior, std::string>> all{
      {{.udp = none}, "IPv4 outgoing UDP: claims all, measured none"},
      {{.tcp = web}, "IPv6 outgoing TCP: claims all, measured 80, 443"},
      {{.icmp = false}, "IPv6 outgoing ping: claims allowed, measured blocked"},
      {{.incoming_echo = Unsolicited::allowed},
       "IPv6 unsolicited ping: claims blocked, measured allowed"},
      {{.incoming_udp = Unsolicited::allowed},
       "IPv4 unsolicited UDP: claims dropped, measured allowed"},
      {{.incoming_tcp = Unsolicited::allowed},
       "IPv6 unsolicited TCP: claims dropped, measured allowed"},
      {{.refusal = Refusal::rejected}, "IPv6 unsolicited UDP: claims dropped, measured rejected"},
      {{.refusal = Refusal::rejected}, "IPv4 unsolicited TCP: claims dropped, measured rejected"},
      {{.filtering = independent},
       "IPv6 UDP filtering: claims address-and-port-dependent, measured endpoint-independent"},
      {{.udp_lifetime = minutes(10)}, "IPv4 UDP lifetime: claims 300 s, measured longer"},
      {{.families = Families::ipv6}, "IPv4 unsolicited UDP: claims dropped, measured allowed"},
  };
  for (const auto& [real, told] : all)
    EXPECT_THAT(box_lies(FirewallBehavior(), real), testing::Contains(told));
  EXPECT_THAT(box_lies(FirewallBehavior{.tcp = web},
                       FirewallBehavior{.tcp = web, .refusal = Refusal::rejected}),
              testing::Contains("IPv6 refused TCP: claims dropped, measured rejected"));
}

class CertifyFromInside : public ContainedTest {
 protected:
  void SetUp() override {
    ContainedTest::SetUp();
    if (!IsSkipped() && !Witnesses::installed().natdiscovery)
      GTEST_SKIP() << "coturn is not installed: no 'turnutils_natdiscovery' in PATH";
  }
};

TEST_F(CertifyFromInside, FindsOutEveryLieThatCanBeSeenFromThere) {
  const std::vector<Lie> all{
      {{},
       {.mapping = by_address},
       "UDP mapping: claims endpoint-independent, measured address-dependent"},
      {{.filtering = by_address},
       {.filtering = by_both},
       "UDP filtering: claims address-dependent, measured address-and-port-dependent"},
      {{},
       {.port_assignment = PortAssignment::sequential},
       "port assignment: claims preserve, measured sequential"},
      {{.port_assignment = PortAssignment::sequential},
       {.port_assignment = PortAssignment::random},
       "port assignment: claims sequential, measured random"},
      {{.port_assignment = PortAssignment::random, .port_parity = true},
       {.port_assignment = PortAssignment::random},
       "port parity: claims kept, measured not kept"},
      {{.external_addresses = 2},
       {.external_addresses = 2, .pooling = Pooling::arbitrary},
       "address pooling: claims paired, measured arbitrary"},
      {{},
       {.external_addresses = 2, .pooling = Pooling::arbitrary},
       "address pooling: claims one address, measured arbitrary"},
      {{},
       {.hairpinning = Hairpinning::internal_source},
       "hairpinning: claims none, measured internal-source"},
      {{.hairpinning = Hairpinning::external_source},
       {},
       "hairpinning: claims external-source, measured none"},
      {{}, {.rewrites_payload = true}, "payload: claims untouched, measured rewritten"},
  };
  for (const auto& lie : all) {
    EXPECT_THAT(lies(lie.claimed, lie.real, {.natdiscovery = false}),
                testing::Contains(lie.told + " (RFC 5780)"));
  }
}

TEST_F(CertifyFromInside, TakesSomethingHiddenForALieUnlessTheClaimExplainsIt) {
  const NatBehavior symmetric{.mapping = by_both, .filtering = by_both};
  EXPECT_THAT(lies(symmetric, symmetric, {.natdiscovery = false}), IsEmpty());
  EXPECT_THAT(lies({}, symmetric, {.natdiscovery = false}),
              testing::Contains(testing::StartsWith("hairpinning: claims none, measured hidden")));
}

TEST_F(CertifyFromInside, HasNatdiscoveryForAThirdWitness) {
  const NatBehavior open{.mapping = by_both, .filtering = independent};
  EXPECT_THAT(lies(open, open, Witnesses()), IsEmpty());
  EXPECT_THAT(lies({.mapping = independent, .filtering = by_both}, open, {.rfc5780 = false}),
              testing::IsSupersetOf({"UDP mapping: claims endpoint-independent, measured "
                                     "address-and-port-dependent (natdiscovery)",
                                     "UDP filtering: claims address-and-port-dependent, measured "
                                     "endpoint-independent (natdiscovery)"}));
}

TEST_F(CertifyFromInside, DoesNotTakeOneSocketsViewOfSharedPortsForTheWhole) {
  const NatBehavior shares{.mapping = by_both, .port_overloading = true};
  EXPECT_THAT(lies(shares, shares, Witnesses()), IsEmpty());
}

}  // namespace
}  // namespace icelab
