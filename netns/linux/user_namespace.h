#pragma once

namespace icelab {

// For a process of one thread (setns(2)).

/// Makes the caller, who is not root, the root of a user namespace in which there is nobody else:
/// the only mapping that needs no privilege (user_namespaces(7)). `flags`: other namespaces to
/// make at once (unshare(2)). Throws SystemError.
void become_namespace_root(int flags);

/// Takes root into a user namespace in which everybody is who he is outside. There he is root over
/// the namespaces that he makes, and no longer over this machine's network, devices and mounts.
/// Files stay his. False, and nothing has changed, where user namespaces are refused, as in a
/// chroot.
bool confine_root();

}  // namespace icelab
