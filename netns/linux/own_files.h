#pragma once

#include <string>
#include <utility>
#include <vector>

namespace icelab {

// For a thread that ends soon, and what it starts: see run_inside(). Nothing of it touches a disk.
// Each throws MachineError.

/// A mount namespace in which the following change nothing for anybody else.
void keep_files_to_oneself();
/// These files, which must be there, hold other text.
void put_in_place(const std::vector<std::pair<std::string, std::string>>& files);
/// /dev/shm is another, and empty: what is written there is gone with the last who sees it.
void cover_shared_memory();

}  // namespace icelab
