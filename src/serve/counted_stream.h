#pragma once

#include "src/serve/glib_object.h"

#include <gio/gio.h>

#include <cstddef>
#include <memory>

namespace icelab {

// libsoup queues what a WebSocket is to send without limit, and does not tell how much that is
// (3.6). So it writes to a stream that counts.

/// A stream over `base` that counts what is written. `total` is what all streams that share it are
/// still to write; it belongs to the thread of the loop.
ObjectRef<GIOStream> count_stream(GIOStream* base, std::shared_ptr<size_t> total);

// Of a counted stream:
/// So many bytes have been queued for it.
void expect_written(GIOStream* counted, size_t bytes);
/// What of them has not been written.
size_t unwritten(GIOStream* counted);
/// None of the rest will be.
void forget_unwritten(GIOStream* counted);
/// The stream under it.
GIOStream* counted_base(GIOStream* counted);

}  // namespace icelab
