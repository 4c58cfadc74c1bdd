#include "harness/run/run.h"

#include "harness/agents/agent_setup.h"
#include "harness/lab/name_server.h"
#include "harness/lab/servers.h"
#include "harness/observe/aftermath.h"
#include "harness/observe/judge.h"
#include "harness/simulate/simulate.h"
#include "src/base/error.h"
#include "src/base/overloaded.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

/// What agents have to say their last word and go.
constexpr auto quit_patience = std::chrono::seconds(3);
/// More than any host has; every one of them is paired with every one of the other side's.
constexpr size_t most_candidates = 256;
constexpr size_t most_notes = 20;
/// Of each kind that an agent has: restarts, selections, other changes. No agent needs as many.
constexpr size_t most_moments = 1000;

/// Where there are events, agents send each other something all the time; on a call page, pictures.
size_t evidence_of(const RunPlan& plan) {
  constexpr double each_second = 64 << 10;
  constexpr double most = 16 << 20;
  const bool has_pictures = std::ranges::any_of(
      plan.topology.peers, [](const PeerSpec& peer) { return peer.agent.is_on_call_page(); });
  if (has_pictures) return static_cast<size_t>(most);
  if (plan.events.empty()) return evidence_limit;
  return evidence_limit + static_cast<size_t>(std::min(most, seconds(plan.deadline) * each_second));
}

}  // namespace

struct Run::Peer {
  const PeerSpec* spec = nullptr;
  std::unique_ptr<AgentProcess> process;
  PeerRecord record;
  bool greeted = false;
  size_t moments_left_out = 0;
};

Run::Run(EventLoop& loop, RunPlan plan, std::function<void(RunResult)> done)
    : loop_(loop),
      plan_(std::move(plan)),
      done_(std::move(done)),
      started_(now()),
      heartbeat_(loop_, plan_.seed,
                 [this](size_t peer, const std::string& text) {
                   if (!peers_[peer]->record.is_connected()) return false;
                   peers_[peer]->process->send({{"type", "send"}, {"data", text}});
                   return true;
                 }),
      schedule_(loop_, plan_.events, [this](const auto& event) { try_to_make_happen(event); }) {
  deadline_ = loop_.after(plan_.deadline, [this] { on_deadline(); });
  try {
    lab_ = std::make_unique<Lab>(plan_.topology, plan_.seed, evidence_of(plan_));
    lateness_.emplace(loop_).add("the network", lab_->processor_wait());
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
  for (const auto& server : plan_.topology.servers) {
    const auto ready = [this, name = server.name](const auto& failure) {
      server_ready(name, failure);
    };
    start_server(server, ready);
    if (server.told_by == ToldBy::name) start_name_server(server.name, ready);
  }
  if (plan_.topology.servers.empty()) start_agents();
}

void Run::start_server(const ServerSpec& server, Server::Ready ready) {
  servers_[server.name] =
      icelab::start_server(loop_, server, plan_.topology.servers, *lab_, std::move(ready));
}

void Run::start_name_server(const std::string& server, Server::Ready ready) {
  name_servers_.push_back(icelab::start_name_server(loop_, lab_->host(server).network(),
                                                    lab_->place(server).addresses, server,
                                                    std::move(ready)));
}

void Run::server_ready(const std::string& name, const std::optional<std::string>& failure) {
  if (failure) {
    break_off(fmt::format("server {}: {}", name, *failure));
    return;
  }
  if (const auto server = servers_.find(name); server != servers_.end())
    lateness_->add("server " + name, server->second->processor_wait());
  const size_t all = plan_.topology.servers.size() + name_servers_.size();
  if (++servers_ready_ == all && !quitting_) start_agents();
}

void Run::start_agents() {
  try {
    for (const auto& spec : plan_.topology.peers) start_agent(spec, peers_.empty());
  } catch (const std::exception& error) {
    break_off(error.what());
    return;
  }
  for (const auto& peer : peers_) {
    peer->process->send(
        configure_command(*peer->spec, peer->record.controlling, plan_.topology.servers, *lab_));
    peer->process->send({{"type", "gather"}});
  }
  schedule_.reached(when_started);
}

void Run::start_agent(const PeerSpec& spec, bool controlling) {
  auto held = std::make_unique<Peer>();
  Peer& peer = *held;
  peer.spec = &spec;
  peer.record.name = spec.name;
  peer.record.interfaces = lab_->place(spec.name).interfaces;
  peer.record.controlling = controlling;
  peer.process = std::make_unique<AgentProcess>(
      loop_, agent_program(spec, plan_.topology.servers, *lab_), spec.name,
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
                 [&](const AgentHello& hello) {
                   record.agent = hello.agent;
                   if (std::exchange(peer.greeted, true)) return;
                   lateness_->add(record.name + "'s agent", peer.process->processor_wait());
                 },
                 [&](const AgentCredentials& credentials) {
                   note_restart(peer);
                   Json command{{"type", "remote-credentials"},
                                {"ufrag", credentials.ufrag},
                                {"pwd", credentials.password}};
                   if (!credentials.fingerprint.empty())
                     command["fingerprint"] = credentials.fingerprint;
                   signal(command);
                 },
                 [&](const AgentCandidate& told) {
                   if (record.candidates.size() == most_candidates) {
                     break_off(fmt::format("{}'s agent tells more than {} candidates", record.name,
                                           most_candidates));
                     return;
                   }
                   record.candidates.push_back(told.candidate);
                   if (is_signalled(peer, told.candidate))
                     signal({{"type", "remote-candidate"}, {"candidate", told.sdp}});
                 },
                 [&](const AgentGathered&) {
                   if (!record.gathered) record.gathered = now();
                   signal({{"type", "remote-gathered"}});
                 },
                 [&](const AgentState& state) {
                   record.state = state.state;
                   record.level = std::max(record.level, state.level);
                   if (!record.is_connected()) keep_now(peer, record.changes);
                   if (record.is_connected() && !record.connected) record.connected = now();
                   check_progress();
                 },
                 [&](const AgentSelected& selected) {
                   record.selected = selected;
                   keep_now(peer, record.changes);
                   keep_now(peer, record.selections);
                   check_progress();
                 },
                 [&](const AgentPairs& pairs) { record.pairs = pairs.pairs; },
                 [&](const AgentLog&) {},  // which is in its log by now
                 [&](const AgentReceived& received) { on_received(peer, received.data); },
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

bool Run::is_signalled(const Peer& peer, const Candidate& candidate) const {
  if (!plan_.only) return true;
  return class_of(candidate) == plan_.only->at(&peer == peers_[0].get() ? 0 : 1);
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

/// The second credentials of an agent, and all that follow, mean that ICE restarts: on one side
/// first, and then on the other.
void Run::note_restart(Peer& peer) {
  keep_now(peer, peer.record.sessions);
  if (peer.record.sessions.size() == 1) return;
  peer.record.candidates.clear();  // it tells them anew
  if (peer.record.sessions.size() > other(peer).record.sessions.size()) restarted_ = now();
}

void Run::keep_now(Peer& peer, std::vector<Instant>& moments) {
  if (moments.size() < most_moments) {
    moments.push_back(now());
  } else {
    ++peer.moments_left_out;
  }
}

void Run::on_received(const Peer& peer, const std::string& text) {
  const size_t number = &peer == peers_[0].get() ? 0 : 1;
  if (heartbeat_.received(number, text)) check_progress();
}

void Run::check_progress() {
  if (quitting_ || peers_.size() != plan_.topology.peers.size()) return;
  if (!plan_.events.empty()) {
    const auto all = [&](auto property) { return std::ranges::all_of(peers_, property); };
    if (all([](const auto& peer) { return peer->record.is_connected(); })) heartbeat_.start();
    if (all([](const auto& peer) { return peer->record.selected.has_value(); }))
      schedule_.reached(when_selected);
    if (data_flows_again(heartbeat_.beats(), started_)) schedule_.reached(when_connected);
  }
  if (is_over()) quit_agents();
}

/// Each agent has come to an end of its checking, for better or worse, and each event to the end of
/// what can be expected of it.
bool Run::is_over() const {
  const auto settled = [](const auto& peer) { return peer->record.is_settled(); };
  if (!std::ranges::all_of(peers_, settled)) return false;
  for (size_t event = 0; event < plan_.events.size(); ++event)
    if (!is_over(event)) return false;
  return true;
}

bool Run::is_over(size_t event) const {
  const auto happened = schedule_.happened()[event];
  if (!happened) return false;
  const auto peers = peer_records();
  const auto effect = takes_effect(plan_.events[event], *happened, peers);
  if (!effect || !data_flows_again(heartbeat_.beats(), *effect)) return false;
  return std::ranges::all_of(plan_.expectations, [&](const Expectation& expectation) {
    return expectation.after != plan_.events[event].name || !expectation.noticed_within ||
           now() > *happened + *expectation.noticed_within || noticed(peers, *happened, {});
  });
}

std::vector<const PeerRecord*> Run::peer_records() const {
  std::vector<const PeerRecord*> records;
  for (const auto& peer : peers_) records.push_back(&peer->record);
  return records;
}

void Run::try_to_make_happen(const EventSpec& event) {
  try {
    make_happen(event);
  } catch (const std::exception& error) {
    break_off(fmt::format("{}: {}", event.name, error.what()));
  }
}

void Run::make_happen(const EventSpec& event) {
  std::visit(
      Overloaded{
          [&](const Reboot& action) { lab_->reboot(action.box); },
          [&](const ChangeAddress& action) { lab_->change_address(action.box); },
          [&](const Expire& action) { lab_->expire(action.box); },
          [&](const Replace& action) { lab_->replace(action.box, action.behavior); },
          [&](const SetConnected& action) { lab_->set_connected(action.target, action.connected); },
          [&](const RunServer& action) { run_server(action.server, action.running); },
          [&](const RestartIce& action) {
            for (const auto& peer : peers_) {
              if (peer->record.name == action.peer) peer->process->send({{"type", "restart"}});
            }
          },
      },
      event.action);
}

void Run::run_server(const std::string& name, bool running) {
  const auto server = servers_.find(name);
  if (running && server == servers_.end()) {
    const auto& all = plan_.topology.servers;
    const auto spec = std::ranges::find(all, name, &ServerSpec::name);
    start_server(*spec, [this, name](const auto& failure) {
      if (failure) break_off(fmt::format("server {}: {}", name, *failure));
    });
  } else if (!running && server != servers_.end()) {
    server_logs_[name] += server->second->log().text();
    servers_.erase(server);
  }
}

void Run::quit_agents() {
  if (quitting_) return;
  quitting_ = true;
  deadline_ = {};
  heartbeat_.stop();
  schedule_.stop();
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
  for (const auto& peer : peers_) {
    if (peer->moments_left_out == 0) continue;
    notes_.push_back(fmt::format(
        "{}'s agent changed its state, its pair or its credentials more than {} times: {} changes "
        "were left out",
        peer->record.name, most_moments, peer->moments_left_out));
  }
  RunRecord record{.plan = plan_,
                   .started = started_,
                   .ended = now(),
                   .peers = {},
                   .recording = {},
                   .restarted = restarted_,
                   .beats = heartbeat_.beats(),
                   .happened = schedule_.happened(),
                   .errors = errors_,
                   .notes = notes_,
                   .lateness = lateness_ ? lateness_->worst() : Lateness{}};
  try {
    if (plan_.events.empty()) record.possible = simulate(plan_.topology, plan_.seed);
    if (lab_) record.recording = lab_->stop();
  } catch (const std::exception& error) {
    record.errors.emplace_back(error.what());
  }
  for (auto& peer : peers_) record.peers.push_back(std::move(peer->record));

  RunResult result{.report = judge(record), .record = {}, .logs = {}};
  result.record = std::move(record);
  for (const auto& [name, server] : servers_) server_logs_[name] += server->log().text();
  for (const auto& each : name_servers_) server_logs_["dns"] += each->log().text();
  for (const auto& [name, text] : server_logs_) result.logs.push_back({name, text});
  for (const auto& peer : peers_)
    result.logs.push_back({peer->spec->name, peer->process->log().text()});
  done_(std::move(result));
}

}  // namespace icelab
