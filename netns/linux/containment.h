#pragma once

namespace icelab {

/// Puts the rest of the program where it may make network namespaces and where nothing it starts
/// can outlive it. Returns in a new process; the calling one stays behind, passes signals on, and
/// ends with the new one's exit status (128 + N after signal N), so it never returns here.
///
/// The new process lives in its own PID and mount namespace, with a /proc to match, and in its own
/// user namespace as that namespace's root; root does without one where it is refused. When the
/// calling process dies, by SIGKILL too, the PID namespace's init dies with it, and the kernel then
/// kills everything inside.
///
/// Call it with one thread only, before anything is opened that must not be shared.
/// Throws MachineError where the kernel or its policy refuses, saying what to do.
void contain_process();

/// Whether contain_process() was called by somebody else than root.
bool is_rootless();

/// Whether it made a user namespace: what is privileged inside has no rights over this machine's
/// own network.
bool is_in_user_namespace();

}  // namespace icelab
