#include "harness/run/run.h"

#include "harness/agents/agent_setup.h"
#include "harness/observe/judge.h"
#include "src/base/error.h"
#include "src/base/overloaded.h"

#include <fmt/format.h>

namespace icelab {
namespace {

/// What agents have to say their last word and go.
constexpr auto quit_patience = std::chrono::seconds(3);
/// More than any host has; every one of them is paired with every one of the other side's.
constexpr size_t most_candidates = 256;
constexpr size_t most_notes = 20;

}  // namespace

struct Run::Peer {
  const PeerSpec* spec = nullptr;
  std::unique_ptr<AgentProcess> process;
  PeerRecord record;
};

Run::Run(EventLoop& loop, RunPlan plan, std::function<void(RunResult)> done)
    : loop_(loop), plan_(std::move(plan)), done_(std::move(done)), started_(now()) {
  deadline_ = loop_.after(plan_.deadline, [this] { on_deadline(); });
  try {
    lab_ = std::make_unique<Lab>(plan_.peers, plan_.servers, plan_.seed, evidence_limit);
    start_servers();
  } catch (const std::exception& error) {
    break_off(error.what());
  }
}

Run::~Run() = default;

/// By its deadline a run has shown what the network lets through, unless it had hardly begun.
void Run::on_deadline() {
  const auto limit = seconds(plan_.deadline);
  if (peers_.empty())
    errors_.push_back(fmt::format("the servers were not ready within {} s", limit));
  for (const auto& peer : peers_) {
    if (peer->record.gathered) continue;
    errors_.push_back(fmt::format("{}'s agent had not gathered its candidates within {} s",
                                  peer->record.name, limit));
  }
  notes_.push_back(fmt::format("stopped at its deadline of {} s", limit));
  quit_agents();
}

Run::Peer& Run::other(const Peer& peer) {
  return *peers_[&peer == peers_[0].get() ? 1 : 0];
}

void Run::start_servers() {
  for (const auto& server : plan_.servers) {
    servers_[server.name] = std::make_unique<Coturn>(
        loop_, *lab_, server.name,
        [this, name = server.name](const auto& failure) { server_ready(name, failure); });
  }
  if (plan_.servers.empty()) start_agents();
}

void Run::server_ready(const std::string& name, const std::optional<std::string>& failure) {
  if (failure) {
    break_off(fmt::format("server {}: {}", name, *failure));
    return;
  }
  if (++servers_ready_ == plan_.servers.size() && !quitting_) start_agents();
}

void Run::start_agents() {
  try {
    for (const auto& spec : plan_.peers) start_agent(spec, peers_.empty());
  } catch (const std::exception& error) {
    break_off(error.what());
    return;
  }
  for (const auto& peer : peers_) {
    peer->process->send(
        configure_command(*peer->spec, peer->record.controlling, plan_.servers, *lab_));
    peer->process->send({{"type", "gather"}});
  }
}

void Run::start_agent(const PeerSpec& spec, bool controlling) {
  auto held = std::make_unique<Peer>();
  Peer& peer = *held;
  peer.spec = &spec;
  peer.record.name = spec.name;
  peer.record.interface = lab_->place(spec.name).interface;
  peer.record.controlling = controlling;
  peer.process = std::make_unique<AgentProcess>(
      loop_, agent_command(spec.agent), lab_->host(spec.name).network(), spec.name,
      AgentProcess::Callbacks{
          .said = [this, &peer](const auto& event) { on_said(peer, event); },
          .ended = [this, &peer](const auto& status) { on_ended(peer, status); }});
  peers_.push_back(std::move(held));  // only one whose process has started counts
}

/// The harness is the signalling channel: what one agent tells of itself goes to the other at once.
void Run::on_said(Peer& peer, const AgentEvent& event) {
  PeerRecord& record = peer.record;
  // Once agents are asked to quit, one that goes first may look to the other like a failure: only
  // the tables that they hand in still count.
  if (quitting_) {
    if (const auto* pairs = std::get_if<AgentPairs>(&event)) record.pairs = pairs->pairs;
    return;
  }
  const auto signal = [&](const Json& command) { other(peer).process->send(command); };
  std::visit(Overloaded{
                 [&](const AgentHello& hello) { record.agent = hello.agent; },
                 [&](const AgentCredentials& credentials) {
                   signal({{"type", "remote-credentials"},
                           {"ufrag", credentials.ufrag},
                           {"pwd", credentials.password}});
                 },
                 [&](const AgentCandidate& told) {
                   if (record.candidates.size() == most_candidates) {
                     break_off(fmt::format("{}'s agent tells more than {} candidates", record.name,
                                           most_candidates));
                     return;
                   }
                   record.candidates.push_back(told.candidate);
                   signal({{"type", "remote-candidate"}, {"candidate", told.sdp}});
                 },
                 [&](const AgentGathered&) {
                   record.gathered = now();
                   signal({{"type", "remote-gathered"}});
                 },
                 [&](const AgentState& state) {
                   record.state = state.state;
                   if (record.is_connected() && !record.connected) record.connected = now();
                   check_settled();
                 },
                 [&](const AgentSelected& selected) { record.selected = selected; },
                 [&](const AgentPairs& pairs) { record.pairs = pairs.pairs; },
                 [&](const AgentLog&) {},  // which is in its log by now
                 [&](const AgentReceived&) {},
                 [&](const AgentRefusal& refusal) {
                   if (notes_.size() == most_notes) return;
                   notes_.push_back(fmt::format("{}'s agent refused a command: {}", record.name,
                                                refusal.message));
                 },
                 [&](const AgentRubbish& rubbish) {
                   break_off(fmt::format("{}'s agent does not speak the agent protocol: {}",
                                         record.name, rubbish.why));
                 },
             },
             event);
}

void Run::on_ended(Peer& peer, const ExitStatus& status) {
  if (!quitting_ || !status.success()) {
    const std::string last = peer.process->log().last_line();
    errors_.push_back(fmt::format("{}'s agent ended early: {}{}", peer.record.name,
                                  status.to_string(),
                                  last.empty() ? "" : "; its last words: " + last));
  }
  const auto ended = [](const auto& each) { return each->process->ended(); };
  if (std::ranges::all_of(peers_, ended)) {
    finish_later();
  } else if (!quitting_) {
    quit_agents();
  }
}

/// Settled: each agent has come to an end of its checking, for better or worse.
void Run::check_settled() {
  const auto settled = [](const auto& peer) { return peer->record.is_settled(); };
  if (!quitting_ && peers_.size() == plan_.peers.size() && std::ranges::all_of(peers_, settled))
    quit_agents();
}

void Run::quit_agents() {
  if (quitting_) return;
  quitting_ = true;
  deadline_ = {};
  if (peers_.empty()) {
    finish_later();
    return;
  }
  for (const auto& peer : peers_) peer->process->send({{"type", "quit"}});
  next_ = loop_.after(quit_patience, [this] {
    for (const auto& peer : peers_) {
      if (peer->process->ended()) continue;
      errors_.push_back(fmt::format("{}'s agent did not end when asked to", peer->record.name));
      peer->process->kill();
    }
  });
}

void Run::break_off(std::string reason) {
  errors_.push_back(std::move(reason));
  quit_agents();
}

void Run::finish_later() {
  next_ = loop_.after({}, [this] { finish(); });
}

void Run::finish() {
  RunRecord record{.plan = plan_,
                   .started = started_,
                   .ended = now(),
                   .peers = {},
                   .recording = {},
                   .errors = errors_,
                   .notes = notes_};
  try {
    if (lab_) record.recording = lab_->stop();
  } catch (const std::exception& error) {
    record.errors.emplace_back(error.what());
  }
  for (auto& peer : peers_) record.peers.push_back(std::move(peer->record));

  RunResult result{.report = judge(record), .record = {}, .logs = {}};
  result.record = std::move(record);
  for (const auto& [name, server] : servers_) result.logs.push_back({name, server->log().text()});
  for (const auto& peer : peers_)
    result.logs.push_back({peer->spec->name, peer->process->log().text()});
  done_(std::move(result));
}

}  // namespace icelab
