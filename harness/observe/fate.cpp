#include "harness/observe/fate.h"

#include "harness/observe/host_drops.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

/// Null if it is no server's.
const ServerSpec* server_at(const std::string& hop, const RunRecord& record) {
  const auto& servers = record.plan.topology.servers;
  const auto found = std::ranges::find(servers, host_of(hop), &ServerSpec::name);
  return found == servers.end() ? nullptr : &*found;
}

bool is_server(const std::string& hop, const RunRecord& record) {
  return server_at(hop, record) != nullptr;
}

/// The hop where a packet was last seen that was not dropped.
const std::string& last_hop(const Trip& trip) {
  return trip.arrival ? trip.arrival->at : trip.from;
}

/// The run was over before the packet had arrived; one overheard on a host is there already.
bool is_under_way(const Trip& trip, const RunRecord& record) {
  return !trip.arrival && !trip.loss && !is_server(trip.from, record);
}

CauseReport dropped(const Trip::Loss& loss) {
  return {
      .code = std::string(to_string(loss.drop.reason)), .at = loss.at, .detail = loss.drop.detail};
}

/// Under which endpoint the other side knows a host's own one, having asked a STUN server from it.
const Candidate* learned_by_stun(const Trip& trip, const RunRecord& record) {
  for (const PeerRecord& peer : record.peers) {
    if (!peer.owns(trip.from)) continue;
    const auto found = std::ranges::find_if(peer.candidates, [&](const Candidate& candidate) {
      return candidate.type == CandidateType::server_reflexive &&
             candidate.transport == CandidateTransport::udp &&
             base_of(candidate) == trip.departure.source();
    });
    if (found != peer.candidates.end()) return &*found;
  }
  return nullptr;
}

/// A NAT's filtering refuses who was not sent to; but was he sent to by another name? His own NAT
/// decided that.
CauseReport refused(const Trip& trip, const RunRecord& record) {
  const Trip::Loss& loss = *trip.loss;
  CauseReport cause = dropped(loss);
  if (loss.drop.reason != DropReason::filtered || !loss.source) return cause;
  const Candidate* learned = learned_by_stun(trip, record);
  if (learned == nullptr || learned->endpoint == *loss.source) return cause;
  cause.code = to_string(DropReason::mapping_mismatch);
  cause.detail =
      fmt::format("its own NAT sends the check from {}, not from {}, which STUN learned: {}",
                  loss.source->to_string(), learned->endpoint.to_string(), cause.detail);
  return cause;
}

CauseReport cut_off(const std::string& what, const Trip& trip) {
  return {.code = "no-response",
          .at = host_of(trip.from),
          .detail = fmt::format("the run ended while {} was on its way", what)};
}

/// A host received something, and nothing came of it: it kept silent, or its own interface dropped
/// what it sent.
CauseReport kept_silent(CauseReport cause, const RunRecord& record) {
  const auto interface = dropping_interface(cause.at, record.recording);
  if (!interface) return cause;
  return {.code = std::string(interface_dropped),
          .at = *interface,
          .detail = fmt::format("{}; but {} has dropped packets unseen, and may have dropped what "
                                "{} sent",
                                cause.detail, *interface, cause.at)};
}

/// The host that has a packet now; nobody if it was dropped or is under way.
std::string holder(const Trip& trip, const RunRecord& record) {
  return trip.loss || is_under_way(trip, record) ? "" : host_of(last_hop(trip));
}

/// The last legs of a check and of its answer: behind a TURN server each message goes on in another
/// packet.
struct Journey {
  const Sighting* request;
  const Sighting* response = nullptr;
};

/// Each leg leaves from where the one before it arrived.
Journey follow(const CheckTransaction& transaction, const Sightings& sightings,
               const RunRecord& record) {
  const Sighting& sent = *transaction.requests.back();
  Journey journey{.request = &sent};
  std::string at = holder(*sent.trip, record);
  for (const Sighting& leg : sightings.messages) {
    const StunMessage& message = leg.message;
    if (message.transaction != sent.message.transaction || leg.trip->sent < sent.trip->sent ||
        host_of(leg.trip->from) != at)
      continue;
    if (message.is_response()) {
      journey.response = &leg;
    } else if (journey.response == nullptr && message.username == sent.message.username) {
      journey.request = &leg;
    } else {
      continue;  // the other agent's check, which has the same id
    }
    at = holder(*leg.trip, record);
  }
  return journey;
}

CauseReport fate_of_response(const Sighting& response, const Sighting& asked,
                             const RunRecord& record) {
  const Trip& trip = *response.trip;
  if (trip.loss) {
    const auto cause = dropped(*trip.loss);
    return {.code = "response-dropped",
            .at = cause.at,
            .detail = fmt::format("the check arrived, its answer did not ({}): {}", cause.code,
                                  cause.detail)};
  }
  if (is_under_way(trip, record)) return cut_off("the answer", trip);
  const std::string& at = last_hop(trip);
  if (at != asked.trip->from) {
    return kept_silent({.code = "response-dropped",
                        .at = host_of(at),
                        .detail = "the check arrived; the TURN server received its answer and did "
                                  "not pass it on"},
                       record);
  }
  const auto remote = [](const Sighting& sighting, const Endpoint& direct) {
    return (sighting.relayed ? sighting.relayed->peer : direct).to_string();
  };
  return {.code = "response-dropped",
          .at = host_of(at),
          .detail = fmt::format("the check was sent to {} and answered from {}, which does not "
                                "count (RFC 8445 section 7.2.5.2.1)",
                                remote(asked, asked.trip->departure.destination()),
                                remote(response, trip.arrival->packet.source()))};
}

bool asks_for_permission(const StunMessage& message) {
  return message.message_class == StunClass::request &&
         (message.method == StunMethod::create_permission ||
          message.method == StunMethod::channel_bind);
}

/// With which error the TURN server last refused a client to send to a peer, if it did (RFC 8656
/// sections 10 and 12).
std::optional<int> refused_permission(const Sighting& request, const Sightings& sightings) {
  std::optional<int> error;
  const StunMessage* asked = nullptr;
  for (const Sighting& each : sightings.messages) {
    const StunMessage& message = each.message;
    if (asks_for_permission(message) && each.trip->from == request.trip->from &&
        message.peer_address && message.peer_address->address == request.relayed->peer.address) {
      asked = &message;
      error.reset();
    } else if (asked != nullptr && message.transaction == asked->transaction) {
      error = message.error_code;
    }
  }
  return error;
}

CauseReport fate_of_request(const Sighting& request, const Sightings& sightings,
                            const RunRecord& record) {
  const Trip& trip = *request.trip;
  if (trip.loss) return refused(trip, record);
  if (is_under_way(trip, record)) return cut_off("the check", trip);
  const std::string& at = last_hop(trip);
  if (!is_server(at, record)) {
    return kept_silent({.code = "no-response",
                        .at = host_of(at),
                        .detail = fmt::format("the check arrived at {}, which did not answer", at)},
                       record);
  }
  if (server_at(at, record)->kind == ServerKind::tinyproxy) {
    return kept_silent({.code = "no-response",
                        .at = host_of(at),
                        .detail = "the proxy received the check and did not send it on: its tunnel "
                                  "to the TURN server is closed"},
                       record);
  }
  if (request.relayed && request.relayed->from_client) {
    if (const auto error = refused_permission(request, sightings)) {
      return {.code = "turn-error",
              .at = host_of(at),
              .detail = fmt::format("the TURN server refused with error {} to relay anything to {}",
                                    *error, request.relayed->peer.address.to_string())};
    }
    return kept_silent(
        {.code = "no-permission",
         .at = host_of(at),
         .detail = fmt::format("the TURN server received the check and did not send it on to "
                               "{}: it has no permission for that address, or the allocation "
                               "is gone",
                               request.relayed->peer.to_string())},
        record);
  }
  const Packet& packet = trip.arrival ? trip.arrival->packet : trip.departure;
  return kept_silent({.code = "no-permission",
                      .at = host_of(at),
                      .detail = fmt::format(
                          "the TURN server received the check at {} and did not pass it on: "
                          "its client has no permission for {}, or the allocation is gone",
                          packet.destination().to_string(), packet.source().address.to_string())},
                     record);
}

CauseReport fate_of_connect(const Trip& syn, const RunRecord& record) {
  if (syn.loss) return dropped(*syn.loss);
  if (is_under_way(syn, record)) return cut_off("the TCP connection request", syn);
  const std::string& at = last_hop(syn);
  return kept_silent(
      {.code = "no-response",
       .at = host_of(at),
       .detail =
           fmt::format("the TCP connection request arrived at {}, and no check followed it", at)},
      record);
}

}  // namespace

CauseReport find_cause(const PairChecks& checks, const Sightings& sightings,
                       const RunRecord& record) {
  if (checks.transactions.empty()) return fate_of_connect(*checks.connects.back(), record);
  const CheckTransaction& transaction = checks.transactions.back();
  const Journey journey = follow(transaction, sightings, record);
  if (transaction.answer && transaction.answer->error) {
    return {
        .code = "error-response",
        .at = host_of(last_hop(*journey.request->trip)),
        .detail = fmt::format("the check was answered with error {}", *transaction.answer->error)};
  }
  if (journey.response == nullptr) return fate_of_request(*journey.request, sightings, record);
  return fate_of_response(*journey.response, *transaction.requests.back(), record);
}

}  // namespace icelab
