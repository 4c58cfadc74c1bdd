#pragma once

#include "src/base/descriptor.h"
#include "src/net/address.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace icelab {

// Plain sockets inside network namespaces, for measuring. A socket made in one stays there, whoever
// uses it. Their waits are bounded, and generous: what is waited for arrives unless something is
// broken.

/// What had to arrive did not: the box in between is not what one can measure so.
class MeasurementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ReceivedDatagram {
  Endpoint from;
  std::string data;
};

/// Non-blocking. `family` and `type` as for socket(2).
Descriptor open_socket(int network, int family, int type, int protocol = 0);
/// AF_INET or AF_INET6.
int family_of(const IpAddress& address);
/// False if nothing arrives in as much time as any machine needs.
bool is_readable_in_time(const Descriptor& socket);

/// Port 0: any.
Descriptor bound_udp_socket(int network, const Endpoint& local);

class UdpProbe {
 public:
  /// Connected to `remote`, if there is one, it is told ICMP errors.
  UdpProbe(int network, const Endpoint& local, const std::optional<Endpoint>& remote = {});

  void send(const Endpoint& to, std::string_view data) const;
  /// What has arrived by now.
  [[nodiscard]] std::optional<ReceivedDatagram> poll() const;
  /// Throws MeasurementError, naming `what`, if nothing arrives.
  [[nodiscard]] ReceivedDatagram await(std::string_view what) const;
  [[nodiscard]] Endpoint local() const;
  /// From now on datagrams of any size leave whole, and no router may cut them (IPv4's DF), or they
  /// may be cut. Whatever the host believes of the path.
  void forbid_fragments() const;
  void allow_fragments() const;
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
  /// Says nothing to whoever wants to connect, not even no. (Its queue is full, with a connection
  /// from the host's own port `filler`.)
  static TcpProbe stay_silent(int network, const Endpoint& local, std::uint16_t filler);
  /// Begins to connect.
  static TcpProbe connect(int network, const Endpoint& local, const Endpoint& remote);
  /// A connection that has been made by now; throws MeasurementError if there is none.
  [[nodiscard]] TcpProbe accept() const;
  /// Ends a connection at once, and tells the other side so.
  void reset();

  /// How far connecting has come by now.
  [[nodiscard]] Progress progress() const;
  void send(std::string_view data) const;
  /// All that has arrived by now.
  [[nodiscard]] std::string received() const;
  /// Waits until a listener has a connection, or a connection has data. Throws MeasurementError,
  /// naming `what`, if it does not.
  void await(std::string_view what) const;
  [[nodiscard]] Endpoint local() const;
  [[nodiscard]] Endpoint remote() const;

 private:
  explicit TcpProbe(Descriptor socket) : socket_(std::move(socket)) {}
  Descriptor socket_;
  Descriptor filler_;  // of a silent listener's queue
};

}  // namespace icelab
