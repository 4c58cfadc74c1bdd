#pragma once

#include <string>
#include <string_view>

namespace icelab {

/// Sets what stands under /proc/sys/net, "ipv4/ip_forward", in the caller's network namespace.
/// Throws SystemError.
void set_sysctl(const std::string& name, std::string_view value);

}  // namespace icelab
