#include "harness/certify/inside_testimony.h"

#include <algorithm>

namespace icelab {
namespace {

/// What a finding says in the words of scenario files, or why it is unknown.
template <typename Value, typename Words>
std::string say(const Finding<Value>& finding, const Words& words) {
  return finding ? std::string(words(*finding)) : finding.unknown().to_string();
}

template <typename Value>
bool is_hidden(const Finding<Value>& finding) {
  return !finding && finding.unknown().reason == Unknown::Reason::hidden;
}

InsideTestimony statement(std::string property, std::string_view claim, std::string measured) {
  const bool agrees = measured == claim;
  return {std::move(property),
          std::string(claim),
          {.witness = Witness::rfc5780, .measured = std::move(measured), .agrees = agrees}};
}

InsideTestimony mapping_of(const NatBehavior& claim, const NatFindings& findings) {
  auto said = statement(
      "UDP mapping", to_string(claim.mapping),
      say(findings.mapping, [](const MappingSeen& seen) { return to_string(seen.behavior); }));
  // Whoever has a port first may keep it for every destination; its neighbour cannot.
  const bool varies = findings.mapping && findings.mapping->behavior == MappingBehavior::varies;
  if (varies && !shows_its_mapping_to_one_socket(claim)) said.testimony.agrees = true;
  return said;
}

std::string_view assignment_of(const PortsSeen& seen) {
  switch (seen.rule) {
    case PortRule::preserved:
      return to_string(PortAssignment::preserve);
    case PortRule::sequential:
      return to_string(PortAssignment::sequential);
    case PortRule::random:
      break;
  }
  return to_string(PortAssignment::random);
}

InsideTestimony pooling_of(const NatBehavior& claim, const NatFindings& findings) {
  const std::string_view one = to_string(AddressPooling::one_address);
  auto said =
      statement("address pooling", claim.external_addresses == 1 ? one : to_string(claim.pooling),
                say(findings.external_addresses,
                    [](const ExternalAddresses& seen) { return to_string(seen.pooling); }));
  // Two hosts may happen to be paired with the same address.
  if (claim.pooling == Pooling::paired && said.testimony.measured == one)
    said.testimony.agrees = true;
  return said;
}

std::string_view word_of(HairpinSource source) {
  switch (source) {
    case HairpinSource::none:
      return to_string(Hairpinning::none);
    case HairpinSource::external:
      return to_string(Hairpinning::external_source);
    case HairpinSource::internal:
      return to_string(Hairpinning::internal_source);
    case HairpinSource::other:
      break;
  }
  return to_string(source);
}

InsideTestimony hairpinning_of(const NatBehavior& claim, const NatFindings& findings) {
  auto said = statement(
      "hairpinning", to_string(claim.hairpinning),
      say(findings.hairpinning, [](const HairpinSeen& seen) { return word_of(seen.source); }));
  said.testimony.is_hidden = is_hidden(findings.hairpinning);
  if (said.testimony.is_hidden) said.testimony.agrees = !can_be_called_from_inside(claim);
  return said;
}

}  // namespace

int mappings_for_discovery(const NatBehavior& claim) {
  constexpr int source_ports = 17, destinations = 3, for_other_tests = 14;
  const bool one_each = claim.mapping == Dependence::endpoint_independent;
  return source_ports * (one_each ? 1 : destinations) + for_other_tests;
}

bool can_be_discovered(const NatBehavior& claim) {
  constexpr auto long_enough = std::chrono::seconds(10);  // of real time
  constexpr int hosts = 2;
  // Of few ports even chance takes neighbours.
  constexpr int spread = 8;
  const int needed = mappings_for_discovery(claim);
  return claim.mapping_lifetime >= long_enough &&
         claim.mappings_per_subscriber.value_or(needed) >= needed &&
         (!claim.ports || claim.ports->size() >= needed * hosts * spread);
}

bool shows_its_mapping_to_one_socket(const NatBehavior& claim) {
  return claim.mapping == Dependence::endpoint_independent || !claim.port_overloading ||
         claim.port_assignment != PortAssignment::preserve;
}

bool can_be_called_from_inside(const NatBehavior& claim) {
  return claim.mapping == Dependence::endpoint_independent ||
         claim.filtering == Dependence::endpoint_independent;
}

std::vector<InsideTestimony> compare_with_claim(const NatBehavior& claim,
                                                const NatFindings& findings) {
  std::vector<InsideTestimony> all;
  all.push_back(mapping_of(claim, findings));
  all.push_back(
      statement("UDP filtering", to_string(claim.filtering),
                say(findings.filtering, [](FilteringBehavior seen) { return to_string(seen); })));
  const bool preserves = claim.port_assignment == PortAssignment::preserve;
  if (!preserves || !claim.ports) {
    all.push_back(statement("port assignment", to_string(claim.port_assignment),
                            say(findings.ports, assignment_of)));
  }
  // A port that cannot be preserved, as the neighbour's, may become any.
  if (!preserves || claim.port_parity) {
    all.push_back(statement(
        "port parity", claim.port_parity ? "kept" : "not kept",
        say(findings.parity_preserved, [](bool kept) { return kept ? "kept" : "not kept"; })));
  }
  all.push_back(pooling_of(claim, findings));
  if (claim.hairpinning == Hairpinning::none || can_be_called_from_inside(claim))
    all.push_back(hairpinning_of(claim, findings));
  all.push_back(statement("payload", claim.rewrites_payload ? "rewritten" : "untouched",
                          say(findings.payload_rewritten, [](bool rewritten) {
                            return rewritten ? "rewritten" : "untouched";
                          })));
  return all;
}

}  // namespace icelab
