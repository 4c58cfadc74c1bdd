#include "harness/certify/socket.h"

#include "netns/linux/host.h"
#include "src/base/error.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace icelab {
namespace {

constexpr int patience_ms = 20000;
constexpr int longest_queue = 16;

sockaddr_in to_kernel(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address.v4_bits());
  return address;
}

Endpoint from_kernel(const sockaddr_in& address) {
  return {IpAddress::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

template <typename Call>
Endpoint name_of(Call call, int socket) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  check(call(socket, reinterpret_cast<sockaddr*>(&address), &length), "ask for a socket's name");
  return from_kernel(address);
}

Descriptor open_socket(int network, int type, int protocol = 0) {
  Descriptor opened;
  run_inside(network, [&] {
    opened = Descriptor(
        check(socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), "open a socket"));
  });
  return opened;
}

void bind_to(const Descriptor& socket, const Endpoint& local) {
  const auto address = to_kernel(local);
  check(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        fmt::format("bind to {}", local.to_string()));
}

void wait_readable(int socket) {
  pollfd watched{socket, POLLIN, 0};
  check(poll(&watched, 1, patience_ms), "wait for a socket");
}

Descriptor open_tcp(int network, const Endpoint& local) {
  Descriptor socket = open_socket(network, SOCK_STREAM);
  const int on = 1;
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "share an address");
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "share a port");
  bind_to(socket, local);
  return socket;
}

}  // namespace

UdpProbe::UdpProbe(int network, const Endpoint& local, const std::optional<Endpoint>& remote)
    : socket_(open_socket(network, SOCK_DGRAM)) {
  bind_to(socket_, local);
  if (!remote) return;
  const auto address = to_kernel(*remote);
  check(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        fmt::format("aim at {}", remote->to_string()));
}

void UdpProbe::send(const Endpoint& to, std::string_view data) const {
  const auto address = to_kernel(to);
  check(sendto(socket_.get(), data.data(), data.size(), 0,
               reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        fmt::format("send to {}", to.to_string()));
}

std::optional<ReceivedDatagram> UdpProbe::poll() const {
  std::array<char, 65536> buffer;  // NOLINT: filled by recvfrom
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  const ssize_t length = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
  if (length < 0) return std::nullopt;
  return ReceivedDatagram{from_kernel(from),
                          std::string(buffer.data(), static_cast<size_t>(length))};
}

ReceivedDatagram UdpProbe::await(std::string_view what) const {
  wait_readable(socket_.get());
  if (auto datagram = poll()) return *datagram;
  throw MeasurementError(fmt::format("{} did not arrive at {}", what, local().to_string()));
}

Endpoint UdpProbe::local() const {
  return name_of(getsockname, socket_.get());
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

TcpProbe TcpProbe::connect(int network, const Endpoint& local, const Endpoint& remote) {
  TcpProbe connection(open_tcp(network, local));
  const int on = 1;  // so that an ICMP error can be told from a reset
  check(setsockopt(connection.socket_.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof(on)),
        "ask for ICMP errors");
  const auto address = to_kernel(remote);
  if (::connect(connection.socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) < 0 &&
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

Endpoint TcpProbe::local() const {
  return name_of(getsockname, socket_.get());
}

Endpoint TcpProbe::remote() const {
  return name_of(getpeername, socket_.get());
}

RawProbe::RawProbe(int network) : socket_(open_socket(network, SOCK_RAW, IPPROTO_RAW)) {}

void RawProbe::send(std::span<const std::uint8_t> packet, const IpAddress& to) const {
  const auto address = to_kernel({to, 0});
  check(sendto(socket_.get(), packet.data(), packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        "send a raw packet");
}

}  // namespace icelab
