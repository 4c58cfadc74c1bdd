#pragma once

#include "src/ice/candidate.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// RFC 8445 section 6.1.2.6, and `cancelled`: given up before its checks had had all their time,
/// because another pair was nominated.
enum class PairState { frozen, waiting, in_progress, succeeded, failed, cancelled };

/// The words of the agent protocol: "frozen", ..., "in-progress", ...
std::string_view to_string(PairState state);

/// A pair of libnice's check list. Its local end is the one that checks are sent from: a host or a
/// relayed candidate, never a reflexive one. A TCP end that has no port has 0.
struct LoggedPair {
  CandidateTransport local_transport = CandidateTransport::udp;
  Endpoint local;
  CandidateTransport remote_transport = CandidateTransport::udp;
  Endpoint remote;
  PairState state = PairState::frozen;
  bool nominated = false;

  bool operator==(const LoggedPair&) const = default;
};

/// The table of an agent's pairs, put together from what libnice says in its debug log, since no
/// API of libnice tells it (0.1.21 to 0.1.23). Pairs stay in the table when libnice forgets them,
/// as it does with failed and pruned ones. The pair that a check discovers behind a NAT (RFC 8445
/// section 7.2.5.3.2) is never checked itself: what befalls it is told of the pair whose check
/// found it.
class PairLog {
 public:
  /// How many times libnice sends a check before it waits for the last time (Rc, RFC 8489 section
  /// 6.2.1): tells a pair that failed from one that was given up.
  explicit PairLog(int sends_per_check) : sends_per_check_(sends_per_check) {}

  /// One message of the log; those that do not concern a pair are ignored.
  void read(std::string_view message);

  /// In the order in which they were formed.
  [[nodiscard]] const std::vector<LoggedPair>& pairs() const { return pairs_; }

 private:
  /// A pair while libnice knows it, by the name that the log gives it: its place in memory, which
  /// another pair may take later.
  struct Live {
    LoggedPair forming;  // until it has a row
    size_t row =
        no_row;  // in pairs_; a discovered pair shares that of the pair whose check found it
    int sends_left = 0;  // of its latest check
  };
  static constexpr size_t no_row = static_cast<size_t>(-1);

  using Words = std::vector<std::string_view>;
  void on_state(const Words& words);
  void on_endpoints(const Words& words);
  void on_transports(const Words& words);
  void on_check_sent(const Words& words);
  void on_timer_set(const Words& words);
  void on_retransmission(const Words& words);
  void on_retransmissions_stopped(const Words& words);
  void on_retransmissions_resumed(const Words& words);
  void on_pair_found(const Words& words);
  void on_nomination(const Words& words);
  void on_removal(const Words& words);

  Live* find_live(std::string_view name);
  LoggedPair& pair_of(Live& live);

  int sends_per_check_;
  std::vector<LoggedPair> pairs_;
  std::map<std::string, Live, std::less<>> live_;
  std::string latest_check_;  // the pair that it was sent on
};

}  // namespace icelab
