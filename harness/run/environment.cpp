#include "harness/run/environment.h"

#include "netns/linux/containment.h"
#include "netns/linux/process.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace icelab {
namespace {

/// Whether it ends in time.
bool ends_within(const ChildProcess& child, Duration patience) {
  const Instant deadline = now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    pollfd watched{.fd = child.pidfd(), .events = POLLIN, .revents = 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) throw SystemError("wait for a program's version");
  }
}

/// What a program prints, as far as a pipe holds it, which is 64 KiB; nothing unless it succeeds in
/// time. It is read when the program has ended: others that it started may hold on to the pipe.
std::optional<std::string> output_of(const std::vector<std::string>& command, Duration patience) {
  Pipe output = Pipe::create();
  ChildProcess child({.arguments = command,
                      .environment = {},
                      .output = output.write.get(),
                      .error = output.write.get()});
  output.write.reset();
  if (!ends_within(child, patience) || !child.wait().success()) return std::nullopt;
  fcntl(output.read.get(), F_SETFL, O_NONBLOCK);
  std::string text(size_t{64} << 10, '\0');
  const ssize_t length = read(output.read.get(), text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, length)));
  return text;
}

}  // namespace

std::optional<std::string> program_version(const std::filesystem::path& program,
                                           Duration patience) {
  try {
    if (const auto output = output_of({program.string(), "--version"}, patience))
      return output->substr(0, output->find('\n'));
  } catch (const SystemError&) {  // it cannot even be started
  }
  return std::nullopt;
}

Environment describe_environment(const std::vector<RunReport>& runs) {
  utsname names{};
  check(uname(&names), "ask for the kernel's version");
  std::map<std::string, std::string> versions;
  if (const auto coturn = find_program("turnserver"))
    versions["coturn"] = program_version(*coturn).value_or("unknown");
  for (const auto& run : runs) {
    for (const auto& [name, peer] : run.peers) {
      const auto words = split(peer.agent, ' ');
      if (words.size() == 2) versions[words[0]] = words[1];
    }
  }
  return {.kernel = names.release,
          .rootless = is_rootless(),
          .versions = {versions.begin(), versions.end()}};
}

}  // namespace icelab
