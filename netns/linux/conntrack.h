#pragma once

namespace icelab {

/// Ends all that the connection tracking of the caller's network namespace remembers. Throws
/// SystemError.
void flush_conntrack();

}  // namespace icelab
