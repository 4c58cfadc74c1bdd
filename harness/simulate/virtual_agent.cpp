#include "harness/simulate/virtual_agent.h"

#include "harness/lab/coturn.h"
#include "harness/lab/tinyproxy.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint16_t udp_port = 5000;
constexpr std::uint16_t first_tcp_port = 6000;
/// Ta, RFC 8445 section 14.2.
constexpr auto pacing = std::chrono::milliseconds(5);

bool has(const std::vector<TurnTransport>& transports, TurnTransport transport) {
  return std::ranges::find(transports, transport) != transports.end();
}

}  // namespace

VirtualAgent::VirtualAgent(VirtualNetwork& network, const PeerSpec& peer,
                           const std::vector<ServerSpec>& servers)
    : network_(network), peer_(peer), place_(network.place(peer.name)) {
  if (!peer.agent.ice_udp) return;
  network.on_message(peer.name, [this](const Channel& channel, const Message& message) {
    receive(channel, message);
  });
  if (!peer.agent.force_relay) {
    for (const auto& address : place_.addresses) {
      const Endpoint endpoint{address, udp_port};
      bases_.push_back({CandidateType::host, endpoint, {}});
      candidates_.push_back({CandidateType::host, endpoint});
    }
  }
  plan_questions(servers);
}

void VirtualAgent::plan_questions(const std::vector<ServerSpec>& servers) {
  const auto& turn = peer_.agent.turn;
  for (const auto& server : servers) {
    if (server.kind != ServerKind::coturn) continue;
    for (const auto& address : known_addresses(network_.place(server.name), place_)) {
      const bool allocates = has(turn, TurnTransport::udp);
      if (allocates || turn.empty() || peer_.agent.stun)
        ask_over_udp({address, turn_port}, allocates);
      if (has(turn, TurnTransport::tcp)) ask_over_tcp({address, turn_port}, servers);
      if (has(turn, TurnTransport::tcp_443)) ask_over_tcp({address, turn_web_port}, servers);
    }
  }
}

void VirtualAgent::ask_over_udp(const Endpoint& server, bool allocates) {
  for (const auto& address : place_.addresses) {
    if (address.is_v4() != server.address.is_v4()) continue;
    questions_.push_back({{Protocol::udp, {address, udp_port}, server}, std::nullopt, allocates});
  }
}

void VirtualAgent::ask_over_tcp(const Endpoint& server, const std::vector<ServerSpec>& servers) {
  Endpoint first = server;
  std::optional<Endpoint> through;
  if (!peer_.agent.proxy.empty()) {
    const auto proxy = std::ranges::find(servers, peer_.agent.proxy, &ServerSpec::name);
    first = {known_addresses(network_.place(proxy->name), place_).at(0), proxy_port};
    through = server;
  }
  for (const auto& address : place_.addresses) {
    if (address.is_v4() != first.address.is_v4()) continue;
    const auto port = static_cast<std::uint16_t>(first_tcp_port + questions_.size());
    questions_.push_back({{Protocol::tcp, {address, port}, first}, through, true});
  }
}

void VirtualAgent::gather() {
  for (const auto& question : questions_) {
    if (question.answered) continue;
    network_.send(question.channel, {.kind = Message::Kind::allocate, .through = question.through});
    network_.pass(pacing);
  }
}

bool VirtualAgent::has_gathered() const {
  return std::ranges::all_of(questions_, &Question::answered);
}

void VirtualAgent::pair_with(const std::vector<KnownCandidate>& remotes) {
  for (size_t base = 0; base < bases_.size(); ++base) {
    for (const auto& remote : remotes) {
      if (remote.endpoint.address.is_v4() == bases_[base].endpoint.address.is_v4())
        pairs_.push_back({base, remote});
    }
  }
}

void VirtualAgent::check() {
  for (size_t pair = 0; pair < pairs_.size(); ++pair) {
    send_check(pair);
    network_.pass(pacing);
  }
}

std::vector<PossiblePair> VirtualAgent::pairs() const {
  std::vector<PossiblePair> classes;
  for (const auto& pair : pairs_) {
    const Base& base = bases_[pair.base];
    const PairClass its{peer_.name, base.type, base.endpoint.address, pair.remote.type,
                        pair.remote.endpoint.address};
    auto found = std::ranges::find(classes, its, &PossiblePair::pair);
    if (found == classes.end()) found = classes.insert(found, {its, false});
    found->works = found->works || pair.works;
  }
  return classes;
}

void VirtualAgent::receive(const Channel& channel, const Message& message) {
  if (message.kind == Message::Kind::allocated) return learn(channel, message);
  const auto base = find_base(channel, message);
  if (!base) return;
  const Endpoint from = message.peer.value_or(channel.remote);
  if (message.kind == Message::Kind::check) return answer(*base, from, message);
  // RFC 8445 section 7.2.5.2.1: an answer counts if it comes from where the check went.
  Pair& pair = pairs_[message.check];
  if (pair.base == *base && pair.remote.endpoint == from) pair.works = true;
}

void VirtualAgent::learn(const Channel& channel, const Message& message) {
  const auto question = std::ranges::find(questions_, channel, &Question::channel);
  if (question == questions_.end() || std::exchange(question->answered, true)) return;
  if (question->allocates) {
    bases_.push_back({CandidateType::relayed, *message.relayed, channel});
    candidates_.push_back({CandidateType::relayed, *message.relayed});
  }
  const bool is_its_own = *message.mapped == channel.local;
  if (channel.protocol == Protocol::udp && !is_its_own && !peer_.agent.force_relay)
    candidates_.push_back({CandidateType::server_reflexive, *message.mapped});
}

std::optional<size_t> VirtualAgent::find_base(const Channel& channel,
                                              const Message& message) const {
  const auto base = std::ranges::find_if(bases_, [&](const Base& each) {
    return message.peer ? each.type == CandidateType::relayed && each.server == channel
                        : each.type == CandidateType::host && each.endpoint == channel.local;
  });
  if (base == bases_.end()) return std::nullopt;
  return static_cast<size_t>(base - bases_.begin());
}

/// And, in the opposite direction, a triggered check on a pair that was not known before (RFC 8445
/// section 7.3.1).
void VirtualAgent::answer(size_t base, const Endpoint& from, const Message& check) {
  send(base, from, {.kind = Message::Kind::answer, .check = check.check, .mapped = from});
  const bool known = std::ranges::any_of(
      pairs_, [&](const Pair& pair) { return pair.base == base && pair.remote.endpoint == from; });
  if (known) return;
  constexpr size_t most_pairs = 1000;  // a NAT may have another port for each answer
  if (pairs_.size() == most_pairs) return;
  pairs_.push_back({base, {CandidateType::peer_reflexive, from}});
  send_check(pairs_.size() - 1);
}

void VirtualAgent::send_check(size_t pair) {
  send(pairs_[pair].base, pairs_[pair].remote.endpoint,
       {.kind = Message::Kind::check, .check = pair});
}

void VirtualAgent::send(size_t base, const Endpoint& to, Message message) {
  const Base& from = bases_[base];
  if (from.type == CandidateType::relayed) {
    message.peer = to;
    network_.send(from.server, message);
  } else {
    network_.send({Protocol::udp, from.endpoint, to}, message);
  }
}

}  // namespace icelab
