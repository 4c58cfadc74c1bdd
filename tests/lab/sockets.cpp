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
Endpoint ask_name(Call call, int socket) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  check(call(socket, reinterpret_cast<sockaddr*>(&address), &length), "ask for a socket's name");
  return from_kernel(address);
}

Descriptor open_socket(const Host& host, int type, int protocol = 0) {
  Descriptor opened;
  run_inside(host.network(), [&] {
    opened = Descriptor(check(socket(AF_INET, type | SOCK_CLOEXEC, protocol), "open a socket"));
  });
  return opened;
}

void bind_to(int socket, const Endpoint& local) {
  const auto address = to_kernel(local);
  check(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        "bind to " + local.to_string());
}

void wait_readable(int socket, const std::string& what) {
  pollfd watched{socket, POLLIN, 0};
  if (check(poll(&watched, 1, patience_ms), "wait") == 0) throw std::runtime_error("no " + what);
}

}  // namespace

UdpSocket::UdpSocket(const Host& host, const Endpoint& local)
    : socket_(open_socket(host, SOCK_DGRAM)) {
  bind_to(socket_.get(), local);
}

void UdpSocket::send(const Endpoint& to, const std::string& data) const {
  const auto address = to_kernel(to);
  check(sendto(socket_.get(), data.data(), data.size(), 0,
               reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        "send to " + to.to_string());
}

Datagram UdpSocket::receive() const {
  wait_readable(socket_.get(), "datagram");
  std::array<char, 2048> buffer{};
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  const auto length = check(recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &size),
                            "receive");
  return {from_kernel(from), std::string(buffer.data(), static_cast<size_t>(length))};
}

Endpoint UdpSocket::local() const {
  return ask_name(getsockname, socket_.get());
}

TcpSocket TcpSocket::listen(const Host& host, const Endpoint& local) {
  TcpSocket listener(open_socket(host, SOCK_STREAM));
  bind_to(listener.socket_.get(), local);
  check(::listen(listener.socket_.get(), 8), "listen");
  return listener;
}

TcpSocket TcpSocket::connect(const Host& host, const Endpoint& remote) {
  TcpSocket connection(open_socket(host, SOCK_STREAM));
  const auto address = to_kernel(remote);
  // The kernel's own patience is longer than a test's.
  const timeval timeout{patience_ms / 1000, 0};
  setsockopt(connection.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  check(::connect(connection.socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)),
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
  const Descriptor socket = open_socket(host, SOCK_RAW, IPPROTO_ICMP);
  icmphdr request{};
  request.type = ICMP_ECHO;
  request.un.echo.id = htons(4711);
  request.un.echo.sequence = htons(1);
  request.checksum = htons(static_cast<std::uint16_t>(~((ICMP_ECHO << 8) + 4711 + 1)));
  const auto address = to_kernel({to, 0});
  check(sendto(socket.get(), &request, sizeof(request), 0,
               reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
        "ping " + to.to_string());
  while (true) {
    wait_readable(socket.get(), "echo reply");
    std::array<std::uint8_t, 2048> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const auto length = check(recvfrom(socket.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &size),
                              "receive an echo reply");
    icmphdr reply{};
    if (static_cast<size_t>(length) < sizeof(iphdr) + sizeof(reply)) continue;
    std::memcpy(&reply, buffer.data() + sizeof(iphdr), sizeof(reply));
    if (reply.type == ICMP_ECHOREPLY && reply.un.echo.id == request.un.echo.id)
      return from_kernel(from).address;
  }
}

}  // namespace icelab
