#pragma once

#include <cstddef>

namespace icelab {

/// How many files this process may have open.
size_t descriptor_limit();

/// Lets it have as many open as its hard limit allows.
void raise_descriptor_limit();

}  // namespace icelab
