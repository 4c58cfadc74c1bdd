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

std::string output_of(const std::vector<std::string>& command) {
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
  return text;
}

}  // namespace

std::string program_version(const std::filesystem::path& program) {
  try {
    const auto lines = split(output_of({program.string(), "--version"}), '\n');
    for (const auto& line : lines) {
      if (!line.empty()) return line;
    }
  } catch (const SystemError&) {
    return "?";
  }
  return "?";
}

Environment describe_environment(const std::vector<RunReport>& runs) {
  utsname names{};
  check(uname(&names), "ask for the kernel's version");
  std::map<std::string, std::string> versions;
  if (const auto coturn = find_program("turnserver")) versions["coturn"] = program_version(*coturn);
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
