#include "reports/writer.h"

#include "reports/json.h"
#include "reports/junit.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"
#include "src/base/hash.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <utility>

namespace icelab {
namespace {

namespace fs = std::filesystem;

constexpr size_t longest_name = 100;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

/// A file's name for any text; where it cannot stand as it is, its hash keeps it apart from others.
std::string to_file_name(const std::string& text) {
  auto name = text.substr(0, longest_name);
  std::ranges::replace_if(
      name, [](char c) { return !is_plain(c); }, '_');
  const bool is_faithful = text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
                             return is_plain(c) || c == '/';
                           });
  return is_faithful ? name : fmt::format("{}_{:08x}", name, fnv1a(text));
}

/// A file under a name of its own beside the one it is to replace; gone unless it was kept.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)) {
    do {
      partial_ = fmt::format("{}.{:08x}.partial", path_, std::random_device()());
      // Unlike mkstemp(3), it leaves the permissions to the umask.
      file_ = Descriptor(open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    } while (!file_ && errno == EEXIST);
    if (file_) return;
    const int error = errno;
    throw SystemError(attempt(), error);
  }
  ~PartialFile() {
    if (!partial_.empty()) unlink(partial_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t size = ::write(file_.get(), content.data(), content.size());
      if (size < 0 && errno == EINTR) continue;
      content.remove_prefix(static_cast<size_t>(check(size, attempt())));
    }
  }

  void sync() { check(fsync(file_.get()), attempt()); }

  void keep() {
    check(rename(partial_.c_str(), path_.c_str()), attempt());
    partial_.clear();
  }

 private:
  [[nodiscard]] std::string attempt() const { return fmt::format("writing {}", path_); }

  std::string path_;
  std::string partial_;
  Descriptor file_;
};

}  // namespace

std::string artifact_file(const RunReport& run, std::string_view folder,
                          std::string_view extension) {
  auto name = run.parameters.empty() ? run.scenario : fmt::format("{}/{}", run.scenario, run.name);
  if (run.repeat > 0) name += fmt::format("/repeat{}", run.repeat);
  return fmt::format("{}/{}{}", folder, to_file_name(name), extension);
}

void write_file(const std::string& path, std::string_view content) {
  PartialFile file(path);
  file.write(content);
  file.keep();
}

void write_lasting_file(const std::string& path, std::string_view content) {
  PartialFile file(path);
  file.write(content);
  file.sync();
  file.keep();
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && !fs::is_directory(path)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw SystemError(fmt::format("making the folder {}", path), error.value());
}

void write_report(const Report& report, const std::string& folder) {
  make_folder(folder);
  write_lasting_file(fmt::format("{}/{}", folder, report_file), render_json(report));
  write_lasting_file(fmt::format("{}/{}", folder, junit_file), render_junit(report));
}

}  // namespace icelab
