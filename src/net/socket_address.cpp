#include "src/net/socket_address.h"

#include "src/base/error.h"

#include <netinet/in.h>

#include <array>
#include <cstring>

namespace icelab {
namespace {

template <typename Call>
Endpoint name_of(Call call, int socket, const char* attempt) {
  SocketAddress address;
  check(call(socket, address.get(), address.size_pointer()), attempt);
  return address.endpoint().value_or(Endpoint{});
}

}  // namespace

SocketAddress::SocketAddress(const Endpoint& endpoint)
    : SocketAddress(endpoint, endpoint.address.is_v4() ? AF_INET : AF_INET6) {}

SocketAddress::SocketAddress(const Endpoint& endpoint, int family) {
  if (family == AF_INET) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.v4_bits());
    size_ = sizeof(address);
    std::memcpy(&storage_, &address, sizeof(address));
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    const auto bytes = endpoint.address.bytes();
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    size_ = sizeof(address);
    std::memcpy(&storage_, &address, sizeof(address));
  }
}

std::optional<Endpoint> SocketAddress::endpoint() const {
  return endpoint_of(&storage_);
}

std::optional<Endpoint> endpoint_of(const void* socket_address) {
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, socket_address, sizeof(family));
  if (family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, socket_address, sizeof(address));
    return Endpoint{IpAddress::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
  }
  if (family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, socket_address, sizeof(address));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return Endpoint{IpAddress::v6(bytes), ntohs(address.sin6_port)};
  }
  return std::nullopt;
}

void bind_socket(int socket, const Endpoint& local) {
  const SocketAddress address(local);
  check(bind(socket, address.get(), address.size()), "bind a socket to " + local.to_string());
}

Endpoint local_endpoint(int socket) {
  return name_of(getsockname, socket, "ask a socket for its own address");
}

Endpoint remote_endpoint(int socket) {
  return name_of(getpeername, socket, "ask a socket for its peer's address");
}

}  // namespace icelab
