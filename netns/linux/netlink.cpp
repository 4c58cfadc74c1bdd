#include "netns/linux/netlink.h"

#include "netns/linux/netlink_answer.h"
#include "src/base/error.h"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <span>
#include <vector>

namespace icelab {
namespace {

/// The address as rtnetlink wants it: four or sixteen bytes.
std::vector<std::uint8_t> wire_address(const IpAddress& address) {
  const auto all = address.bytes();
  return {all.begin() + (address.is_v4() ? 12 : 0), all.end()};
}

}  // namespace

/// One message: a netlink header, a fixed struct, and attributes, each aligned to four bytes.
class Netlink::Request {
 public:
  template <typename Body>
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
    append(nlmsghdr{});
    append(body);
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  }

  void attribute(std::uint16_t type, std::span<const std::uint8_t> value) {
    append(
        rtattr{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(value.size())), .rta_type = type});
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  void number(std::uint16_t type, std::uint32_t value) {
    attribute(type, {reinterpret_cast<const std::uint8_t*>(&value), sizeof(value)});
  }

  std::span<const std::uint8_t> finish() {
    header().nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    return bytes_;
  }

 private:
  template <typename Value>
  void append(const Value& value) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof(value));
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  std::vector<std::uint8_t> bytes_;
};

Netlink::Netlink()
    : socket_(check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE),
                    "open a netlink socket")) {}

/// As if_nametoindex(3), which needs a socket of its own and does not tell that it got none.
Netlink::Interface Netlink::find(const std::string& name) const {
  ifreq request{};
  name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  check(ioctl(socket_.get(), SIOCGIFINDEX, &request), fmt::format("find interface {}", name));
  return {name, request.ifr_ifindex};
}

void Netlink::set_up(const Interface& interface) {
  ifinfomsg body{};
  body.ifi_index = interface.index;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  Request request(RTM_NEWLINK, 0, body);
  send(request, fmt::format("set interface {} up", interface.name));
}

void Netlink::set_queue_length(const Interface& interface, std::uint32_t packets) {
  ifinfomsg body{};
  body.ifi_index = interface.index;
  Request request(RTM_NEWLINK, 0, body);
  request.number(IFLA_TXQLEN, packets);
  send(request, fmt::format("give interface {} a queue of {} packets", interface.name, packets));
}

DropCounts Netlink::count_drops(const Interface& interface) {
  if_stats_msg body{};
  body.ifindex = static_cast<std::uint32_t>(interface.index);
  body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  Request request(RTM_GETSTATS, 0, body);
  const std::string attempt = fmt::format("read the statistics of interface {}", interface.name);
  const NetlinkAnswer answer = exchange(request, attempt);
  if (const auto error = answer.error()) throw SystemError(attempt, *error);
  NetlinkAnswer::receive(socket_.get(), attempt);  // that it was all
  const auto statistics = answer.attribute<if_stats_msg, rtnl_link_stats64>();
  return {.sent = statistics.tx_dropped, .received = statistics.rx_dropped};
}

void Netlink::add_address(const Interface& interface, const InterfaceAddress& address) {
  ifaddrmsg body{};
  body.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
  body.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix_length);
  body.ifa_index = static_cast<unsigned>(interface.index);
  // Usable at once: nobody else is on the link who could have it too (RFC 4862 section 5.4).
  body.ifa_flags = IFA_F_NODAD;
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body);
  const auto wire = wire_address(address.address);
  request.attribute(IFA_LOCAL, wire);
  request.attribute(IFA_ADDRESS, wire);
  send(request, fmt::format("add address {}/{} to {}", address.address.to_string(),
                            address.prefix_length, interface.name));
}

bool Netlink::is_own(const IpAddress& address) {
  const auto wire = wire_address(address);
  rtmsg body{};
  body.rtm_family = address.is_v4() ? AF_INET : AF_INET6;
  body.rtm_dst_len = static_cast<std::uint8_t>(wire.size() * 8);
  Request request(RTM_GETROUTE, 0, body);
  request.attribute(RTA_DST, wire);
  const std::string attempt = fmt::format("look up the route to {}", address.to_string());
  const NetlinkAnswer answer = exchange(request, attempt);
  if (answer.error()) return false;  // there is none
  NetlinkAnswer::receive(socket_.get(), attempt);
  return answer.body<rtmsg>().rtm_type == RTN_LOCAL;
}

void Netlink::add_default_route(const Interface& interface, int family, const RoutePlace& place) {
  rtmsg body{};
  body.rtm_family = static_cast<std::uint8_t>(family);
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_LINK;
  body.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body);
  request.number(RTA_OIF, static_cast<std::uint32_t>(interface.index));
  request.number(RTA_TABLE, place.table);
  request.number(RTA_PRIORITY, place.metric);
  send(request, fmt::format("add a default route out of {}", interface.name));
}

void Netlink::add_rule(const IpAddress& source, std::uint32_t table) {
  const auto wire = wire_address(source);
  fib_rule_hdr body{};
  body.family = source.is_v4() ? AF_INET : AF_INET6;
  body.src_len = static_cast<std::uint8_t>(wire.size() * 8);
  body.action = FR_ACT_TO_TBL;
  Request request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, body);
  request.attribute(FRA_SRC, wire);
  add_rule(request, table, fmt::format("what {} sends", source.to_string()));
}

void Netlink::add_rule(const Interface& incoming, std::uint32_t table) {
  fib_rule_hdr body{};
  body.family = AF_INET;
  body.action = FR_ACT_TO_TBL;
  Request request(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, body);
  const auto* name = reinterpret_cast<const std::uint8_t*>(incoming.name.c_str());
  request.attribute(FRA_IIFNAME, {name, incoming.name.size() + 1});
  add_rule(request, table, fmt::format("what comes in at {}", incoming.name));
}

void Netlink::add_rule(Request& rule, std::uint32_t table, const std::string& what) {
  rule.number(FRA_TABLE, table);
  send(rule, fmt::format("route {} by table {}", what, table));
}

NetlinkAnswer Netlink::exchange(Request& request, const std::string& attempt) {
  const auto message = request.finish();
  check(::send(socket_.get(), message.data(), message.size(), 0), attempt);
  return NetlinkAnswer::receive(socket_.get(), attempt);
}

void Netlink::send(Request& request, const std::string& attempt) {
  const int error = exchange(request, attempt).error().value_or(EBADMSG);
  if (error != 0) throw SystemError(attempt, error);
}

}  // namespace icelab
