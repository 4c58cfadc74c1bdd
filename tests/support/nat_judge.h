#pragma once

#include "netns/fabric/nat.h"
#include "tests/support/choose.h"
#include "tests/support/packets.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace icelab {

/// Any behaviour that does not contradict itself, small ranges and limits preferred.
NatBehavior choose_behavior(const Choose& choose);

/// Sends whatever packets through a NAT of any behaviour and knows what must hold of it all the
/// same. Throws std::logic_error that says what did not.
class NatJudge {
 public:
  /// `ipv6`: a NAT66, not a NAT44.
  NatJudge(const NatBehavior& behavior, bool ipv6, std::uint64_t seed);
  /// One packet, or some time.
  void step(const Choose& choose);

 private:
  struct Result {
    Verdict verdict;
    Packet packet;
  };
  [[nodiscard]] Endpoint choose_inside(const Choose& choose) const;
  [[nodiscard]] Endpoint choose_outside(const Choose& choose) const;
  [[nodiscard]] Packet choose_packet(const Choose& choose, const Endpoint& from,
                                     const Endpoint& to) const;
  [[nodiscard]] Endpoint choose_door(const Choose& choose) const;
  void send_outbound(const Choose& choose);
  void send_inbound(const Choose& choose);
  void send_error(const Choose& choose);
  void send_in_fragments(const Choose& choose);
  /// Through the NAT and through one like it, which must agree.
  Result pass(const Packet& packet, Direction direction);
  void check(const Packet& before, const Result& result, Direction direction);
  void check_outbound(const Packet& before, const Packet& after);
  void check_inbound(const Packet& before, const Packet& after);
  void check_answer(const Packet& before, const Drop& drop, Direction direction) const;
  void check_table() const;
  void check_reply(const Packet& sent, const Packet& seen);
  [[nodiscard]] bool is_external(const IpAddress& address) const;

  NatBehavior behavior_;
  bool ipv6_;
  IpAddress first_external_;
  Nat nat_, twin_;
  Instant now_{std::chrono::hours(1)};
  std::vector<Endpoint> doors_;                      // external endpoints that were seen
  std::set<std::pair<Endpoint, Endpoint>> sent_;     // by whom, to whom, ever
  std::optional<Packet> last_sent_, last_received_;  // as they were outside and inside
};

}  // namespace icelab
