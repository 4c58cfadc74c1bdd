#pragma once

#include "src/serve/glib_object.h"

#include <gio/gio.h>

#include <cstddef>
#include <memory>

namespace icelab {

// libsoup queues what a WebSocket is to send without limit, answers to pings among it, and does not
// tell how much that is (3.6). So it writes to a stream that counts, and whose client is not read
// while it does not read itself.

/// A stream over `base`, which is `metered` or TLS over it, that counts what is written. `total` is
/// what all streams that share it are still to write; it belongs to the thread of the loop.
ObjectRef<GIOStream> count_stream(GIOStream* base, GIOStream* metered,
                                  std::shared_ptr<size_t> total);

// Of a counted stream:
/// So many bytes have been queued for it.
void expect_written(GIOStream* counted, size_t bytes);
/// What of them has not been written.
size_t unwritten(GIOStream* counted);
/// None of the rest will be.
void forget_unwritten(GIOStream* counted);
/// The one under it.
GIOStream* metered_under(GIOStream* counted);

}  // namespace icelab
