#pragma once

namespace icelab {

/// Lets this process open as many descriptors as its hard limit allows: a lab holds about ten.
void raise_descriptor_limit();

}  // namespace icelab
