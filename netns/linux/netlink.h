#pragma once

#include "netns/fabric/drop_counts.h"
#include "src/base/descriptor.h"
#include "src/net/address.h"

#include <cstdint>
#include <string>

namespace icelab {

class NetlinkAnswer;

/// A conversation with the kernel about the links, addresses and routes of one network namespace:
/// the one in which it was created (rtnetlink(7)). Each call waits for the kernel's answer and
/// throws SystemError, naming what was attempted, if it is a refusal.
class Netlink {
 public:
  Netlink();

  /// An interface as the kernel counts them; looked up once, it serves every request about it.
  struct Interface {
    std::string name;
    int index;
  };
  [[nodiscard]] Interface find(const std::string& name) const;
  /// The loopback interface, the first in every namespace.
  static Interface loopback() { return {"lo", 1}; }

  void set_up(const Interface& interface);
  /// How many packets wait at an interface until they are sent; more are dropped.
  void set_queue_length(const Interface& interface, std::uint32_t packets);
  /// What an interface has dropped since it was made.
  DropCounts count_drops(const Interface& interface);
  void add_address(const Interface& interface, const InterfaceAddress& address);
  /// Whether packets to this address are the host's own: the kernel takes an IPv6 address into use
  /// some time after it was added, or heard of in a router advertisement.
  bool is_own(const IpAddress& address);
  /// Which routing table a route is in, and how it stands to others: the least metric is preferred.
  struct RoutePlace {
    std::uint32_t table = main_table;
    std::uint32_t metric = 0;
  };
  /// A default route straight out of a point-to-point interface.
  /// `family`: AF_INET or AF_INET6.
  void add_default_route(const Interface& interface, int family, const RoutePlace& place);
  /// What has this source address is routed by this table (ip-rule(8)).
  void add_rule(const IpAddress& source, std::uint32_t table);
  /// What has come in at this interface is.
  void add_rule(const Interface& incoming, std::uint32_t table);

 private:
  static constexpr std::uint32_t main_table = 254;  // RT_TABLE_MAIN
  class Request;
  NetlinkAnswer exchange(Request& request, const std::string& attempt);
  void add_rule(Request& rule, std::uint32_t table, const std::string& what);
  void send(Request& request, const std::string& attempt);

  Descriptor socket_;
};

}  // namespace icelab
