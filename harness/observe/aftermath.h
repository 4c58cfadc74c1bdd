#pragma once

#include "harness/observe/run_record.h"
#include "harness/observe/trace.h"
#include "reports/report.h"

#include <optional>
#include <span>
#include <vector>

namespace icelab {

// What followed an event, told by the data that the peers send each other all the time. Pure.

/// From when on data flows again: of what was sent after `from`, something has come through each
/// way.
std::optional<Instant> data_flows_again(std::span<const Beat> beats, Instant from);

/// When the effects of an event can be seen at the earliest: at once, but for an ICE restart when
/// both agents have selected a pair anew. Data goes on over the old one meanwhile.
std::optional<Instant> takes_effect(const EventSpec& event, Instant happened,
                                    std::span<const PeerRecord* const> peers);

/// When an agent first said after `from` and before `until` that it has lost the connection, or has
/// selected another pair.
std::optional<Instant> noticed(std::span<const PeerRecord* const> peers, Instant from,
                               std::optional<Instant> until);

/// By which way what was sent after `from` came through first: through a server, if it did so one
/// way. Nothing if no packet with that data in it was seen: an agent may encrypt it.
std::optional<Path> path_of_data(const RunRecord& record, const std::vector<Trip>& trips,
                                 Instant from);

/// All events of the plan, and what followed.
std::vector<EventReport> observe_events(const RunRecord& record, const std::vector<Trip>& trips);

}  // namespace icelab
