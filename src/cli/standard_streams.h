#pragma once

namespace icelab {

/// Standard streams that were closed when the program was started lead to nowhere from now on:
/// otherwise the first files and devices to be opened would take their numbers, and what is said to
/// a person would go there.
void open_closed_streams();

/// Flushes standard output. False if it could not be written, unless its reader has had enough:
/// `icelab | head -1`.
bool flush_standard_output();

}  // namespace icelab
