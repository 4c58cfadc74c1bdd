#pragma once

namespace icelab {

// What icelab's exit status says; `behind` passes on the status of what it ran instead.
inline constexpr int exit_as_expected = 0;
inline constexpr int exit_unexpected = 1;  // something was not as expected
inline constexpr int exit_usage = 2;       // the command or a file is wrong
inline constexpr int exit_machine = 3;     // this machine cannot run labs

}  // namespace icelab
