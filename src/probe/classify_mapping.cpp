#include "src/probe/classify_nat.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace icelab {
namespace {

using Reason = Unknown::Reason;

/// As far apart as the ports of consecutive mappings may be while others make theirs as well.
constexpr int widest_step = 32;
/// So few mappings keep their parity by chance once in 65,536 times.
constexpr size_t enough_for_parity = 16;
constexpr size_t enough_for_a_sequence = 3;

/// A source port's mapped addresses towards the server's primary endpoint, its other address, and
/// its other address and port: tests I, II and III of RFC 5780 section 4.3.
struct Tests {
  Endpoint first;
  Endpoint second;
  Endpoint third;
};

std::optional<Tests> tests_of(const MappingSeries& series) {
  const auto mapped = [](const std::optional<StunExchange>& exchange) {
    return exchange ? exchange->mapped() : std::nullopt;
  };
  const auto first = series.primary.mapped();
  const auto second = mapped(series.other_address);
  const auto third = mapped(series.other);
  if (!first || !second || !third) return std::nullopt;
  return Tests{*first, *second, *third};
}

MappingBehavior behavior_of(const Tests& tests) {
  if (tests.second != tests.third) return MappingBehavior::address_and_port_dependent;
  if (tests.first != tests.second) return MappingBehavior::address_dependent;
  return MappingBehavior::endpoint_independent;
}

/// From one new mapping to the next of the same external address.
std::vector<int> steps_of(const std::vector<SeenMapping>& mappings) {
  std::map<IpAddress, int> last;
  std::vector<int> steps;
  for (const auto& mapping : mappings) {
    const auto [entry, is_first] =
        last.try_emplace(mapping.external.address, mapping.external.port);
    if (!is_first) steps.push_back(mapping.external.port - entry->second);
    entry->second = mapping.external.port;
  }
  return steps;
}

int most_frequent(const std::vector<int>& steps) {
  std::map<int, int> times;
  for (const int step : steps) ++times[step];
  return std::ranges::max_element(times, {}, [](const auto& entry) { return entry.second; })->first;
}

/// Three steps of four must be small and go one way: the rest is what got lost, overtaken or was
/// where the ports begin anew.
std::optional<int> common_step(const std::vector<int>& steps) {
  for (const int direction : {1, -1}) {
    std::vector<int> small;
    std::ranges::copy_if(steps, std::back_inserter(small), [&](int step) {
      return 0 < step * direction && step * direction <= widest_step;
    });
    if (!small.empty() && small.size() * 4 >= steps.size() * 3) return most_frequent(small);
  }
  return std::nullopt;
}

void add_new(std::vector<SeenMapping>& mappings, const StunExchange& exchange) {
  const auto external = exchange.mapped();
  if (!external) return;
  const SeenMapping mapping{exchange.local, *external};
  if (std::ranges::find(mappings, mapping) == mappings.end()) mappings.push_back(mapping);
}

std::vector<SeenMapping> all_mappings(const NatEvidence& evidence) {
  std::vector<SeenMapping> mappings;
  for (const auto* exchange : exchanges_of(evidence)) add_new(mappings, *exchange);
  return mappings;
}

}  // namespace

std::vector<SeenMapping> mappings_of(const NatEvidence& evidence) {
  std::vector<SeenMapping> mappings;
  for (const auto& series : evidence.mapping) {
    add_new(mappings, series.primary);
    if (series.other_address) add_new(mappings, *series.other_address);
    if (series.other) add_new(mappings, *series.other);
  }
  return mappings;
}

Finding<MappingSeen> classify_mapping(const NatEvidence& evidence) {
  if (evidence.mapping.empty()) return Unknown{Reason::not_tested, ""};
  MappingSeen seen;
  std::set<MappingBehavior> behaviors;
  for (const auto& series : evidence.mapping) {
    const auto tests = tests_of(series);
    if (!tests) {
      ++seen.incomplete;
      continue;
    }
    ++seen.sources;
    behaviors.insert(behavior_of(*tests));
    for (const auto& later : {tests->second, tests->third}) {
      seen.address_varies |= later.address != tests->first.address;
      seen.port_varies |= later.port != tests->first.port;
    }
    seen.clash_tested |= series.by_neighbor;
  }
  if (behaviors.empty()) {
    return Unknown{
        Reason::lossy,
        fmt::format("of {} source ports none had all its requests answered", seen.incomplete)};
  }
  seen.behavior = behaviors.size() == 1 ? *behaviors.begin() : MappingBehavior::varies;
  return seen;
}

Finding<PortsSeen> classify_ports(const NatEvidence& evidence) {
  PortsSeen seen;
  for (const auto& series : evidence.mapping) {
    const auto mapped = series.primary.mapped();
    if (!mapped || series.by_neighbor) continue;
    ++seen.sources;
    seen.preserved += mapped->port == series.primary.local.port ? 1 : 0;
  }
  if (seen.sources == 0) return Unknown{Reason::not_tested, "no mapping was seen"};
  if (seen.preserved * 2 >= seen.sources) return seen;
  const auto steps = steps_of(mappings_of(evidence));
  if (steps.size() < enough_for_a_sequence)
    return Unknown{Reason::not_tested, "too few mappings to tell a sequence from chance"};
  const auto step = common_step(steps);
  seen.rule = step ? PortRule::sequential : PortRule::random;
  seen.step = step.value_or(0);
  return seen;
}

Finding<bool> classify_parity(const NatEvidence& evidence) {
  const auto mappings = all_mappings(evidence);
  const auto keeps_parity = [](const SeenMapping& mapping) {
    return mapping.local.port % 2 == mapping.external.port % 2;
  };
  if (!std::ranges::all_of(mappings, keeps_parity)) return false;
  const auto even = std::ranges::count_if(
      mappings, [](const SeenMapping& mapping) { return mapping.local.port % 2 == 0; });
  const bool both = even > 0 && static_cast<size_t>(even) < mappings.size();
  if (!both || mappings.size() < enough_for_parity)
    return Unknown{Reason::not_tested, "too few mappings to tell parity from chance"};
  return true;
}

Finding<ExternalAddresses> classify_external_addresses(const NatEvidence& evidence) {
  std::map<IpAddress, std::set<IpAddress>> by_host;
  std::set<IpAddress> all;
  for (const auto& mapping : all_mappings(evidence)) {
    by_host[mapping.local.address].insert(mapping.external.address);
    all.insert(mapping.external.address);
  }
  if (all.empty()) return Unknown{Reason::not_tested, "no mapping was seen"};
  const bool any_has_several =
      std::ranges::any_of(by_host, [](const auto& host) { return host.second.size() > 1; });
  ExternalAddresses seen{AddressPooling::one_address, {all.begin(), all.end()}};
  if (all.size() > 1)
    seen.pooling = any_has_several ? AddressPooling::arbitrary : AddressPooling::paired;
  return seen;
}

}  // namespace icelab
