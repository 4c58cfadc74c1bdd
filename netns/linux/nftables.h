#pragma once

#include <string>

namespace icelab {

/// Gives the firewall of the caller's network namespace these commands, in the words of nft(8): all
/// of them take effect, or none. Throws MachineError where the kernel refuses, saying what it
/// lacks.
void load_nftables(const std::string& commands);

}  // namespace icelab
