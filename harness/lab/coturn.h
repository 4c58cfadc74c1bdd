#pragma once

#include "harness/lab/server_process.h"
#include "src/base/event_loop.h"
#include "src/net/address.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// What a lab's TURN server is reached by.
inline constexpr std::uint16_t turn_port = 3478;
inline constexpr std::uint16_t turn_web_port = 443;  // as well, for those behind strict firewalls
inline constexpr std::string_view turn_user = "icelab";
inline constexpr std::string_view turn_password = "icelab";

/// One coturn on a host: STUN with RFC 5780's two addresses, and TURN over UDP and
/// TCP.
class Coturn {
 public:
  /// `network`: the host's; `addresses`: all of its own.
  /// Calls `ready` from the loop: with nothing when it has answered a STUN request, and with what
  /// went wrong if it cannot be had, or ends later. Throws SystemError if it cannot be started.
  Coturn(EventLoop& loop, int network, const std::vector<IpAddress>& addresses,
         const std::string& name, std::function<void(std::optional<std::string> failure)> ready);

  [[nodiscard]] const LogFile& log() const { return process_.log(); }

  /// Throws MachineError, with the command that mends it, if coturn is not installed.
  static void require_installed();

 private:
  ServerProcess process_;
};

}  // namespace icelab
