#include "netns/linux/capabilities.h"

#include "src/base/error.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

/// As container runtimes give them, without device nodes and with the network's administration.
constexpr std::array kept{CAP_CHOWN,     CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,
                          CAP_KILL,      CAP_SETGID,       CAP_SETUID,  CAP_SETPCAP,
                          CAP_SETFCAP,   CAP_SYS_CHROOT,   CAP_NET_RAW, CAP_NET_BIND_SERVICE,
                          CAP_NET_ADMIN, CAP_AUDIT_WRITE};

}  // namespace

// A program can still become root within these bounds: PR_SET_NO_NEW_PRIVS would keep nothing more
// from this machine, and stop su, sudo and programs with capabilities of their own.
void limit_capabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (std::ranges::find(kept, capability) == kept.end())
      check(prctl(PR_CAPBSET_DROP, capability), "drop a capability");
  }
}

}  // namespace icelab
