#pragma once

#include "harness/observe/run_record.h"
#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <span>
#include <string>
#include <vector>

namespace icelab {

/// A run made up packet by packet, for what real runs seldom show. Alice, who controls, and bob are
/// each behind a NAT, and the TURN server "relay" has an allocation for each:
///
///   Story story;
///   story.alice_sends(0, alice, bob_srflx, check("1")).arrives_at_bob(alice_srflx, bob);
///   story.bob_sends(1, bob, alice_srflx, answer("1", alice_srflx)).is_dropped("alice.nat");
///   story.pairs()
class Story {
 public:
  static inline const Endpoint alice = "10.0.1.2:5001"_endpoint;
  static inline const Endpoint alice_srflx = "203.0.113.21:5001"_endpoint;
  static inline const Endpoint alice_relay = "203.0.113.10:50001"_endpoint;
  static inline const Endpoint bob = "10.0.2.2:5002"_endpoint;
  static inline const Endpoint bob_srflx = "203.0.113.22:5002"_endpoint;
  static inline const Endpoint bob_relay = "203.0.113.10:50002"_endpoint;
  static inline const Endpoint turn = "203.0.113.10:3478"_endpoint;

  Story();

  /// A packet that has left its host.
  class Sent {
   public:
    /// Where it was delivered, with the addresses that it then had.
    Sent& arrives(const std::string& host, const Endpoint& source, const Endpoint& destination);
    Sent& arrives_at_alice(const Endpoint& source, const Endpoint& destination);
    Sent& arrives_at_bob(const Endpoint& source, const Endpoint& destination);
    Sent& arrives_at_relay(const Endpoint& source, const Endpoint& destination);
    Sent& is_dropped(const std::string& hop, DropReason reason = DropReason::filtered);
    /// By a NAT's filtering, with the addresses that it then had.
    Sent& is_filtered(const std::string& hop, const Endpoint& source, const Endpoint& destination);

   private:
    friend class Story;
    Sent(Story& story, PacketId packet, Instant time, std::span<const std::uint8_t> payload)
        : story_(story), packet_(packet), time_(time), payload_(payload.begin(), payload.end()) {}
    Story& story_;
    PacketId packet_;
    Instant time_;
    Bytes payload_;
  };

  Sent alice_sends(int ms, const Endpoint& source, const Endpoint& destination,
                   std::span<const std::uint8_t> payload);
  Sent bob_sends(int ms, const Endpoint& source, const Endpoint& destination,
                 std::span<const std::uint8_t> payload);
  Sent relay_sends(int ms, const Endpoint& source, const Endpoint& destination,
                   std::span<const std::uint8_t> payload);

  /// A check of alice's and bob's answer to it, both through their NATs, 1 ms each way.
  void alice_checks_bob(int ms, std::string_view id, bool nominate = false);
  void bob_checks_alice(int ms, std::string_view id, bool nominate = false);
  /// Both get what their TURN server has for them.
  void both_allocate();
  void ends(int ms);

  [[nodiscard]] PeerRecord& peer(size_t index) { return record_.peers[index]; }
  [[nodiscard]] RunRecord& record() { return record_; }
  [[nodiscard]] const RunRecord& record() const { return record_; }

 private:
  Sent send(int ms, const std::string& host, const Endpoint& source, const Endpoint& destination,
            std::span<const std::uint8_t> payload);
  void allocate(const std::string& host, const Endpoint& host_endpoint, const Endpoint& srflx,
                const Endpoint& relayed);
  void observe(Instant time, PacketId packet, const std::string& hop, Event event,
               std::span<const std::uint8_t> bytes, std::optional<Drop> drop = {});

  RunRecord record_;
  std::uint64_t packets_ = 0;
};

// What they send. A check carries PRIORITY, which makes it one; `from` tells whose it is.
Bytes check(std::string_view id, bool nominate = false, std::string_view from = "alice");
Bytes answer(std::string_view id, const Endpoint& mapped);
Bytes refusal(std::string_view id, int code);
Bytes send_indication(const Endpoint& peer, std::span<const std::uint8_t> data);
Bytes data_indication(const Endpoint& peer, std::span<const std::uint8_t> data);

}  // namespace icelab
