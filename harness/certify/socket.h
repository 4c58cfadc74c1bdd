#pragma once

#include "src/base/descriptor.h"
#include "src/net/address.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace icelab {

// Plain sockets inside network namespaces, for measuring. Their waits are bounded, and generous:
// what is waited for arrives unless something is broken.

/// What had to arrive did not: the box in between is not what one can measure so.
class MeasurementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ReceivedDatagram {
  Endpoint from;
  std::string data;
};

class UdpProbe {
 public:
  /// Port 0: any. Connected to `remote`, if there is one, it is told ICMP errors.
  UdpProbe(int network, const Endpoint& local, const std::optional<Endpoint>& remote = {});

  void send(const Endpoint& to, std::string_view data) const;
  /// What has arrived by now.
  [[nodiscard]] std::optional<ReceivedDatagram> poll() const;
  /// Throws MeasurementError, naming `what`, if nothing arrives.
  [[nodiscard]] ReceivedDatagram await(std::string_view what) const;
  [[nodiscard]] Endpoint local() const;
  /// Whether an ICMP error has arrived; asking forgets it.
  [[nodiscard]] bool was_refused() const;

 private:
  Descriptor socket_;
};

/// A TCP socket that may share its local port with others: a listener beside connections.
class TcpProbe {
 public:
  enum class Progress { pending, connected, refused, unreachable };

  static TcpProbe listen(int network, const Endpoint& local);
  /// Begins to connect.
  static TcpProbe connect(int network, const Endpoint& local, const Endpoint& remote);
  /// A connection that has been made by now; throws MeasurementError if there is none.
  [[nodiscard]] TcpProbe accept() const;

  /// How far connecting has come by now.
  [[nodiscard]] Progress progress() const;
  [[nodiscard]] Endpoint local() const;
  [[nodiscard]] Endpoint remote() const;

 private:
  explicit TcpProbe(Descriptor socket) : socket_(std::move(socket)) {}
  Descriptor socket_;
};

/// Sends whole IP packets, headers and all.
class RawProbe {
 public:
  explicit RawProbe(int network);
  void send(std::span<const std::uint8_t> packet, const IpAddress& to) const;

 private:
  Descriptor socket_;
};

}  // namespace icelab
