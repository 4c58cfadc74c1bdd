#pragma once

#include <cstddef>
#include <string>

namespace icelab {

/// The whole of a file. Throws SystemError ("reading PATH"), with EFBIG if it has more than `most`
/// bytes.
std::string read_file(const std::string& path, size_t most);

}  // namespace icelab
