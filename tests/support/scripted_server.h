#pragma once

#include "src/base/descriptor.h"
#include "src/base/event_loop.h"
#include "src/net/address.h"
#include "src/stun/message.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace icelab {

/// A UDP socket bound to this endpoint, for tests; port 0 is any. Throws SystemError.
Descriptor bound_socket(const Endpoint& local);
/// On an address of 127.0.0.0/8 that no other test program running now uses.
IpAddress loopback_address(std::uint8_t last);

/// An RFC 5780 server on loopback addresses, with a pretended NAT before it: it says that requests
/// came from where that NAT would have mapped them, and withholds the answers that it would filter.
/// Whatever a server can do wrong is put into `bend`.
class ScriptedServer {
 public:
  struct Request {
    StunMessage message;
    Endpoint source;  // as mapped
    Endpoint asked;   // which of the server's endpoints
    int seen;         // how often this transaction has been seen, this time included
  };
  struct Answer {
    Endpoint from;
    TransactionId id;
    std::optional<Endpoint> mapped;
    std::optional<Endpoint> plain_mapped;
    std::optional<Endpoint> origin;
    std::optional<Endpoint> other;
    std::optional<int> error;
    std::vector<std::uint8_t> raw;  // in place of all that
    bool is_lost = false;
  };
  /// RFC 4787 section 5: what may enter a mapping.
  enum class Filtering { none, by_address, by_address_and_port };

  explicit ScriptedServer(EventLoop& loop);

  const Endpoint primary{loopback_address(1), 3478};
  const Endpoint other{loopback_address(2), 3479};

  /// Where the NAT maps a source for a destination; the identity if there is none.
  std::function<Endpoint(const Endpoint& source, const Endpoint& destination)> mapping;
  Filtering filtering = Filtering::none;
  std::function<void(const Request&, Answer&)> bend;

  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
  /// Sends from one of the server's endpoints.
  void send(const Endpoint& from, const Endpoint& to, std::span<const std::uint8_t> bytes);

 private:
  void serve(const Endpoint& asked);
  [[nodiscard]] bool lets_in(const Endpoint& mapped, const Endpoint& from) const;
  [[nodiscard]] Answer answer(const Request& request) const;

  struct Place {
    Descriptor socket;
    EventLoop::Watch watch;
  };
  std::map<Endpoint, Place> places_;
  std::vector<Request> requests_;
  std::map<Endpoint, std::set<Endpoint>> contacted_;  // by which mapping
};

}  // namespace icelab
