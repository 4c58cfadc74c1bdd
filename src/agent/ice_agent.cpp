#include "src/agent/ice_agent.h"

#include "src/agent/nice_candidate.h"
#include "src/agent/pair_log.h"

#include <fmt/format.h>
#include <nice/debug.h>
#include <nice/nice-version.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace icelab {
namespace {

constexpr guint component = 1;

std::string_view to_word(guint state) {
  switch (static_cast<NiceComponentState>(state)) {
    case NICE_COMPONENT_STATE_DISCONNECTED:
      return "disconnected";
    case NICE_COMPONENT_STATE_GATHERING:
      return "gathering";
    case NICE_COMPONENT_STATE_CONNECTING:
      return "connecting";
    case NICE_COMPONENT_STATE_CONNECTED:
      return "connected";
    case NICE_COMPONENT_STATE_READY:
      return "ready";
    case NICE_COMPONENT_STATE_FAILED:
      return "failed";
    case NICE_COMPONENT_STATE_LAST:
      break;
  }
  return "disconnected";
}

Json name_candidate(std::string_view type, CandidateTransport transport, const Endpoint& address) {
  return Json::object(
      {{"type", type}, {"transport", to_string(transport)}, {"address", address.to_string()}});
}

Json name_candidate(const Candidate& candidate) {
  return name_candidate(to_string(candidate.type), candidate.transport, candidate.endpoint);
}

/// With its base, by which `pairs` knows it.
Json name_local_candidate(const Candidate& candidate) {
  Json name = name_candidate(candidate);
  const Endpoint base = base_of(candidate);
  if (base != candidate.endpoint) name["base"] = base.to_string();
  return name;
}

/// A list of candidates that libnice gave away.
std::vector<Candidate> take_candidates(GSList* list) {
  std::vector<Candidate> candidates;
  for (const GSList* item = list; item != nullptr; item = item->next)
    candidates.push_back(to_candidate(*static_cast<const NiceCandidate*>(item->data)));
  g_slist_free_full(list,
                    [](gpointer data) { nice_candidate_free(static_cast<NiceCandidate*>(data)); });
  return candidates;
}

/// One end of a pair, with the type that the agent's candidate of that address has by now: a remote
/// peer-reflexive one becomes what the peer's signalling says it is.
Json name_end(const std::vector<Candidate>& candidates, CandidateTransport transport,
              const Endpoint& logged) {
  const Endpoint address = with_discard_port(logged);
  const auto candidate = std::ranges::find_if(candidates, [&](const Candidate& known) {
    return known.transport == transport && known.endpoint == address;
  });
  const auto type = candidate == candidates.end() ? CandidateType::peer_reflexive : candidate->type;
  return name_candidate(to_string(type), transport, address);
}

struct ObjectDeleter {
  void operator()(NiceAgent* agent) const { g_object_unref(agent); }
};
using NiceAgentPointer = std::unique_ptr<NiceAgent, ObjectDeleter>;

NiceAgentPointer make_nice_agent(const ConfigureCommand& configuration) {
  // No version up to 0.1.23 acts upon ICE_TRICKLE; it promises what this agent does, call
  // nice_agent_peer_candidate_gathering_done() at the end of the remote candidates.
  int options = NICE_AGENT_OPTION_ICE_TRICKLE;
  if (configuration.regular_nomination) options |= NICE_AGENT_OPTION_REGULAR_NOMINATION;
  NiceAgentPointer agent(nice_agent_new_full(nullptr, NICE_COMPATIBILITY_RFC5245,
                                             static_cast<NiceAgentOption>(options)));
  g_object_set(agent.get(),                                                   //
               "controlling-mode", configuration.controlling ? TRUE : FALSE,  //
               "upnp", FALSE,                                                 //
               "force-relay", configuration.force_relay ? TRUE : FALSE,       //
               "ice-udp", configuration.ice_udp ? TRUE : FALSE,               //
               "ice-tcp", configuration.ice_tcp ? TRUE : FALSE,               //
               "stun-pacing-timer", static_cast<guint>(configuration.pacing_ms),
               "stun-max-retransmissions", static_cast<guint>(configuration.retransmissions),
               nullptr);
  for (const IpAddress& address : configuration.addresses) {
    NiceAddress local = to_nice_address({address, 0});
    nice_agent_add_local_address(agent.get(), &local);
  }
  return agent;
}

}  // namespace

std::string ice_agent_name() {
  return fmt::format("libnice {}.{}.{}", NICE_VERSION_MAJOR, NICE_VERSION_MINOR,
                     NICE_VERSION_MICRO);
}

/// Its callbacks run inside libnice's C frames, after libnice has let go of its own lock.
struct IceAgent::State {
  State(const ConfigureCommand& configuration, Emit emit_event);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void set_servers(const ConfigureCommand& configuration) const;
  void connect_signals();
  void emit_credentials() const;
  void emit_candidate(const Candidate& candidate) const;
  void emit_selected(const Candidate& local, const Candidate& remote) const;
  void emit_pairs_if_changed();
  void hand_over(const Candidate& candidate) const;
  [[nodiscard]] Json pairs() const;

  Emit emit;
  int retransmissions;
  PairLog log;  // of the checks since the last restart
  guint log_handler;
  NiceAgentPointer agent;  // after the log: it writes there from its first moment
  guint stream = 0;
  bool has_gathered = false;
  std::pair<std::string, std::string> remote_credentials;  // empty: none since the last restart
  std::vector<Candidate> early_candidates;
  std::vector<LoggedPair> emitted_pairs;
};

IceAgent::State::State(const ConfigureCommand& configuration, Emit emit_event)
    : emit(std::move(emit_event)),
      retransmissions(configuration.retransmissions),
      log(retransmissions),
      log_handler(g_log_set_handler(
          "libnice", G_LOG_LEVEL_DEBUG,
          [](const gchar*, GLogLevelFlags, const gchar* message, gpointer data) {
            static_cast<State*>(data)->log.read(message);
          },
          this)) {
  nice_debug_enable(/*with_stun=*/FALSE);
  agent = make_nice_agent(configuration);
  stream = nice_agent_add_stream(agent.get(), 1);
  if (configuration.port != 0) {
    nice_agent_set_port_range(agent.get(), stream, component, configuration.port,
                              configuration.port);
  }
  set_servers(configuration);
  connect_signals();
}

IceAgent::State::~State() {
  g_signal_handlers_disconnect_by_data(agent.get(), this);
  nice_agent_attach_recv(agent.get(), stream, component, nullptr, nullptr, nullptr);
  agent.reset();
  g_log_remove_handler("libnice", log_handler);
}

void IceAgent::State::set_servers(const ConfigureCommand& configuration) const {
  if (!configuration.stun.empty()) {
    const ServerAddress& server = configuration.stun.front();
    g_object_set(agent.get(), "stun-server", server.host.c_str(), "stun-server-port",
                 static_cast<guint>(server.port), nullptr);
  }
  if (configuration.proxy) {
    g_object_set(agent.get(), "proxy-type", NICE_PROXY_TYPE_HTTP, "proxy-ip",
                 configuration.proxy->address.to_string().c_str(), "proxy-port",
                 static_cast<guint>(configuration.proxy->port), nullptr);
  }
  for (const auto& server : configuration.turn) {
    const auto relay_type = server.over_tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;
    const bool taken =
        nice_agent_set_relay_info(agent.get(), stream, component, server.address.host.c_str(),
                                  server.address.port, server.username.c_str(),
                                  server.password.c_str(), relay_type) != FALSE;
    if (!taken) {
      throw CommandError(
          fmt::format("configure: libnice refuses the TURN server {}", server.address.to_string()));
    }
  }
}

void IceAgent::State::connect_signals() {
  const auto on_candidate = +[](NiceAgent*, NiceCandidate* candidate, State* state) {
    state->emit_candidate(to_candidate(*candidate));
  };
  const auto on_gathered = +[](NiceAgent*, guint, State* state) {
    state->has_gathered = true;
    state->emit(Json::object({{"type", "gathered"}}));
  };
  const auto on_state = +[](NiceAgent*, guint, guint, guint value, State* state) {
    state->emit(Json::object({{"type", "state"}, {"state", to_word(value)}}));
    if (value == NICE_COMPONENT_STATE_FAILED) state->emit_pairs_if_changed();
  };
  const auto on_selected =
      +[](NiceAgent*, guint, guint, NiceCandidate* local, NiceCandidate* remote, State* state) {
        state->emit_selected(to_candidate(*local), to_candidate(*remote));
        state->emit_pairs_if_changed();
      };
  const auto connect = [this](const char* signal, auto* callback) {
    g_signal_connect(agent.get(), signal, G_CALLBACK(callback), this);
  };
  connect("new-candidate-full", on_candidate);
  connect("candidate-gathering-done", on_gathered);
  connect("component-state-changed", on_state);
  connect("new-selected-pair-full", on_selected);

  // Without a receiver libnice reads no packets at all, not even checks.
  nice_agent_attach_recv(
      agent.get(), stream, component, nullptr,
      [](NiceAgent*, guint, guint, guint length, gchar* bytes, gpointer data) {
        static_cast<State*>(data)->emit(
            Json::object({{"type", "received"}, {"data", std::string(bytes, length)}}));
      },
      this);
}

void IceAgent::State::emit_credentials() const {
  gchar* ufrag = nullptr;
  gchar* pwd = nullptr;
  nice_agent_get_local_credentials(agent.get(), stream, &ufrag, &pwd);
  emit(Json::object({{"type", "credentials"}, {"ufrag", ufrag}, {"pwd", pwd}}));
  g_free(ufrag);
  g_free(pwd);
}

void IceAgent::State::emit_candidate(const Candidate& candidate) const {
  emit(Json::object({{"type", "candidate"}, {"candidate", candidate.to_sdp()}}));
}

void IceAgent::State::emit_selected(const Candidate& local, const Candidate& remote) const {
  emit(Json::object({{"type", "selected"},
                     {"local", name_local_candidate(local)},
                     {"remote", name_candidate(remote)}}));
}

void IceAgent::State::emit_pairs_if_changed() {
  if (log.pairs() == emitted_pairs) return;
  emitted_pairs = log.pairs();
  emit(pairs());
}

void IceAgent::State::hand_over(const Candidate& candidate) const {
  const NiceCandidatePointer nice_candidate = to_nice_candidate(candidate);
  GSList list{.data = nice_candidate.get(), .next = nullptr};
  const int taken = nice_agent_set_remote_candidates(agent.get(), stream, component, &list);
  if (taken != 1) {
    emit(Json::object({{"type", "log"},
                       {"level", "info"},
                       {"message", "libnice has no use for " + candidate.to_sdp()}}));
  }
}

Json IceAgent::State::pairs() const {
  const auto locals =
      take_candidates(nice_agent_get_local_candidates(agent.get(), stream, component));
  const auto remotes =
      take_candidates(nice_agent_get_remote_candidates(agent.get(), stream, component));
  Json rows = Json::array();
  for (const LoggedPair& pair : log.pairs()) {
    rows.push_back(Json::object({{"local", name_end(locals, pair.local_transport, pair.local)},
                                 {"remote", name_end(remotes, pair.remote_transport, pair.remote)},
                                 {"state", to_string(pair.state)},
                                 {"nominated", pair.nominated}}));
  }
  return Json::object({{"type", "pairs"}, {"pairs", std::move(rows)}});
}

IceAgent::IceAgent(const ConfigureCommand& configuration, Emit emit)
    : state_(std::make_unique<State>(configuration, std::move(emit))) {
  state_->emit_credentials();
}

IceAgent::~IceAgent() = default;

void IceAgent::gather() {
  if (nice_agent_gather_candidates(state_->agent.get(), state_->stream) == FALSE) {
    throw CommandError(
        "gather: libnice finds no address to gather on; give the host an interface "
        "that is up and is not loopback");
  }
}

void IceAgent::restart() {
  State& state = *state_;
  if (nice_agent_restart_stream(state.agent.get(), state.stream) == FALSE)
    throw CommandError("restart: libnice refuses");
  state.remote_credentials = {};
  state.log = PairLog(state.retransmissions);
  state.early_candidates.clear();
  state.emit_credentials();
  for (const Candidate& candidate : take_candidates(
           nice_agent_get_local_candidates(state.agent.get(), state.stream, component))) {
    // A peer-reflexive one was found by the checks that are over, and was never told.
    if (candidate.type != CandidateType::peer_reflexive) state.emit_candidate(candidate);
  }
  if (state.has_gathered) state.emit(Json::object({{"type", "gathered"}}));
}

void IceAgent::set_remote_credentials(const std::string& ufrag, const std::string& pwd) {
  const std::pair credentials(ufrag, pwd);
  if (!state_->remote_credentials.first.empty() && state_->remote_credentials != credentials)
    restart();
  const bool taken = nice_agent_set_remote_credentials(state_->agent.get(), state_->stream,
                                                       ufrag.c_str(), pwd.c_str()) != FALSE;
  if (!taken) throw CommandError("remote-credentials: libnice refuses them");
  state_->remote_credentials = credentials;
  for (const Candidate& candidate : std::exchange(state_->early_candidates, {}))
    state_->hand_over(candidate);
}

void IceAgent::add_remote_candidate(const Candidate& candidate) {
  // A pair whose check cannot be made for want of credentials fails for good.
  if (!state_->remote_credentials.first.empty()) {
    state_->hand_over(candidate);
  } else {
    state_->early_candidates.push_back(candidate);
  }
}

void IceAgent::end_remote_candidates() {
  nice_agent_peer_candidate_gathering_done(state_->agent.get(), state_->stream);
}

void IceAgent::send(const std::string& data) {
  const gint sent = nice_agent_send(state_->agent.get(), state_->stream, component,
                                    static_cast<guint>(data.size()), data.data());
  if (sent < 0) throw CommandError("send: there is no selected pair that takes data now");
}

/// libnice keeps its object until the servers have answered, or long enough have not.
void IceAgent::give_relays_back() const {
  nice_agent_close_async(state_->agent.get(), nullptr, nullptr);
}

Json IceAgent::pairs() const {
  return state_->pairs();
}

}  // namespace icelab
