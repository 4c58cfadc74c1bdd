#include "src/probe/stun_socket.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace icelab {
namespace {

/// What is read at one go, so that a flood does not keep the loop from everything else.
constexpr int most_at_once = 64;

using Buffer = std::array<std::uint8_t, 2048>;

int family_of(int socket) {
  int family = 0;
  socklen_t size = sizeof(family);
  check(getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size), "ask a socket for its family");
  if (family != AF_INET && family != AF_INET6)
    throw std::invalid_argument("STUN over UDP needs an IPv4 or IPv6 socket");
  return family;
}

Endpoint local_of(int socket) {
  const Endpoint local = local_endpoint(socket);
  const bool bound =
      local.port != 0 && local.address != IpAddress::v4(0) && local.address != IpAddress::v6({});
  if (!bound) {
    throw std::invalid_argument(
        fmt::format("a STUN socket must be bound to one address, not to {}", local.to_string()));
  }
  return local;
}

/// RFC 1122 section 3.2.2.1 and RFC 4443 section 3.1: nobody listens there, or it is prohibited.
/// Everything else may pass.
bool is_hard(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH) {
    constexpr std::array hard{ICMP_PROT_UNREACH, ICMP_PORT_UNREACH, ICMP_NET_ANO, ICMP_HOST_ANO,
                              ICMP_PKT_FILTERED};
    return std::ranges::find(hard, error.ee_code) != hard.end();
  }
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_DST_UNREACH) {
    constexpr std::array hard{ICMP6_DST_UNREACH_NOPORT, ICMP6_DST_UNREACH_ADMIN, 5, 6};
    return std::ranges::find(hard, error.ee_code) != hard.end();
  }
  return false;
}

/// The error that accompanies a datagram from the error queue, and who reported it.
const sock_extended_err* error_of(msghdr& header) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    const bool is_error = (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR) ||
                          (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR);
    if (is_error) return reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part));
  }
  return nullptr;
}

std::optional<IpAddress> reporter_of(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_LOCAL) return std::nullopt;
  const auto reporter = endpoint_of(SO_EE_OFFENDER(&error));
  return reporter ? std::optional(reporter->address) : std::nullopt;
}

}  // namespace

StunSocket::StunSocket(EventLoop& loop, Descriptor socket)
    : socket_(std::move(socket)),
      family_(family_of(socket_.get())),
      local_(local_of(socket_.get())) {
  // Without it ICMP errors would not reach a socket that is not connected.
  const int on = 1;
  check(setsockopt(socket_.get(), SOL_IP, IP_RECVERR, &on, sizeof(on)), "ask for ICMP errors");
  if (family_ == AF_INET6) {
    check(setsockopt(socket_.get(), SOL_IPV6, IPV6_RECVERR, &on, sizeof(on)),
          "ask for ICMPv6 errors");
  }
  watch_ = loop.on_readable(socket_.get(), [this] { receive(); });
}

std::optional<int> StunSocket::send(const Endpoint& to, std::span<const std::uint8_t> bytes) {
  if (family_ == AF_INET && !to.address.is_v4()) return EAFNOSUPPORT;
  const SocketAddress address(to, family_);
  const auto attempt = [&] {
    return sendto(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT, address.get(),
                  address.size()) >= 0;
  };
  if (attempt()) return std::nullopt;
  // What failed may have been an earlier datagram, of which ICMP has told meanwhile.
  receive_errors();
  if (attempt() || errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return std::nullopt;
  return errno;
}

void StunSocket::receive() {
  receive_errors();
  Buffer buffer{};
  for (int i = 0; i < most_at_once; ++i) {
    SocketAddress source;
    const ssize_t length = recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                    source.get(), source.size_pointer());
    if (length < 0 && (errno == EAGAIN)) return;
    if (length < 0) continue;  // an ICMP error that has been heard of already
    if (const auto from = source.endpoint())
      deliver(std::span(buffer).first(static_cast<size_t>(length)), *from);
  }
}

void StunSocket::deliver(std::span<const std::uint8_t> bytes, const Endpoint& source) {
  const auto message = StunMessage::parse(bytes);
  if (!message) return;
  const bool taken =
      std::ranges::any_of(users_, [&](User* user) { return user->take(*message, source); });
  if (!taken && on_stray_) on_stray_(*message, source);
}

void StunSocket::receive_errors() {
  Buffer buffer{};
  for (int i = 0; i < most_at_once; ++i) {
    SocketAddress destination;
    alignas(cmsghdr) std::array<std::uint8_t, 512> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_name = destination.get();
    header.msg_namelen = destination.size();
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = recvmsg(socket_.get(), &header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) return;
    const auto* error = error_of(header);
    const auto to = destination.endpoint();
    if (error == nullptr || !to) continue;
    const Undelivered undelivered{*to, std::span(buffer).first(static_cast<size_t>(length)),
                                  static_cast<int>(error->ee_errno), is_hard(*error),
                                  reporter_of(*error)};
    for (auto* user : users_) user->hear(undelivered);
  }
}

}  // namespace icelab
