#include "src/base/file.h"

#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace icelab {

std::string read_file(const std::string& path, size_t most) {
  const auto attempt = fmt::format("reading {}", path);
  const Descriptor file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), attempt));
  std::string content;
  std::array<char, 16384> block{};
  while (true) {
    const ssize_t size = read(file.get(), block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (check(size, attempt) == 0) return content;
    content.append(block.data(), static_cast<size_t>(size));
    if (content.size() > most) throw SystemError(attempt, EFBIG);
  }
}

}  // namespace icelab
