#pragma once

#include <string>
#include <utility>
#include <vector>

namespace icelab {

/// Gives the calling thread, and what it starts, a mount namespace in which these files, which must
/// be there, hold other text. Nothing of it touches a disk. For a thread that ends soon: see
/// run_inside(). Throws MachineError, naming the file.
void put_in_place(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace icelab
