#include "netns/linux/own_files.h"

#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace icelab {
namespace {

// Where new text is written before it takes a file's place: any folder does, and every machine has
// this one. It is covered but for a moment.
constexpr const char* workshop = "/tmp";

void write_text(const std::string& path, const std::string& text) {
  const Descriptor file(check(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
                              fmt::format("create {}", path)));
  check(write(file.get(), text.data(), text.size()), fmt::format("write {}", path));
}

void mount_tmpfs(const char* folder) {
  check(mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, nullptr),
        fmt::format("mount a tmpfs on {}", folder));
}

void put_one_in_place(const std::string& path, const std::string& text) {
  mount_tmpfs(workshop);
  const std::string made = fmt::format("{}/file", workshop);
  write_text(made, text);
  check(mount(made.c_str(), path.c_str(), nullptr, MS_BIND, nullptr),
        fmt::format("mount over {}", path));
  // The file stays, and what it lies in with it.
  check(umount2(workshop, MNT_DETACH), "unmount a tmpfs");
}

template <typename Attempt>
void translate_errors(const Attempt& attempt) {
  try {
    attempt();
  } catch (const SystemError& error) {
    throw MachineError(fmt::format("cannot give a program files of its own: {}", error.what()));
  }
}

}  // namespace

void keep_files_to_oneself() {
  translate_errors([] {
    check(unshare(CLONE_NEWNS), "create a mount namespace");
    check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "keep mounts to oneself");
  });
}

void put_in_place(const std::vector<std::pair<std::string, std::string>>& files) {
  translate_errors([&] {
    for (const auto& [path, text] : files) put_one_in_place(path, text);
  });
}

void cover_shared_memory() {
  translate_errors([] { mount_tmpfs("/dev/shm"); });
}

}  // namespace icelab
