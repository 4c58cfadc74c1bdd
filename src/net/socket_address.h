#pragma once

#include "src/net/address.h"

#include <sys/socket.h>

#include <optional>

namespace icelab {

/// A transport address in the form that the kernel's socket calls take and give, of either family.
class SocketAddress {
 public:
  /// Room for whatever the kernel has to say: pass get() and size_pointer().
  SocketAddress() = default;
  /// Of the endpoint's own family.
  explicit SocketAddress(const Endpoint& endpoint);
  /// For a socket of this family: an IPv6 one knows IPv4 as mapped (RFC 4291 section 2.5.5.2).
  SocketAddress(const Endpoint& endpoint, int family);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] socklen_t* size_pointer() { return &size_; }
  /// Nothing if it is of neither family.
  [[nodiscard]] std::optional<Endpoint> endpoint() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

/// The same of an address that lies somewhere else, whole and of any alignment.
std::optional<Endpoint> endpoint_of(const void* socket_address);

/// Binds a socket. Throws SystemError, naming the endpoint.
void bind_socket(int socket, const Endpoint& local);
/// Where a socket is bound (getsockname). Throws SystemError.
Endpoint local_endpoint(int socket);
/// Whom a socket is connected to (getpeername). Throws SystemError.
Endpoint remote_endpoint(int socket);

}  // namespace icelab
