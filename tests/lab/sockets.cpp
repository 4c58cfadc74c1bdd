#include "tests/lab/sockets.h"

#include "src/base/error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace icelab {
namespace {

constexpr int patience_ms = 30000;

/// A socket address of either family.
struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

int family_of(const IpAddress& address) {
  return address.is_v4() ? AF_INET : AF_INET6;
}

KernelAddress to_kernel(const Endpoint& endpoint) {
  KernelAddress address;
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.v4_bits());
    address.size = sizeof(v4);
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    const auto bytes = endpoint.address.bytes();
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    address.size = sizeof(v6);
  }
  return address;
}

Endpoint from_kernel(const KernelAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    return {IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {IpAddress::v6(bytes), ntohs(v6.sin6_port)};
}

template <typename Call>
Endpoint ask_name(Call call, int socket) {
  KernelAddress address;
  check(call(socket, address.get(), &address.size), "ask for a socket's name");
  return from_kernel(address);
}

Descriptor open_socket(const Host& host, int family, int type, int protocol = 0) {
  Descriptor opened;
  run_inside(host.network(), [&] {
    opened = Descriptor(check(socket(family, type | SOCK_CLOEXEC, protocol), "open a socket"));
  });
  return opened;
}

void bind_to(int socket, const Endpoint& local) {
  const auto address = to_kernel(local);
  check(bind(socket, address.get(), address.size), "bind to " + local.to_string());
}

void wait_readable(int socket, const std::string& what) {
  pollfd watched{socket, POLLIN, 0};
  if (check(poll(&watched, 1, patience_ms), "wait") == 0) throw std::runtime_error("no " + what);
}

}  // namespace

UdpSocket::UdpSocket(const Host& host, const Endpoint& local)
    : socket_(open_socket(host, family_of(local.address), SOCK_DGRAM)) {
  bind_to(socket_.get(), local);
}

void UdpSocket::send(const Endpoint& to, const std::string& data) const {
  const auto address = to_kernel(to);
  check(sendto(socket_.get(), data.data(), data.size(), 0, address.get(), address.size),
        "send to " + to.to_string());
}

Datagram UdpSocket::receive() const {
  wait_readable(socket_.get(), "datagram");
  std::array<char, 2048> buffer{};
  KernelAddress from;
  const auto length = check(
      recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, from.get(), &from.size), "receive");
  return {from_kernel(from), std::string(buffer.data(), static_cast<size_t>(length))};
}

Endpoint UdpSocket::local() const {
  return ask_name(getsockname, socket_.get());
}

TcpSocket TcpSocket::listen(const Host& host, const Endpoint& local) {
  TcpSocket listener(open_socket(host, family_of(local.address), SOCK_STREAM));
  bind_to(listener.socket_.get(), local);
  check(::listen(listener.socket_.get(), 8), "listen");
  return listener;
}

TcpSocket TcpSocket::connect(const Host& host, const Endpoint& remote) {
  TcpSocket connection(open_socket(host, family_of(remote.address), SOCK_STREAM));
  const auto address = to_kernel(remote);
  // The kernel's own patience is longer than a test's.
  const timeval timeout{patience_ms / 1000, 0};
  setsockopt(connection.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  check(::connect(connection.socket_.get(), address.get(), address.size),
        "connect to " + remote.to_string());
  return connection;
}

TcpSocket TcpSocket::accept() const {
  wait_readable(socket_.get(), "connection");
  return TcpSocket(
      Descriptor(check(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept")));
}

void TcpSocket::send(const std::string& data) const {
  check(::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL), "send");
}

std::string TcpSocket::receive() const {
  wait_readable(socket_.get(), "data");
  std::array<char, 2048> buffer{};
  const auto length = check(recv(socket_.get(), buffer.data(), buffer.size(), 0), "receive");
  return {buffer.data(), static_cast<size_t>(length)};
}

Endpoint TcpSocket::remote() const {
  return ask_name(getpeername, socket_.get());
}

IpAddress ping(const Host& host, const IpAddress& to) {
  const Descriptor socket = open_socket(host, AF_INET, SOCK_RAW, IPPROTO_ICMP);
  icmphdr request{};
  request.type = ICMP_ECHO;
  request.un.echo.id = htons(4711);
  request.un.echo.sequence = htons(1);
  request.checksum = htons(static_cast<std::uint16_t>(~((ICMP_ECHO << 8) + 4711 + 1)));
  const auto address = to_kernel({to, 0});
  check(sendto(socket.get(), &request, sizeof(request), 0, address.get(), address.size),
        "ping " + to.to_string());
  while (true) {
    wait_readable(socket.get(), "echo reply");
    std::array<std::uint8_t, 2048> buffer{};
    KernelAddress from;
    const auto length =
        check(recvfrom(socket.get(), buffer.data(), buffer.size(), 0, from.get(), &from.size),
              "receive an echo reply");
    icmphdr reply{};
    if (static_cast<size_t>(length) < sizeof(iphdr) + sizeof(reply)) continue;
    std::memcpy(&reply, buffer.data() + sizeof(iphdr), sizeof(reply));
    if (reply.type == ICMP_ECHOREPLY && reply.un.echo.id == request.un.echo.id)
      return from_kernel(from).address;
  }
}

}  // namespace icelab
