#pragma once

#include "src/serve/glib_object.h"
#include "src/serve/stream_poller.h"

#include <gio/gio.h>

#include <cstddef>
#include <memory>

namespace icelab {

// A stream that lets libsoup read no more than it should: up to 3.6 it puts the fragments of a
// WebSocket message together whatever they come to (CVE-2025-32049), and reads one connection for
// as long as anything comes, while all the others wait.

/// A connection, of which so many bytes may be read that are no message; then reading fails, as it
/// does once the poller calls it silent. Some come back with time, for a client that pings. What is
/// read in one turn of the loop is limited too: the rest is there in the next.
ObjectRef<GIOStream> meter_stream(GSocketConnection* base, size_t limit,
                                  std::shared_ptr<StreamPoller> poller);

/// Its place among the poller's.
std::shared_ptr<PolledStream> place_of(GIOStream* metered);

/// So many of the bytes that were read were a message.
void credit_meter(GIOStream* metered, size_t bytes);

}  // namespace icelab
