#pragma once

namespace icelab {

/// What this thread starts from now on is root no further than a computer's owner needs: it sees to
/// interfaces, firewalls, raw sockets, ports and users, and enters no other namespace, mounts
/// nothing and makes no device nodes. For a thread that ends soon: see run_inside().
void limit_capabilities();

}  // namespace icelab
