#pragma once

#include "netns/fabric/recorder.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// The cause code of what a host's own interface dropped: its statistics tell how many packets, but
/// not which. The network is not to blame for them.
inline constexpr std::string_view interface_dropped = "interface-dropped";

/// A sentence for each interface that dropped any: "interface-dropped at alice.eth0: ...".
std::vector<std::string> describe_host_drops(const Recording& recording);

/// The first interface of this host that dropped any.
std::optional<std::string> dropping_interface(const std::string& host, const Recording& recording);

}  // namespace icelab
