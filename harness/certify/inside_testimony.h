#pragma once

#include "harness/certify/certificate.h"
#include "src/probe/nat_findings.h"

#include <string>
#include <vector>

namespace icelab {

/// Something that was seen from inside, beside the claim.
struct InsideTestimony {
  std::string property;
  std::string claim;
  Testimony testimony;
};

/// How many mappings a host makes in NAT discovery, at most.
int mappings_for_discovery(const NatBehavior& claim);
/// Whether a NAT of this behaviour lets one discover anything from inside: there is room for as
/// many mappings, and they last.
bool can_be_discovered(const NatBehavior& claim);
/// Whether what one socket sees of the mapping is all there is to see: ports that are preserved and
/// shared look endpoint-independent to whoever is alone.
bool shows_its_mapping_to_one_socket(const NatBehavior& claim);
/// A peer behind the same NAT is reached only through a mapping that lets the caller's in.
bool can_be_called_from_inside(const NatBehavior& claim);

/// What an RFC 5780 client that had a neighbor found, as far as its questions are about something
/// that a NAT claims. Something unknown speaks against the claim, but for what is hidden by other
/// behaviour that is claimed as well. Pure.
std::vector<InsideTestimony> compare_with_claim(const NatBehavior& claim,
                                                const NatFindings& findings);

}  // namespace icelab
