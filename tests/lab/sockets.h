#pragma once

#include "netns/linux/host.h"
#include "src/base/descriptor.h"
#include "src/net/address.h"

#include <optional>
#include <string>

namespace icelab {

// Plain sockets on a lab's hosts. A socket made on a host stays there, whoever uses it. Each wait
// is bounded, and generous: a busy machine is slow. Of the family of the address they are given;
// ping is of IPv4.

struct Datagram {
  Endpoint from;
  std::string data;
};

class UdpSocket {
 public:
  UdpSocket(const Host& host, const Endpoint& local);
  void send(const Endpoint& to, const std::string& data) const;
  /// The next datagram; throws if there is none for half a minute.
  [[nodiscard]] Datagram receive() const;
  [[nodiscard]] Endpoint local() const;

 private:
  Descriptor socket_;
};

class TcpSocket {
 public:
  static TcpSocket listen(const Host& host, const Endpoint& local);
  static TcpSocket connect(const Host& host, const Endpoint& remote);
  [[nodiscard]] TcpSocket accept() const;
  void send(const std::string& data) const;
  [[nodiscard]] std::string receive() const;
  [[nodiscard]] Endpoint remote() const;

 private:
  explicit TcpSocket(Descriptor socket) : socket_(std::move(socket)) {}
  Descriptor socket_;
};

/// Sends one ICMP echo request and waits for its reply, as ping(8) does; the address that answered.
IpAddress ping(const Host& host, const IpAddress& to);

}  // namespace icelab
