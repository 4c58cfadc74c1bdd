#include "src/base/file.h"

#include "src/base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace icelab {
namespace {

std::string attempt_on(const std::string& path) {
  return fmt::format("reading {}", path);
}

/// Somebody holds its other end.
bool is_pipe_of_a_shell(const std::string& path) {
  struct statfs system {};
  return statfs(path.c_str(), &system) == 0 && system.f_type == PIPEFS_MAGIC;
}

}  // namespace

NotAFile::NotAFile(const std::string& path, const std::string& kind)
    : UsageError(fmt::format("{}: it is {}, not a file", attempt_on(path), kind)),
      reason_(fmt::format("it is {}, not a file", kind)) {}

void require_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;  // whoever opens it says why
  if (S_ISFIFO(status.st_mode) && !is_pipe_of_a_shell(path)) throw NotAFile(path, "a named pipe");
  if (S_ISSOCK(status.st_mode)) throw NotAFile(path, "a socket");
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) throw NotAFile(path, "a device");
}

std::string read_file(const std::string& path, size_t most) {
  require_file(path);
  const auto attempt = attempt_on(path);
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
