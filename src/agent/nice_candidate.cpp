#include "src/agent/nice_candidate.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace icelab {
namespace {

CandidateType to_type(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return CandidateType::host;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return CandidateType::server_reflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return CandidateType::peer_reflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return CandidateType::relayed;
  }
  return CandidateType::host;
}

NiceCandidateType to_nice_type(CandidateType type) {
  switch (type) {
    case CandidateType::host:
      return NICE_CANDIDATE_TYPE_HOST;
    case CandidateType::server_reflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case CandidateType::peer_reflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case CandidateType::relayed:
      return NICE_CANDIDATE_TYPE_RELAYED;
  }
  return NICE_CANDIDATE_TYPE_HOST;
}

CandidateTransport to_transport(NiceCandidateTransport transport) {
  switch (transport) {
    case NICE_CANDIDATE_TRANSPORT_UDP:
      return CandidateTransport::udp;
    case NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE:
      return CandidateTransport::tcp_active;
    case NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE:
      return CandidateTransport::tcp_passive;
    case NICE_CANDIDATE_TRANSPORT_TCP_SO:
      return CandidateTransport::tcp_simultaneous_open;
  }
  return CandidateTransport::udp;
}

NiceCandidateTransport to_nice_transport(CandidateTransport transport) {
  switch (transport) {
    case CandidateTransport::udp:
      return NICE_CANDIDATE_TRANSPORT_UDP;
    case CandidateTransport::tcp_active:
      return NICE_CANDIDATE_TRANSPORT_TCP_ACTIVE;
    case CandidateTransport::tcp_passive:
      return NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE;
    case CandidateTransport::tcp_simultaneous_open:
      return NICE_CANDIDATE_TRANSPORT_TCP_SO;
  }
  return NICE_CANDIDATE_TRANSPORT_UDP;
}

}  // namespace

NiceAddress to_nice_address(const Endpoint& endpoint) {
  NiceAddress address;
  nice_address_init(&address);
  if (endpoint.address.is_v4()) {
    nice_address_set_ipv4(&address, endpoint.address.v4_bits());
  } else {
    nice_address_set_ipv6(&address, endpoint.address.bytes().data());
  }
  nice_address_set_port(&address, endpoint.port);
  return address;
}

Endpoint to_endpoint(const NiceAddress& address) {
  const auto port = static_cast<std::uint16_t>(nice_address_get_port(&address));
  if (nice_address_ip_version(&address) == 4)
    return {IpAddress::v4(ntohl(address.s.ip4.sin_addr.s_addr)), port};
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address.s.ip6.sin6_addr, bytes.size());
  return {IpAddress::v6(bytes), port};
}

Endpoint with_discard_port(Endpoint endpoint) {
  if (endpoint.port == 0) endpoint.port = discard_port;
  return endpoint;
}

Candidate to_candidate(const NiceCandidate& candidate) {
  Candidate result;
  result.foundation = candidate.foundation;
  result.component = static_cast<int>(candidate.component_id);
  result.transport = to_transport(candidate.transport);
  result.priority = candidate.priority;
  result.endpoint = with_discard_port(to_endpoint(candidate.addr));
  result.type = to_type(candidate.type);
  const bool has_base = nice_address_is_valid(&candidate.base_addr) != FALSE &&
                        nice_address_equal(&candidate.addr, &candidate.base_addr) == FALSE;
  if (has_base) result.related = with_discard_port(to_endpoint(candidate.base_addr));
  return result;
}

NiceCandidatePointer to_nice_candidate(const Candidate& candidate) {
  NiceCandidatePointer result(nice_candidate_new(to_nice_type(candidate.type)));
  result->transport = to_nice_transport(candidate.transport);
  result->addr = to_nice_address(candidate.endpoint);
  if (candidate.related) result->base_addr = to_nice_address(*candidate.related);
  result->priority = candidate.priority;
  result->component_id = static_cast<guint>(candidate.component);
  const size_t length =
      std::min<size_t>(candidate.foundation.size(), NICE_CANDIDATE_MAX_FOUNDATION - 1);
  candidate.foundation.copy(result->foundation, length);
  result->foundation[length] = '\0';
  return result;
}

}  // namespace icelab
