#include "netns/linux/sysctl.h"

#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace icelab {

void set_sysctl(const std::string& name, std::string_view value) {
  const std::string path = "/proc/sys/net/" + name;
  const Descriptor file(check(open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path));
  check(write(file.get(), value.data(), value.size()), fmt::format("write {} to {}", value, path));
}

}  // namespace icelab
