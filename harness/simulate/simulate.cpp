#include "harness/simulate/simulate.h"

#include "harness/simulate/virtual_agent.h"
#include "harness/simulate/virtual_network.h"
#include "harness/simulate/virtual_servers.h"

#include <algorithm>
#include <deque>
#include <iterator>

namespace icelab {
namespace {

/// More than a packet's way takes on the slowest links.
constexpr auto patience = std::chrono::seconds(1);
/// For links that lose packets, Rc (RFC 8489 section 6.2.1).
constexpr int rounds = 7;

void replace_kernel_routers(Way& way) {
  for (auto& box : way.boxes) {
    if (const auto* router = std::get_if<KernelRouterBehavior>(&box.behavior))
      box.behavior = nat_behavior_of(*router);
  }
}

Topology without_kernel_routers(Topology topology) {
  for (auto& network : topology.networks) replace_kernel_routers(network.way);
  for (auto& peer : topology.peers) {
    for (auto& uplink : peer.uplinks) replace_kernel_routers(uplink.way);
  }
  return topology;
}

/// The simulated programs, in their network.
class World {
 public:
  World(const Topology& topology, unsigned seed) : network_(topology, seed) {
    for (const auto& server : topology.servers) {
      if (server.kind == ServerKind::coturn) turn_servers_.emplace_back(network_, server.name);
      if (server.kind == ServerKind::tinyproxy) proxies_.emplace_back(network_, server.name);
    }
    for (const auto& peer : topology.peers) agents_.emplace_back(network_, peer, topology.servers);
  }

  std::vector<PossiblePair> explore(bool second_first) {
    gather();
    signal();
    for (int round = 0; round < rounds; ++round) {
      for (const bool second : {second_first, !second_first}) {
        agents_[second ? 1 : 0].check();
        network_.pass(patience);
      }
    }
    auto pairs = agents_[0].pairs();
    std::ranges::move(agents_[1].pairs(), std::back_inserter(pairs));
    return pairs;
  }

 private:
  void gather() {
    for (int round = 0; round < rounds; ++round) {
      for (auto& agent : agents_) agent.gather();
      if (std::ranges::all_of(agents_, &VirtualAgent::has_gathered)) return;
      network_.pass(patience);
    }
  }

  void signal() {
    std::set<IpAddress> known;
    for (size_t i : {0U, 1U}) {
      agents_[i].pair_with(agents_[1 - i].candidates());
      for (const auto& candidate : agents_[i].candidates())
        known.insert(candidate.endpoint.address);
    }
    for (auto& server : turn_servers_) server.permit(known);
  }

  VirtualNetwork network_;
  // They stay where they are: the network calls them back.
  std::deque<VirtualTurnServer> turn_servers_;
  std::deque<VirtualProxy> proxies_;
  std::deque<VirtualAgent> agents_;
};

bool is_direct(const PossiblePair& possible) {
  return possible.pair.local_type != CandidateType::relayed &&
         possible.pair.remote_type != CandidateType::relayed;
}

}  // namespace

Possibility simulate(const Topology& topology, unsigned seed) {
  const Topology simulated = without_kernel_routers(topology);
  Possibility possibility;
  auto& pairs = possibility.pairs;
  for (const bool second_first : {false, true}) {
    for (auto& found : World(simulated, seed).explore(second_first)) {
      const auto known = std::ranges::find(pairs, found.pair, &PossiblePair::pair);
      if (known == pairs.end()) {
        pairs.push_back(std::move(found));
      } else {
        known->works = known->works || found.works;
      }
    }
  }
  const auto for_both = [&](auto&& property) {
    return std::ranges::all_of(topology.peers, [&](const PeerSpec& peer) {
      return std::ranges::any_of(pairs, [&](const PossiblePair& possible) {
        return possible.pair.agent == peer.name && possible.works && property(possible);
      });
    });
  };
  possibility.connected = for_both([](const PossiblePair&) { return true; });
  possibility.direct = for_both(is_direct);
  return possibility;
}

}  // namespace icelab
