#include "harness/run/environment.h"

#include "netns/linux/containment.h"
#include "netns/linux/process.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/base/text.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <map>

namespace icelab {
namespace {

/// What a program prints; nothing unless it succeeds.
std::optional<std::string> output_of(const std::vector<std::string>& command) {
  Pipe output = Pipe::create();
  ChildProcess child({.arguments = command,
                      .environment = {},
                      .output = output.write.get(),
                      .error = output.write.get()});
  output.write.reset();
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t length = 0; (length = read(output.read.get(), chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<size_t>(length));
  if (!child.wait().success()) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> program_version(const std::filesystem::path& program) {
  try {
    if (const auto output = output_of({program.string(), "--version"}))
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
    versions["coturn"] = program_version(*coturn).value_or("?");
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
