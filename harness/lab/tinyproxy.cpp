#include "harness/lab/tinyproxy.h"

#include "src/base/error.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string_view>

namespace icelab {
namespace {

const Endpoint itself{*IpAddress::parse("127.0.0.1"), proxy_port};

std::string configuration() {
  return fmt::format(
      "Port {}\n"
      "Timeout 600\n"
      "MaxClients 100\n"
      "LogLevel Connect\n"
      "ConnectPort 443\n"
      "ConnectPort 563\n",
      proxy_port);
}

/// A file in memory, so that nothing is left on disk.
Descriptor file_of(std::string_view text) {
  Descriptor file(check(memfd_create("tinyproxy.conf", MFD_CLOEXEC), "create a file in memory"));
  const ssize_t written =
      check(write(file.get(), text.data(), text.size()), "write a file in memory");
  if (static_cast<std::size_t>(written) != text.size())
    throw MachineError("no memory for tinyproxy's configuration");
  return file;
}

}  // namespace

void require_tinyproxy() {
  require_program("tinyproxy", "tinyproxy");
}

std::unique_ptr<Server> start_tinyproxy(EventLoop& loop, int network, const std::string& name,
                                        Server::Ready ready) {
  const Descriptor file = file_of(configuration());
  // It opens its configuration by name: that of its standard input begins at the beginning.
  return std::make_unique<Server>(
      loop,
      ProgramSpec{.arguments = {"tinyproxy", "-d", "-c", "/proc/self/fd/0"},
                  .environment = {},
                  .network = network,
                  .input = file.get()},
      name, [network] { return takes_connections(network, itself); }, std::move(ready));
}

}  // namespace icelab
