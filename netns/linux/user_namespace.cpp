#include "netns/linux/user_namespace.h"

#include "netns/linux/process.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace icelab {
namespace {

/// By one call: the kernel takes a map whole or not at all.
void write_file(const std::string& path, const std::string& text) {
  const auto attempt = fmt::format("write '{}' to {}", text, path);
  const Descriptor file(check(open(path.c_str(), O_WRONLY | O_CLOEXEC), attempt));
  check(write(file.get(), text.data(), text.size()), attempt);
}

/// A process that keeps a new user namespace in being until it is destroyed, or its maker ends.
class Holder {
 public:
  Holder() : pid_(check(fork(), "start a process")) {
    if (pid_ == 0) hold();
    made_.write.reset();
    end_.read.reset();
  }
  ~Holder() {
    end_.write.reset();
    waitpid(pid_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  [[nodiscard]] bool has_made_it() const {
    char byte = 0;
    return read(made_.read.get(), &byte, 1) == 1;
  }
  [[nodiscard]] std::string path(std::string_view file) const {
    return fmt::format("/proc/{}/{}", pid_, file);
  }

 private:
  [[noreturn]] void hold() {
    end_.write.reset();
    char byte = 0;
    if (unshare(CLONE_NEWUSER) == 0 && write(made_.write.get(), &byte, 1) == 1)
      static_cast<void>(read(end_.read.get(), &byte, 1));
    _exit(0);
  }

  Pipe made_ = Pipe::create();
  Pipe end_ = Pipe::create();
  pid_t pid_;
};

/// Maps each number that exists here to itself: "uid_map" or "gid_map".
void map_to_itself(const Holder& holder, std::string_view file) {
  std::ifstream own(fmt::format("/proc/self/{}", file));
  std::string map;
  for (unsigned long first = 0, outside = 0, count = 0; own >> first >> outside >> count;)
    map += fmt::format("{} {} {}\n", first, first, count);
  write_file(holder.path(file), map);
}

/// Inside, root may raise a thread's priority only as far as a limit allows (setpriority(2)). Where
/// not even root may raise the limit, priorities stay as they are.
void allow_any_priority() {
  constexpr rlimit any{.rlim_cur = 40, .rlim_max = 40};
  setrlimit(RLIMIT_NICE, &any);
}

}  // namespace

void become_namespace_root(int flags) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  check(unshare(CLONE_NEWUSER | flags), "unshare");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("0 {} 1", user));
  write_file("/proc/self/gid_map", fmt::format("0 {} 1", group));
}

bool confine_root() {
  try {
    const Holder holder;
    if (!holder.has_made_it()) return false;
    map_to_itself(holder, "uid_map");
    map_to_itself(holder, "gid_map");
    const Descriptor made(
        check(open(holder.path("ns/user").c_str(), O_RDONLY | O_CLOEXEC), "open a user namespace"));
    allow_any_priority();
    return setns(made.get(), CLONE_NEWUSER) == 0;
  } catch (const SystemError&) {
    return false;
  }
}

}  // namespace icelab
