#include "harness/lab/log_file.h"

#include "src/base/error.h"
#include "src/base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr off_t longest = 1 << 20;
constexpr size_t longest_excerpt = 200;

}  // namespace

LogFile::LogFile(const std::string& name)
    : file_(check(memfd_create(name.c_str(), MFD_CLOEXEC), "create a log file in memory")) {
  // Several programs' writes, and a program's two streams, go one behind the other.
  fcntl(file_.get(), F_SETFL, O_APPEND);
}

void LogFile::append(std::string_view line) {
  if (static_cast<size_t>(written()) + line.size() >= largest_log) return;
  const std::string text = fmt::format("{}\n", line);
  [[maybe_unused]] const ssize_t length = write(file_.get(), text.data(), text.size());
}

off_t LogFile::written() const {
  return lseek(file_.get(), 0, SEEK_END);
}

std::string LogFile::text() const {
  const off_t size = written();
  const off_t start = std::max<off_t>(0, size - longest);
  std::string text(static_cast<size_t>(size - start), '\0');
  const ssize_t length = pread(file_.get(), text.data(), text.size(), start);
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, length)));
  return start == 0 ? text : fmt::format("[{} bytes left out]\n{}", start, text);
}

std::string LogFile::last_line() const {
  auto lines = split(text(), '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines.empty() ? std::string{} : lines.back().substr(0, longest_excerpt);
}

}  // namespace icelab
