#pragma once

#include <functional>
#include <thread>

namespace icelab {

/// A thread, or where the machine allows no more of them a SystemError that says so: the standard
/// library's own says "Resource temporarily unavailable" and nothing else.
std::thread start_thread(std::function<void()> work);

}  // namespace icelab
