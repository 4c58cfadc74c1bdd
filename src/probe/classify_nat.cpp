#include "src/probe/classify_nat.h"

#include "src/base/overloaded.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace icelab {
namespace {

using Reason = Unknown::Reason;

Unknown unfit(std::string detail) {
  return {Reason::server_unfit, std::move(detail)};
}

const StunMessage* answer_of(const std::optional<StunExchange>& exchange) {
  return exchange ? exchange->answer() : nullptr;
}

Unknown refusal(const Endpoint& server, const Refused& refused) {
  const std::string word = std::strerror(refused.error);
  if (!refused.from)
    return {Reason::blocked, fmt::format("cannot send to {}: {}", server.to_string(), word)};
  // A firewall on the way says "port unreachable" as well, but under its own address.
  if (refused.error == ECONNREFUSED && refused.from == server.address)
    return unfit(fmt::format("nobody listens at {}", server.to_string()));
  return {Reason::blocked,
          fmt::format("{} says of {}: {}", refused.from->to_string(), server.to_string(), word)};
}

/// An answer that says of itself that it came from elsewhere, or that did.
std::optional<Unknown> untrue_answer(const StunExchange& exchange) {
  if (!exchange.elsewhere.empty() && exchange.answer() == nullptr) {
    return unfit(fmt::format("asked at {} to answer from {}, it answered from {}",
                             exchange.query.server.to_string(),
                             exchange.query.expected_source().to_string(),
                             exchange.elsewhere.front().source.to_string()));
  }
  const auto* answered = std::get_if<Answered>(&exchange.outcome);
  if (answered == nullptr || exchange.query.classic) return std::nullopt;
  if (!answered->message.response_origin) return unfit("its answer has no RESPONSE-ORIGIN");
  if (*answered->message.response_origin == answered->source) return std::nullopt;
  return unfit(fmt::format("it says that it answered from {}, but the answer came from {}",
                           answered->message.response_origin->to_string(),
                           answered->source.to_string()));
}

std::optional<Unknown> attributes_fault(const StunMessage& answer, const Endpoint& server) {
  if (!answer.xor_mapped_address) return unfit("its answer has no XOR-MAPPED-ADDRESS");
  if (!answer.other_address) return unfit("its answer has no OTHER-ADDRESS");
  const Endpoint& other = *answer.other_address;
  if (other.address.is_v4() != server.address.is_v4())
    return unfit(fmt::format("its OTHER-ADDRESS {} is of another family", other.to_string()));
  if (other.address == server.address)
    return unfit(fmt::format("its OTHER-ADDRESS {} is not another address", other.to_string()));
  if (other.port == server.port)
    return unfit(fmt::format("its OTHER-ADDRESS {} has no other port", other.to_string()));
  return std::nullopt;
}

bool any_loss(const NatEvidence& evidence) {
  return std::ranges::any_of(exchanges_of(evidence),
                             [](const auto* exchange) { return exchange->lost_packets(); });
}

/// Silence of the server itself, where no NAT can be the reason.
Unknown no_answer(const NatEvidence& evidence, std::string detail) {
  return {any_loss(evidence) ? Reason::lossy : Reason::server_unfit, std::move(detail)};
}

/// Whether it answers from its other endpoints those who have asked there.
std::optional<Unknown> opened_fault(const NatEvidence& evidence,
                                    const std::optional<OpenedTest>& test) {
  if (!test || !test->other) return std::nullopt;
  const auto other = test->other->query.server.to_string();
  if (test->other->answer() == nullptr)
    return no_answer(evidence, fmt::format("it does not answer at {}", other));
  if (!test->changed || test->changed->answer() != nullptr) return std::nullopt;
  return no_answer(
      evidence, fmt::format("asked to, it does not answer from {}, where it can be asked", other));
}

/// Whether it never answered at one of the endpoints that the mapping test asks.
std::optional<Unknown> mapping_fault(const NatEvidence& evidence,
                                     std::optional<StunExchange> MappingSeries::*test) {
  const StunExchange* asked = nullptr;
  for (const auto& series : evidence.mapping) {
    if (!(series.*test)) continue;
    asked = &*(series.*test);
    if (asked->answer() != nullptr) return std::nullopt;
  }
  if (asked == nullptr) return std::nullopt;
  return no_answer(evidence,
                   fmt::format("it does not answer at {}", asked->query.server.to_string()));
}

std::optional<Unknown> error_fault(const NatEvidence& evidence) {
  for (const auto* exchange : exchanges_of(evidence)) {
    if (const auto* error = std::get_if<ErrorResponse>(&exchange->outcome);
        error != nullptr && !exchange->query.classic)
      return unfit(fmt::format("it answers with error {}", error->code));
  }
  return std::nullopt;
}

/// What already the first exchange says.
std::optional<Unknown> contact_fault(const StunExchange& contact) {
  if (auto fault = untrue_answer(contact)) return fault;
  const Endpoint& server = contact.query.server;
  return std::visit(
      Overloaded{
          [&](const Silent&) -> std::optional<Unknown> {
            return Unknown{Reason::blocked, fmt::format("no answer from {} to {} requests",
                                                        server.to_string(), contact.requests)};
          },
          [&](const Refused& refused) -> std::optional<Unknown> {
            return refusal(server, refused);
          },
          [&](const ErrorResponse& error) -> std::optional<Unknown> {
            return unfit(fmt::format("it answers with error {}", error.code));
          },
          [&](const Answered& answered) { return attributes_fault(answered.message, server); }},
      contact.outcome);
}

Finding<bool> classify_translated(const NatEvidence& evidence) {
  return std::ranges::any_of(exchanges_of(evidence), [](const StunExchange* exchange) {
    return exchange->mapped() && exchange->mapped() != exchange->local;
  });
}

/// What was answered in one round counts, whatever another one's silence seemed to say.
Finding<FilteringBehavior> classify_filtering(const NatEvidence& evidence) {
  bool other_heard = false;
  bool other_port_heard = false;
  const SilentRound* sure = nullptr;
  for (const auto& round : evidence.rounds) {
    other_heard |= answer_of(round.change_both.changed) != nullptr;
    other_port_heard |= answer_of(round.change_port.changed) != nullptr;
    if (!is_doubtful(round)) sure = &round;
  }
  if (other_heard) return FilteringBehavior::endpoint_independent;
  if (evidence.rounds.empty()) return Unknown{Reason::not_tested, ""};
  if (sure == nullptr)
    return Unknown{Reason::lossy, "silence is no answer where packets are being lost"};
  for (const auto* test : {&sure->change_both, &sure->change_port}) {
    if (const auto* refused = std::get_if<Refused>(&test->changed->outcome))
      return refusal(test->changed->query.server, *refused);
  }
  return other_port_heard ? FilteringBehavior::address_dependent
                          : FilteringBehavior::address_and_port_dependent;
}

HairpinSource source_of(const HairpinTest& test) {
  const auto mapped = test.sender.mapped();
  if (mapped && test.seen_from->address == mapped->address) return HairpinSource::external;
  if (test.seen_from->address == test.sender.local.address) return HairpinSource::internal;
  return HairpinSource::other;
}

Finding<HairpinSeen> classify_hairpinning(const NatEvidence& evidence, bool may_be_filtered) {
  const HairpinTest* last = nullptr;
  bool sure = false;
  for (const auto& round : evidence.rounds) {
    if (!round.hairpin) continue;
    last = &*round.hairpin;
    if (last->seen_from) return HairpinSeen{source_of(*last), last->seen_from};
    sure |= !is_doubtful(round);
  }
  if (last == nullptr) return Unknown{Reason::not_tested, "not asked for"};
  if (last->receiver.mapped() == last->receiver.local)
    return Unknown{Reason::not_tested, "there is no NAT"};
  if (!sure || !last->hairpin)
    return Unknown{Reason::lossy, "silence is no answer where packets are being lost"};
  if (may_be_filtered) {
    return Unknown{Reason::hidden,
                   "with this mapping and filtering, a packet to the own mapped address would be "
                   "filtered in any case"};
  }
  const bool between_hosts = last->sender.local.address != last->receiver.local.address;
  if (!between_hosts && last->hairpin->is_silent()) {
    return Unknown{Reason::hidden,
                   "nothing came back, but one host alone would not see what comes back under its "
                   "internal address"};
  }
  return HairpinSeen{HairpinSource::none, {}};
}

/// A mapped address of its own for each destination cannot be opened from inside for a neighbour.
bool hides_hairpinning(const NatFindings& findings) {
  const bool open_filter =
      findings.filtering && *findings.filtering == FilteringBehavior::endpoint_independent;
  const bool one_mapping =
      findings.mapping && findings.mapping->behavior == MappingBehavior::endpoint_independent;
  return !open_filter && !one_mapping;
}

/// Every plain copy of the mapped address against what XOR protected.
Finding<bool> classify_payload(const NatEvidence& evidence) {
  bool compared = false;
  const auto compare = [&](const StunMessage& message, const std::optional<Endpoint>& mapped) {
    if (!message.plain_mapped_address || !mapped) return false;
    compared = true;
    return message.plain_mapped_address != mapped;
  };
  for (const auto* exchange : exchanges_of(evidence)) {
    if (exchange->answer() == nullptr) continue;
    const auto mapped = exchange->query.classic ? evidence.contact->mapped() : exchange->mapped();
    if (compare(*exchange->answer(), mapped)) return true;
  }
  if (!compared) return Unknown{Reason::not_tested, "the server sends no MAPPED-ADDRESS"};
  return false;
}

NatFindings all_unknown(const Unknown& unknown) {
  return {.server = unknown,
          .translated = unknown,
          .filtering = unknown,
          .mapping = unknown,
          .ports = unknown,
          .parity_preserved = unknown,
          .external_addresses = unknown,
          .hairpinning = unknown,
          .payload_rewritten = unknown,
          .mappings = {}};
}

bool is_missed(const HairpinTest& test) {
  const bool no_nat = test.receiver.mapped() && *test.receiver.mapped() == test.receiver.local;
  return !test.seen_from && !no_nat;
}

bool unanswered(const FilteringTest& test) {
  return answer_of(test.changed) == nullptr;
}

void add(std::vector<const StunExchange*>& all, const std::optional<StunExchange>& exchange) {
  if (exchange) all.push_back(&*exchange);
}

void add(std::vector<const StunExchange*>& all, const SilentRound& round) {
  for (const auto* test : {&round.change_both, &round.change_port}) {
    all.push_back(&test->primary);
    add(all, test->changed);
  }
  if (!round.hairpin) return;
  all.push_back(&round.hairpin->receiver);
  all.push_back(&round.hairpin->sender);
}

}  // namespace

std::vector<const StunExchange*> exchanges_of(const NatEvidence& evidence) {
  std::vector<const StunExchange*> all;
  add(all, evidence.contact);
  add(all, evidence.classic);
  for (const auto& round : evidence.rounds) add(all, round);
  for (const auto* opened : {&evidence.opened_both, &evidence.opened_port}) {
    if (!*opened) continue;
    all.push_back(&(*opened)->primary);
    add(all, (*opened)->other);
    add(all, (*opened)->changed);
  }
  for (const auto& series : evidence.mapping) {
    all.push_back(&series.primary);
    add(all, series.other_address);
    add(all, series.other);
  }
  return all;
}

std::optional<Unknown> server_fault(const NatEvidence& evidence) {
  if (!evidence.contact) return Unknown{Reason::not_tested, ""};
  if (auto fault = contact_fault(*evidence.contact)) return fault;
  if (auto fault = error_fault(evidence)) return fault;
  for (const auto* exchange : exchanges_of(evidence)) {
    if (auto fault = untrue_answer(*exchange)) return fault;
  }
  if (auto fault = opened_fault(evidence, evidence.opened_both)) return fault;
  if (auto fault = opened_fault(evidence, evidence.opened_port)) return fault;
  if (auto fault = mapping_fault(evidence, &MappingSeries::other_address)) return fault;
  return mapping_fault(evidence, &MappingSeries::other);
}

bool is_doubtful(const SilentRound& round) {
  const bool filtering_silent = unanswered(round.change_both);  // else the other one says no more
  const bool hairpin_silent = round.hairpin && is_missed(*round.hairpin);
  if (!filtering_silent && !hairpin_silent) return false;
  std::vector<const StunExchange*> all;
  add(all, round);
  const bool not_asked = !round.change_both.changed || !round.change_port.changed ||
                         (round.hairpin && hairpin_silent && !round.hairpin->hairpin);
  return not_asked || std::ranges::any_of(all, [](const StunExchange* exchange) {
           const bool came_too_late = exchange->is_silent() && exchange->answers > 0;
           return exchange->lost_packets() || came_too_late;
         });
}

NatFindings classify_nat(const NatEvidence& evidence) {
  if (const auto fault = server_fault(evidence)) return all_unknown(*fault);
  NatFindings findings = all_unknown({Reason::not_tested, ""});
  findings.server =
      BehaviorServer{evidence.contact->query.server, *evidence.contact->answer()->other_address};
  findings.translated = classify_translated(evidence);
  findings.filtering = classify_filtering(evidence);
  findings.mapping = classify_mapping(evidence);
  findings.ports = classify_ports(evidence);
  findings.parity_preserved = classify_parity(evidence);
  findings.external_addresses = classify_external_addresses(evidence);
  findings.hairpinning = classify_hairpinning(evidence, hides_hairpinning(findings));
  findings.payload_rewritten = classify_payload(evidence);
  findings.mappings = mappings_of(evidence);
  return findings;
}

}  // namespace icelab
