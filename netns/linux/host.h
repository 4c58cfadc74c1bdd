#pragma once

#include "netns/fabric/drop_counts.h"
#include "netns/linux/netlink.h"
#include "src/base/descriptor.h"
#include "src/net/address.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// How many packets of a host's programs wait at each of its interfaces. A program sends its burst
/// faster than anybody reads it, and a TUN makes no sender wait: the kernel's own 500 would lose
/// most of it.
inline constexpr std::uint32_t interface_queue = 5000;

/// How a host is attached to a network.
struct InterfaceConfig {
  std::string name = "eth0";  // libnice and others ignore names like veth0 or docker0
  std::vector<InterfaceAddress> addresses = {};  // of either family; the host has no others
  /// Of IPv6 only the link-local address is given to it. It forms the others from the prefix that
  /// its router advertises (RFC 4862), and learns its default route from there. The link-local
  /// address's interface identifier is theirs too: a TUN has no link-layer address to make one of.
  bool autoconfigured = false;
};

struct HostConfig {
  std::vector<InterfaceConfig> interfaces = {{}};  // at least one
  bool watch_loopback = false;                     // see Host::loopback()
};

/// One computer of a lab: a network namespace, held by a descriptor and nothing else, with TUN
/// devices named like real interfaces and, for each family of which they have addresses, default
/// routes through them. Whatever programs inside send comes out of a tun() as whole IP packets, and
/// what is written there they receive: out of the interface whose address they send from, or else
/// of the first. Destroying it gives everything back to the kernel.
class Host {
 public:
  /// Throws MachineError if /dev/net/tun or namespaces are refused, saying what to do.
  static Host create(const HostConfig& config);
  /// Several, at once: the kernel makes namespaces side by side on several cores.
  static std::vector<Host> create_all(const std::vector<HostConfig>& configs);

  /// Returns when all addresses are in use. Until then a host that is autoconfigured, to which an
  /// advertisement must come meanwhile, may lack some. Throws MachineError if they never are.
  void await_addresses() const;

  /// For setns(2): a thread or child that enters it is on this host.
  [[nodiscard]] int network() const { return network_.get(); }
  /// Non-blocking; see tun.h. Interfaces are counted as they were configured.
  [[nodiscard]] int tun(size_t interface = 0) const { return tuns_.at(interface).get(); }
  /// A raw socket on the host's own loopback device if it was asked for, else -1: the UDP that
  /// programs on one host send to each other, such as relay to relay inside a TURN server, never
  /// leaves through the TUN.
  [[nodiscard]] int loopback() const { return loopback_.get(); }
  /// What each interface has dropped so far; nullopt of one that a program has removed.
  [[nodiscard]] std::vector<std::optional<DropCounts>> count_drops() const;
  /// Packets that loopback() had no room for.
  [[nodiscard]] std::uint64_t count_unheard() const;

 private:
  void set_up(const HostConfig& config);

  Descriptor network_;
  std::vector<Descriptor> tuns_;
  std::vector<Netlink::Interface> interfaces_;  // of each of them
  Descriptor loopback_;
  std::vector<IpAddress> to_be_formed_;
};

/// Runs `work` on a thread of its own that is on the host with this network namespace, and waits
/// for it. The only way anything of ours is ever in a lab's namespace: the caller's thread stays
/// where it was. Exceptions come back.
void run_inside(int network, const std::function<void()>& work);

}  // namespace icelab
