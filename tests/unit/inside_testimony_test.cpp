#include "harness/certify/inside_testimony.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

constexpr auto independent = Dependence::endpoint_independent;
constexpr auto by_both = Dependence::address_and_port_dependent;

const Unknown hidden{Unknown::Reason::hidden, "it would be filtered in any case"};
const Unknown lossy{Unknown::Reason::lossy, ""};

/// What is found of a NAT that does as NatBehavior does by default.
NatFindings found() {
  return {.server = BehaviorServer{},
          .translated = true,
          .filtering = FilteringBehavior::endpoint_independent,
          .mapping = MappingSeen{},
          .ports = PortsSeen{},
          .parity_preserved = false,
          .external_addresses = ExternalAddresses{},
          .hairpinning = HairpinSeen{},
          .payload_rewritten = false,
          .mappings = {}};
}

/// "hairpinning: none" for each property that speaks against the claim.
std::vector<std::string> objections(const NatBehavior& claim, const NatFindings& findings) {
  std::vector<std::string> lines;
  for (const auto& each : compare_with_claim(claim, findings)) {
    if (!each.testimony.agrees) lines.push_back(each.property + ": " + each.testimony.measured);
  }
  return lines;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(InsideTestimony, AgreesWithANatThatDoesAsItSays) {
  EXPECT_THAT(objections({}, found()), IsEmpty());
}

TEST(InsideTestimony, ObjectsToWhatCouldNotBeFoundOut) {
  auto findings = found();
  findings.filtering = lossy;
  EXPECT_THAT(objections({}, findings), ElementsAre("UDP filtering: lossy"));
}

TEST(InsideTestimony, AcceptsHiddenHairpinningOnlyIfTheClaimedMappingAndFilteringHideIt) {
  auto findings = found();
  findings.hairpinning = hidden;
  EXPECT_THAT(objections({}, findings), ElementsAre("hairpinning: " + hidden.to_string()));
  findings.mapping = MappingSeen{.behavior = MappingBehavior::address_and_port_dependent};
  findings.filtering = FilteringBehavior::address_and_port_dependent;
  EXPECT_THAT(objections({.mapping = by_both, .filtering = by_both}, findings), IsEmpty());
}

TEST(InsideTestimony, AcceptsNothingElseThatIsHidden) {
  auto findings = found();
  findings.payload_rewritten = hidden;
  EXPECT_THAT(objections({}, findings), ElementsAre("payload: " + hidden.to_string()));
}

TEST(InsideTestimony, AcceptsAMappingThatVariesOnlyWherePortsThatArePreservedAreShared) {
  auto findings = found();
  findings.mapping = MappingSeen{.behavior = MappingBehavior::varies};
  EXPECT_THAT(objections({.mapping = by_both, .port_overloading = true}, findings), IsEmpty());
  EXPECT_THAT(objections({.mapping = by_both}, findings), ElementsAre("UDP mapping: varies"));
  EXPECT_THAT(objections({.mapping = independent, .port_overloading = true}, findings),
              ElementsAre("UDP mapping: varies"));
}

TEST(InsideTestimony, AcceptsOneAddressOfAPoolOnlyIfHostsArePaired) {
  EXPECT_THAT(objections({.external_addresses = 2}, found()), IsEmpty());
  EXPECT_THAT(objections({.external_addresses = 2, .pooling = Pooling::arbitrary}, found()),
              ElementsAre("address pooling: one address"));
}

TEST(InsideTestimony, IsNotAskedForWhereThereIsNoRoomForDiscovery) {
  EXPECT_TRUE(can_be_discovered({}));
  EXPECT_FALSE(can_be_discovered({.mappings_per_subscriber = 20}));
  EXPECT_FALSE(can_be_discovered({.ports = PortRange{2000, 2063}}));
  EXPECT_FALSE(can_be_discovered({.mapping_lifetime = std::chrono::seconds(5)}));
}

TEST(Property, NamesItsWitnesses) {
  const Testimony sockets{.witness = Witness::both_sides, .measured = "none", .agrees = true};
  const Testimony client{
      .witness = Witness::rfc5780, .measured = "hidden", .agrees = true, .is_hidden = true};
  EXPECT_EQ(describe_measurement({"hairpinning", "none", {sockets, client}}),
            "as measured: both sides, hidden from RFC 5780");
}

TEST(Property, ShowsWhatEachWitnessSaysIfAnyDisagrees) {
  const Testimony sockets{.witness = Witness::both_sides, .measured = "none", .agrees = true};
  const Testimony client{.witness = Witness::rfc5780, .measured = "external-source"};
  EXPECT_EQ(describe_measurement({"hairpinning", "none", {sockets, client}}),
            "measured: none (both sides), external-source (RFC 5780)");
}

}  // namespace
}  // namespace icelab
