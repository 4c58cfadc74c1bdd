#include "harness/observe/fate.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

/// The name of the host whose interface a hop is: "relay" of "relay.eth0".
std::string host_of(const std::string& hop) {
  return hop.substr(0, hop.find('.'));
}

bool is_server(const std::string& hop, const RunRecord& record) {
  return std::ranges::any_of(record.plan.servers,
                             [&](const auto& server) { return server.name == host_of(hop); });
}

CauseReport dropped(const Trip::Loss& loss) {
  return {
      .code = std::string(to_string(loss.drop.reason)), .at = loss.at, .detail = loss.drop.detail};
}

/// The message of the last request's own journey that came furthest: the last seen of it.
const Sighting& last_seen(const CheckTransaction& transaction, const Sightings& sightings,
                          bool response) {
  const Sighting* last = transaction.requests.back();
  for (const auto& sighting : sightings.messages) {
    const bool belongs = sighting.message.transaction == last->message.transaction &&
                         sighting.message.is_response() == response &&
                         sighting.trip->sent >= transaction.requests.back()->trip->sent;
    if (belongs) last = &sighting;
  }
  return *last;
}

}  // namespace

CauseReport find_cause(const CheckTransaction& transaction, const Sightings& sightings,
                       const RunRecord& record) {
  if (transaction.answer && transaction.answer->error) {
    return {
        .code = "no-response",
        .at = {},
        .detail = fmt::format("the check was answered with error {}", *transaction.answer->error)};
  }
  const Sighting& response = last_seen(transaction, sightings, true);
  if (response.message.is_response()) {
    if (response.trip->loss) {
      const auto cause = dropped(*response.trip->loss);
      return {.code = "response-dropped",
              .at = cause.at,
              .detail = fmt::format("the check arrived; its answer did not ({}): {}", cause.code,
                                    cause.detail)};
    }
    return {.code = "response-dropped",
            .at = response.trip->arrival ? response.trip->arrival->at : response.trip->from,
            .detail =
                "the check arrived; its answer was last seen here, or came from another address "
                "than was asked"};
  }

  const Sighting& request = last_seen(transaction, sightings, false);
  if (request.trip->loss) return dropped(*request.trip->loss);
  const std::string at = request.trip->arrival ? request.trip->arrival->at : request.trip->from;
  if (is_server(at, record)) {
    return {.code = "no-permission",
            .at = host_of(at),
            .detail =
                "the TURN server received the check and did not pass it on: its client has no "
                "permission "
                "for the sender, or the allocation is gone"};
  }
  return {.code = "no-response",
          .at = host_of(at),
          .detail = fmt::format("the check arrived at {}, which did not answer", at)};
}

}  // namespace icelab
