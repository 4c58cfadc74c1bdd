#include "harness/lab/name_server.h"

#include "harness/lab/host_place.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/net/prefix.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace icelab {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::string_view domain = "example";  // RFC 2606
constexpr std::uint8_t query_id = 0x1c;

Descriptor memory_file(const std::string& text) {
  Descriptor file(
      check(memfd_create("icelab-name-server", MFD_CLOEXEC), "create a file in memory"));
  check(write(file.get(), text.data(), text.size()), "write a file in memory");
  return file;
}

/// By which a program opens a descriptor that it has inherited.
std::string path_of(const Descriptor& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

std::string record(const std::string& name, const IpAddress& address) {
  return fmt::format("{}. 300 IN {} {}\n", name, address.is_v4() ? "A" : "AAAA",
                     address.to_string());
}

std::string zone_of(const std::string& server, const std::vector<IpAddress>& addresses) {
  std::string zone = fmt::format(
      "{0}. 300 IN SOA ns.{0}. hostmaster.{0}. 1 3600 600 86400 300\n{0}. 300 IN NS ns.{0}.\n",
      domain);
  // Of each family the first, which is what TURN relays from.
  for (const auto& address : first_of_each_family(addresses)) {
    zone += record(fmt::format("ns.{}", domain), address) + record(name_of(server), address);
    if (address.is_v4()) zone += record(ipv4_name_of(server), address);
  }
  return zone;
}

std::string configuration_of(const std::vector<IpAddress>& addresses, const Descriptor& zone) {
  std::string interfaces;
  for (const auto& address : addresses)
    interfaces += fmt::format("  interface: {}\n", address.to_string());
  return fmt::format(R"(server:
{}  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  chroot: ""
  username: ""
  directory: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "dns64 iterator"
  dns64-prefix: {}
remote-control:
  control-enable: no
auth-zone:
  name: "{}."
  zonefile: "{}"
  for-downstream: no
  for-upstream: yes
)",
                     interfaces, well_known_prefix().to_string(), domain, path_of(zone));
}

/// RFC 1035 section 4.1: who is ns.example?
std::vector<std::uint8_t> query() {
  std::vector<std::uint8_t> bytes{0, query_id, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0};
  for (const std::string_view label : {std::string_view("ns"), domain}) {
    bytes.push_back(static_cast<std::uint8_t>(label.size()));
    bytes.insert(bytes.end(), label.begin(), label.end());
  }
  bytes.insert(bytes.end(), {0, 0, 1, 0, 1});
  return bytes;
}

bool answers_query(std::span<const std::uint8_t> bytes) {
  constexpr size_t header = 12;
  return bytes.size() > header && bytes[1] == query_id && (bytes[2] & 0x80) != 0 &&
         (bytes[3] & 0x0f) == 0 && bytes[7] > 0;
}

}  // namespace

std::string name_of(const std::string& server) {
  return fmt::format("{}.{}", server, domain);
}

std::string ipv4_name_of(const std::string& server) {
  return "ipv4." + name_of(server);
}

std::vector<std::pair<std::string, std::string>> files_to_resolve_by(const IpAddress& resolver) {
  return {{"/etc/resolv.conf", fmt::format("nameserver {}\n", resolver.to_string())},
          {"/etc/nsswitch.conf", "hosts: files dns\n"}};
}

/// Distributions install it where the paths of ordinary users do not lead.
std::optional<std::string> find_unbound() {
  for (const char* name : {"unbound", "/usr/sbin/unbound"}) {
    if (const auto found = find_program(name)) return found->string();
  }
  return std::nullopt;
}

std::unique_ptr<Server> start_name_server(EventLoop& loop, int network,
                                          const std::vector<IpAddress>& addresses,
                                          const std::string& server, Server::Ready ready) {
  const Descriptor zone = memory_file(zone_of(server, addresses));
  const Descriptor configuration = memory_file(configuration_of(addresses, zone));
  const auto question = std::make_shared<UdpQuestion>(network, Endpoint{addresses[0], dns_port},
                                                      query(), answers_query);
  return std::make_unique<Server>(
      loop,
      ProgramSpec{
          .arguments = {find_unbound().value_or("unbound"), "-d", "-c", path_of(configuration)},
          .environment = {},
          .network = network,
          .inherited = {zone.get(), configuration.get()}},
      server + ".dns", [question] { return question->ask(); }, std::move(ready));
}

void require_name_server() {
  if (find_unbound()) return;
  throw MachineError(
      "unbound is not installed: no 'unbound' in PATH, nor in /usr/sbin\nTo install it: apt-get "
      "install unbound");
}

}  // namespace icelab
