#include "netns/linux/host.h"

#include "netns/linux/netlink.h"
#include "netns/linux/sysctl.h"
#include "netns/linux/thread.h"
#include "netns/linux/tun.h"
#include "src/base/clock.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <limits>
#include <thread>

namespace icelab {
namespace {

/// Threads that are waited for, also when one more cannot be started.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() {
    for (auto& thread : threads_) thread.join();
  }
  void start(std::function<void()> work) { threads_.push_back(start_thread(std::move(work))); }

 private:
  std::vector<std::thread> threads_;
};

/// Runs each piece of work on a thread of its own, and waits for all. A thread's namespace is its
/// own business: it ends with the thread, whatever happens in it. The first failure comes back.
void run_on_own_threads(const std::vector<std::function<void()>>& works) {
  std::vector<std::exception_ptr> failures(works.size());
  {
    Threads threads;
    for (size_t i = 0; i < works.size(); ++i) {
      threads.start([&work = works[i], &failure = failures[i]] {
        try {
          work();
        } catch (...) {
          failure = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

Descriptor new_network() {
  if (unshare(CLONE_NEWNET) < 0) {
    const int error = errno;
    const std::string attempt = "create a network namespace";
    if (error == ENOSPC) {
      throw MachineError(SystemError(attempt, error).what() +
                         std::string(": raise it with 'sysctl user.max_net_namespaces=65536'"));
    }
    throw MachineError(SystemError(attempt, error).what());
  }
  constexpr const char* path = "/proc/thread-self/ns/net";
  return Descriptor(check(open(path, O_RDONLY | O_CLOEXEC), fmt::format("open {}", path)));
}

/// For the interfaces to come. A host with no address of IPv6 has none of its own making either,
/// which would lead nowhere. One with such addresses has those that it was given, and of link-local
/// ones none but those: ICE agents would offer them to peers that it cannot be reached from. Out of
/// advertisements it makes others only where it is to.
void prepare_ipv6(bool wanted, bool autoconfigured) {
  if (!wanted && access("/proc/sys/net/ipv6", F_OK) != 0) return;
  if (!wanted) return set_sysctl("ipv6/conf/all/disable_ipv6", "1");
  constexpr const char* none = "1";  // IN6_ADDR_GEN_MODE_NONE
  set_sysctl("ipv6/conf/default/disable_ipv6", "0");
  set_sysctl("ipv6/conf/default/addr_gen_mode", none);
  set_sysctl("ipv6/conf/default/accept_ra", autoconfigured ? "1" : "0");
}

/// Lets through what arrives on the loopback device. SO_BINDTODEVICE would not do: it asks for the
/// device of the route, which for a host's own address is the one that has it, eth0.
void accept_only_loopback(const Descriptor& tap) {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_IFINDEX)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(Netlink::loopback().index), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, std::numeric_limits<unsigned>::max()),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  check(setsockopt(tap.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)),
        "watch the loopback interface");
}

/// As much as this user may have: for root there is no limit.
void make_room(const Descriptor& tap) {
  const int bytes = 8 << 20;
  if (setsockopt(tap.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
    check(setsockopt(tap.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)),
          "give a raw socket room for packets");
}

/// A raw socket sees a copy of every UDP packet that arrives, IP header and all. A packet socket
/// would do as well, but closing one waits for an RCU grace period, 5 to 12 ms.
Descriptor open_loopback_tap() {
  Descriptor tap(check(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP),
                       "open a raw socket"));
  accept_only_loopback(tap);
  make_room(tap);
  return tap;
}

bool is_v4(const InterfaceAddress& each) {
  return each.address.is_v4();
}
bool has_ipv6(const InterfaceConfig& config) {
  return !std::ranges::all_of(config.addresses, is_v4);
}
/// So has one without any address.
bool has_ipv4(const InterfaceConfig& config) {
  return !has_ipv6(config) || std::ranges::any_of(config.addresses, is_v4);
}

bool is_formed(const InterfaceConfig& config, const InterfaceAddress& each) {
  return config.autoconfigured && !is_v4(each) && !each.address.is_link_local();
}

/// Of several routers that advertise themselves, the one of the first interface is preferred.
void prefer_router(const InterfaceConfig& config, std::uint32_t metric) {
  constexpr std::uint32_t kernels_own = 1024;
  set_sysctl("ipv6/conf/" + config.name + "/ra_defrtr_metric",
             std::to_string(kernels_own + metric));
}

void attach(Netlink& netlink, const Netlink::Interface& interface, const InterfaceConfig& config,
            std::uint32_t metric) {
  if (config.autoconfigured) prefer_router(config, metric);
  netlink.set_queue_length(interface, interface_queue);
  netlink.set_up(interface);
  for (const auto& each : config.addresses) {
    if (!is_formed(config, each)) netlink.add_address(interface, each);
  }
  const Netlink::RoutePlace preferred{.metric = metric};
  if (has_ipv4(config)) netlink.add_default_route(interface, AF_INET, preferred);
  if (has_ipv6(config) && !config.autoconfigured)
    netlink.add_default_route(interface, AF_INET6, preferred);
}

/// Until then what arrives for it would be sent on, to nowhere.
void await_own(Netlink& netlink, const IpAddress& address) {
  constexpr auto patience = std::chrono::seconds(20);
  constexpr auto interval = std::chrono::microseconds(100);
  const Instant give_up = now() + patience;
  while (!netlink.is_own(address)) {
    if (now() > give_up) {
      throw MachineError(fmt::format("the kernel has not taken {} into use within {} s",
                                     address.to_string(), patience.count()));
    }
    std::this_thread::sleep_for(interval);
  }
}

/// What is sent from an interface's address leaves by that interface, whichever is preferred.
void route_by_source(Netlink& netlink, const std::vector<InterfaceConfig>& configs) {
  std::uint32_t table = 100;
  for (const auto& config : configs) {
    const auto interface = netlink.find(config.name);
    const Netlink::RoutePlace own_table{.table = ++table};
    if (has_ipv4(config)) netlink.add_default_route(interface, AF_INET, own_table);
    if (has_ipv6(config)) netlink.add_default_route(interface, AF_INET6, own_table);
    for (const auto& address : config.addresses) netlink.add_rule(address.address, table);
  }
}

}  // namespace

void Host::set_up(const HostConfig& config) {
  network_ = new_network();
  prepare_ipv6(std::ranges::any_of(config.interfaces, has_ipv6),
               std::ranges::any_of(config.interfaces, &InterfaceConfig::autoconfigured));
  Netlink netlink;
  netlink.set_up(Netlink::loopback());
  for (const auto& interface : config.interfaces) {
    tuns_.push_back(create_tun(interface.name));
    interfaces_.push_back(netlink.find(interface.name));
    attach(netlink, interfaces_.back(), interface, static_cast<std::uint32_t>(tuns_.size()));
  }
  if (config.interfaces.size() > 1) route_by_source(netlink, config.interfaces);
  for (const auto& interface : config.interfaces) {
    for (const auto& each : interface.addresses) {
      if (is_formed(interface, each)) {
        to_be_formed_.push_back(each.address);
      } else if (!is_v4(each)) {
        await_own(netlink, each.address);
      }
    }
  }
  if (config.watch_loopback) loopback_ = open_loopback_tap();
}

void Host::await_addresses() const {
  if (to_be_formed_.empty()) return;
  run_inside(network(), [&] {
    Netlink netlink;
    for (const auto& address : to_be_formed_) await_own(netlink, address);
  });
}

std::vector<std::optional<DropCounts>> Host::count_drops() const {
  std::vector<std::optional<DropCounts>> counts(interfaces_.size());
  run_inside(network(), [&] {
    Netlink netlink;
    for (size_t i = 0; i < interfaces_.size(); ++i) {
      try {
        counts[i] = netlink.count_drops(interfaces_[i]);
      } catch (const SystemError& error) {
        if (error.code() != ENODEV) throw;
      }
    }
  });
  return counts;
}

std::uint64_t Host::count_unheard() const {
  if (!loopback_) return 0;
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  check(getsockopt(loopback_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size),
        "count what a raw socket had no room for");
  return memory[SK_MEMINFO_DROPS];
}

Host Host::create(const HostConfig& config) {
  return std::move(create_all({config})[0]);
}

std::vector<Host> Host::create_all(const std::vector<HostConfig>& configs) {
  std::vector<Host> hosts(configs.size());
  std::vector<std::function<void()>> works;
  for (size_t i = 0; i < configs.size(); ++i)
    works.emplace_back([&host = hosts[i], &config = configs[i]] { host.set_up(config); });
  run_on_own_threads(works);
  return hosts;
}

void run_inside(int network, const std::function<void()>& work) {
  run_on_own_threads({[&] {
    check(setns(network, CLONE_NEWNET), "enter a host's network namespace");
    work();
  }});
}

}  // namespace icelab
