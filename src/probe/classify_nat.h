#pragma once

#include "src/probe/nat_evidence.h"
#include "src/probe/nat_findings.h"

#include <optional>

namespace icelab {

// From evidence to findings, by RFC 5780 section 4: pure.
//
// What was answered proves something by itself. Silence proves something only if the server is fit,
// all requests of a transaction went unanswered, and nothing else was lost at the time; and where
// the server is unfit nothing at all is inferred from it.

NatFindings classify_nat(const NatEvidence& evidence);

/// What speaks against the server, or against reaching it: then nothing else is worth asking. May
/// be asked of what evidence there is already.
std::optional<Unknown> server_fault(const NatEvidence& evidence);

/// Whether something in a round was silent that might have been answered, had not packets been
/// lost: such a round is worth repeating.
bool is_doubtful(const SilentRound& round);

// The parts of classify_nat that judge mappings: they expect a fit server.
Finding<MappingSeen> classify_mapping(const NatEvidence& evidence);
Finding<PortsSeen> classify_ports(const NatEvidence& evidence);
Finding<bool> classify_parity(const NatEvidence& evidence);
Finding<ExternalAddresses> classify_external_addresses(const NatEvidence& evidence);
/// Those of the mapping test, in the order in which they were asked for, each once.
std::vector<SeenMapping> mappings_of(const NatEvidence& evidence);

/// Every exchange that took place.
std::vector<const StunExchange*> exchanges_of(const NatEvidence& evidence);

}  // namespace icelab
