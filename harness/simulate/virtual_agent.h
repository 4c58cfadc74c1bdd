#pragma once

#include "harness/observe/possibility.h"
#include "harness/scenario/scenario.h"
#include "harness/simulate/virtual_network.h"

#include <vector>

namespace icelab {

/// An ICE agent of a simulation that leaves nothing untried: it prunes no pair, gives up none, and
/// nominates none. It has the candidates that a peer's own agent is set up to gather, UDP's only.
class VirtualAgent {
 public:
  struct KnownCandidate {
    CandidateType type;
    Endpoint endpoint;
    auto operator<=>(const KnownCandidate&) const = default;  // NOLINT(modernize-use-nullptr)
  };

  VirtualAgent(VirtualNetwork& network, const PeerSpec& peer,
               const std::vector<ServerSpec>& servers);

  /// Asks its servers, those that have not answered yet.
  void gather();
  [[nodiscard]] bool has_gathered() const;
  [[nodiscard]] const std::vector<KnownCandidate>& candidates() const { return candidates_; }
  void pair_with(const std::vector<KnownCandidate>& remotes);
  /// Sends a check on each of its pairs, one after the other, on time that passes meanwhile.
  void check();
  /// A line for each class of its pairs.
  [[nodiscard]] std::vector<PossiblePair> pairs() const;

 private:
  /// Where checks leave from: a host's endpoint, or one at a TURN server.
  struct Base {
    CandidateType type;
    Endpoint endpoint;
    Channel server;  // of a relayed one: how its server is reached
  };
  struct Question {
    Channel channel;
    std::optional<Endpoint> through;
    bool allocates;
    bool answered = false;
  };
  struct Pair {
    size_t base;
    KnownCandidate remote;
    bool works = false;
  };

  void plan_questions(const std::vector<ServerSpec>& servers);
  void ask_over_udp(const Endpoint& server, bool allocates);
  void ask_over_tcp(const Endpoint& server, const std::vector<ServerSpec>& servers);
  void receive(const Channel& channel, const Message& message);
  void learn(const Channel& channel, const Message& message);
  [[nodiscard]] std::optional<size_t> find_base(const Channel& channel,
                                                const Message& message) const;
  void answer(size_t base, const Endpoint& from, const Message& check);
  void send_check(size_t pair);
  void send(size_t base, const Endpoint& to, Message message);

  VirtualNetwork& network_;
  PeerSpec peer_;
  HostPlace place_;
  std::vector<Question> questions_;
  std::vector<Base> bases_;
  std::vector<KnownCandidate> candidates_;
  std::vector<Pair> pairs_;
};

}  // namespace icelab
