#include "harness/certify/socket.h"

#include "netns/linux/host.h"
#include "src/base/error.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace icelab {
namespace {

constexpr int patience_ms = 20000;
constexpr int longest_queue = 16;

Descriptor open_tcp(int network, const Endpoint& local) {
  Descriptor socket = open_socket(network, family_of(local.address), SOCK_STREAM);
  const int on = 1;
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "share an address");
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "share a port");
  bind_socket(socket.get(), local);
  return socket;
}

}  // namespace

Descriptor open_socket(int network, int family, int type, int protocol) {
  Descriptor opened;
  run_inside(network, [&] {
    opened = Descriptor(
        check(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), "open a socket"));
  });
  return opened;
}

int family_of(const IpAddress& address) {
  return address.is_v4() ? AF_INET : AF_INET6;
}

bool is_readable_in_time(const Descriptor& socket) {
  pollfd watched{socket.get(), POLLIN, 0};
  return check(poll(&watched, 1, patience_ms), "wait for a socket") > 0;
}

Descriptor bound_udp_socket(int network, const Endpoint& local) {
  Descriptor socket = open_socket(network, family_of(local.address), SOCK_DGRAM);
  bind_socket(socket.get(), local);
  return socket;
}

UdpProbe::UdpProbe(int network, const Endpoint& local, const std::optional<Endpoint>& remote)
    : socket_(bound_udp_socket(network, local)) {
  if (!remote) return;
  const SocketAddress address(*remote);
  check(connect(socket_.get(), address.get(), address.size()),
        fmt::format("aim at {}", remote->to_string()));
}

void UdpProbe::send(const Endpoint& to, std::string_view data) const {
  const SocketAddress address(to);
  check(sendto(socket_.get(), data.data(), data.size(), 0, address.get(), address.size()),
        fmt::format("send to {}", to.to_string()));
}

std::optional<ReceivedDatagram> UdpProbe::poll() const {
  std::array<char, 65536> buffer;  // NOLINT: filled by recvfrom
  SocketAddress from;
  const ssize_t length =
      recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, from.get(), from.size_pointer());
  if (length < 0) return std::nullopt;
  return ReceivedDatagram{from.endpoint().value(),
                          std::string(buffer.data(), static_cast<size_t>(length))};
}

ReceivedDatagram UdpProbe::await(std::string_view what) const {
  if (is_readable_in_time(socket_)) {
    if (auto datagram = poll()) return *datagram;
  }
  throw MeasurementError(fmt::format("{} did not arrive at {}", what, local().to_string()));
}

Endpoint UdpProbe::local() const {
  return local_endpoint(socket_.get());
}

void UdpProbe::forbid_fragments() const {
  const int probe = IP_PMTUDISC_PROBE;
  check(setsockopt(socket_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)),
        "forbid fragments");
}

void UdpProbe::allow_fragments() const {
  const int dont = IP_PMTUDISC_DONT;
  check(setsockopt(socket_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont)),
        "allow fragments");
}

bool UdpProbe::was_refused() const {
  int error = 0;
  socklen_t size = sizeof(error);
  check(getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size), "ask a socket's error");
  return error != 0;
}

TcpProbe TcpProbe::listen(int network, const Endpoint& local) {
  TcpProbe listener(open_tcp(network, local));
  check(::listen(listener.socket_.get(), longest_queue), "listen");
  return listener;
}

TcpProbe TcpProbe::stay_silent(int network, const Endpoint& local, std::uint16_t filler) {
  TcpProbe listener(open_tcp(network, local));
  check(::listen(listener.socket_.get(), 0), "listen");  // a queue for one
  TcpProbe first = connect(network, {local.address, filler}, local);
  listener.await("a connection from the same host");
  listener.filler_ = std::move(first.socket_);
  return listener;
}

TcpProbe TcpProbe::connect(int network, const Endpoint& local, const Endpoint& remote) {
  TcpProbe connection(open_tcp(network, local));
  const bool ipv4 = local.address.is_v4();
  const int on = 1;  // so that an ICMP error can be told from a reset
  check(setsockopt(connection.socket_.get(), ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                   ipv4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof(on)),
        "ask for ICMP errors");
  const SocketAddress address(remote);
  if (::connect(connection.socket_.get(), address.get(), address.size()) < 0 &&
      errno != EINPROGRESS)
    throw SystemError(fmt::format("connect to {}", remote.to_string()));
  return connection;
}

TcpProbe TcpProbe::accept() const {
  Descriptor accepted(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (accepted.get() >= 0) return TcpProbe(std::move(accepted));
  if (errno == EAGAIN)
    throw MeasurementError(fmt::format("no connection arrived at {}", local().to_string()));
  throw SystemError("accept a connection");
}

TcpProbe::Progress TcpProbe::progress() const {
  pollfd watched{socket_.get(), POLLOUT, 0};
  if (check(::poll(&watched, 1, 0), "ask a socket") == 0) return Progress::pending;
  int error = 0;
  socklen_t size = sizeof(error);
  check(getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size), "ask a socket's error");
  if (error == 0) return Progress::connected;
  std::array<char, 512> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const bool by_icmp = recvmsg(socket_.get(), &message, MSG_ERRQUEUE) >= 0;
  return by_icmp ? Progress::unreachable : Progress::refused;
}

/// Not by closing it: a child that is about to be started has a copy of it for a moment, and the
/// connection would live on as long.
void TcpProbe::reset() {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  check(::connect(socket_.get(), &nobody, sizeof(nobody)), "reset a connection");
  socket_ = {};
}

void TcpProbe::send(std::string_view data) const {
  check(::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL), "send over TCP");
}

std::string TcpProbe::received() const {
  std::array<char, 4096> buffer;  // NOLINT: filled by recv
  std::string data;
  while (true) {
    const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (length <= 0) return data;
    data.append(buffer.data(), static_cast<size_t>(length));
  }
}

void TcpProbe::await(std::string_view what) const {
  if (is_readable_in_time(socket_)) return;
  throw MeasurementError(fmt::format("{} did not arrive at {}", what, local().to_string()));
}

Endpoint TcpProbe::local() const {
  return local_endpoint(socket_.get());
}

Endpoint TcpProbe::remote() const {
  return remote_endpoint(socket_.get());
}

}  // namespace icelab
