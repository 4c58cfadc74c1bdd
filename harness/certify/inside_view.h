#pragma once

#include "harness/certify/testbed.h"
#include "harness/lab/coturn.h"
#include "src/base/event_loop.h"
#include "src/probe/nat_findings.h"
#include "src/probe/stun_transaction.h"

#include <optional>
#include <string>

namespace icelab {

/// A real coturn outside, at both addresses, and clients that ask it from inside: all that they
/// learn of the NAT they learn as anyone does who is behind one.
class InsideView {
 public:
  /// Returns when coturn answers at all of its four endpoints. Throws MeasurementError.
  explicit InsideView(Testbed& bed);

  /// Silence costs the time that `retransmission` says. The other host inside takes part.
  NatFindings discover(const Retransmission& retransmission);

  /// What coturn's turnutils_natdiscovery makes of it: "endpoint-independent" and so on. It sends
  /// one packet a test, so whatever of its mapping test is not answered is an error; its
  /// filtering test waits three seconds for each answer that does not come.
  std::string ask_natdiscovery_for_mapping();
  std::string ask_natdiscovery_for_filtering();

 private:
  [[nodiscard]] Endpoint server() const { return bed_.outside(0, turn_port); }
  void await_answer_at(const Endpoint& endpoint);
  /// Until stop(); throws MeasurementError if coturn fails.
  void run();
  void stop() { loop_.quit(); }
  std::string ask_natdiscovery(const std::string& test, std::uint16_t port);

  Testbed& bed_;
  EventLoop loop_;
  std::optional<std::string> failure_;
  std::unique_ptr<Server> coturn_;
};

}  // namespace icelab
