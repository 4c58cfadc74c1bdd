#pragma once

#include "netns/fabric/firewall.h"
#include "netns/fabric/link.h"
#include "tests/support/choose.h"
#include "tests/support/packets.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace icelab {

// Whatever packets come to a firewall or a link of any behaviour, some things hold all the same.
// Both judges throw std::logic_error that says what did not.

/// Any behaviour that does not contradict itself.
FirewallBehavior choose_firewall(const Choose& choose);
LinkBehavior choose_link(const Choose& choose);

class FirewallJudge {
 public:
  explicit FirewallJudge(const FirewallBehavior& behavior);
  /// One packet of either IP version, or some time.
  void step(const Choose& choose);

 private:
  void check(const Packet& before, const Packet& after, const Verdict& verdict,
             Direction direction);
  void check_passed(const Packet& packet, Direction direction);
  void check_answer(const Packet& packet, const Packet& answer, Direction direction) const;

  FirewallBehavior behavior_;
  Firewall firewall_;
  Instant now_{std::chrono::hours(1)};
  // Of UDP: who inside, to whom or from whom, ever.
  std::set<std::pair<Endpoint, IpAddress>> sent_;
  std::set<std::pair<Endpoint, Endpoint>> received_;
  std::optional<Packet> last_sent_;
};

class LinkJudge {
 public:
  LinkJudge(const LinkBehavior& behavior, std::uint64_t seed);
  void step(const Choose& choose);

 private:
  void check(const Packet& before, const Verdict& verdict, Direction direction);
  void check_entries(const Packet& before, const Queue& queue, Instant& latest) const;

  LinkBehavior behavior_;
  Link link_, twin_;
  Instant now_{std::chrono::hours(1)};
  std::map<Direction, Instant> latest_;  // arrival
};

}  // namespace icelab
