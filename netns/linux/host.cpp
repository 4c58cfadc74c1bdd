#include "netns/linux/host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>

#include "netns/linux/netlink.h"
#include "netns/linux/thread.h"
#include "src/base/error.h"

namespace icelab {
namespace {

/// A thread's namespace is its own business: it ends with the thread, whatever happens in it.
void run_on_own_thread(const std::function<void()>& work) {
  std::exception_ptr failure;
  start_thread([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

Descriptor open_file(const char* path, int flags) {
  return Descriptor(check(open(path, flags | O_CLOEXEC), fmt::format("open {}", path)));
}

Descriptor new_network() {
  if (unshare(CLONE_NEWNET) < 0) {
    const int error = errno;
    const std::string attempt = "create a network namespace";
    if (error == ENOSPC)
      throw MachineError(SystemError(attempt, error).what() +
                         std::string(": raise it with 'sysctl user.max_net_namespaces=65536'"));
    throw MachineError(SystemError(attempt, error).what());
  }
  return open_file("/proc/thread-self/ns/net", O_RDONLY);
}

void set_sysctl(const char* path, char value) {
  const Descriptor file = open_file(path, O_WRONLY);
  check(write(file.get(), &value, 1), fmt::format("write {} to {}", value, path));
}

/// Until labs speak IPv6, an interface must not advertise a link-local address that leads nowhere.
void disable_ipv6() {
  if (access("/proc/sys/net/ipv6", F_OK) != 0) return;
  set_sysctl("/proc/sys/net/ipv6/conf/all/disable_ipv6", '1');
  set_sysctl("/proc/sys/net/ipv6/conf/default/disable_ipv6", '1');
}

Descriptor open_tun_device() {
  constexpr const char* path = "/dev/net/tun";
  const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) return Descriptor(fd);
  const SystemError error(fmt::format("open {}", path));
  switch (error.code()) {
    case EACCES:
    case EPERM:
      throw MachineError(fmt::format(
          "{}\nIts mode must let this user read and write it, as distributions ship it: 'chmod 0666 {}' as root",
          error.what(), path));
    case ENOENT:
    case ENODEV:
      throw MachineError(fmt::format(
          "{}\nThe kernel needs the tun driver: 'modprobe tun'; in a container, '--device {}'",
          error.what(), path));
    default: throw MachineError(error.what());
  }
}

Descriptor create_tun(const std::string& name) {
  Descriptor tun = open_tun_device();
  ifreq request{};
  if (name.size() >= sizeof(request.ifr_name))
    throw std::invalid_argument(fmt::format("interface name {} is too long", name));
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  check(ioctl(tun.get(), TUNSETIFF, &request), fmt::format("create TUN interface {}", name));
  // Closing a TUN that is not persistent unregisters it at once, which takes 37-170 ms of RCU grace
  // periods; a persistent one goes with its namespace, in the kernel's own time.
  check(ioctl(tun.get(), TUNSETPERSIST, 1), fmt::format("keep TUN interface {}", name));
  return tun;
}

/// A raw socket sees a copy of every UDP packet that arrives on its device, IP header and all. A packet socket
/// would do as well, but closing one waits for an RCU grace period, 5 to 12 ms.
Descriptor open_loopback_tap() {
  Descriptor tap(check(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP),
                       "open a raw socket"));
  check(setsockopt(tap.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")),
        "watch the loopback interface");
  return tap;
}

}  // namespace

Host Host::create(const HostConfig& config) {
  Host host;
  run_on_own_thread([&] {
    host.network_ = new_network();
    disable_ipv6();
    host.tun_ = create_tun(config.interface);
    Netlink netlink;
    netlink.set_up(Netlink::loopback());
    const auto interface = Netlink::find(config.interface);
    for (const auto& address : config.addresses) netlink.add_address(interface, address);
    netlink.set_up(interface);
    netlink.add_default_route(interface);
    if (config.watch_loopback) host.loopback_ = open_loopback_tap();
  });
  return host;
}

void run_inside(int network, const std::function<void()>& work) {
  run_on_own_thread([&] {
    check(setns(network, CLONE_NEWNET), "enter a host's network namespace");
    work();
  });
}

}  // namespace icelab
