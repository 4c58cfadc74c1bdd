#pragma once

#include "harness/agents/agent_process.h"
#include "harness/lab/lab.h"
#include "harness/lab/server.h"
#include "harness/observe/run_record.h"
#include "harness/run/event_schedule.h"
#include "harness/run/heartbeat.h"
#include "harness/run/lateness_watch.h"
#include "harness/scenario/scenario.h"
#include "reports/report.h"
#include "src/base/event_loop.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// What a run leaves besides its report: a program's log.
struct RunLog {
  std::string name;  // "relay", "alice"
  std::string text;
};

struct RunResult {
  RunReport report;
  RunRecord record;  // the evidence for it
  std::vector<RunLog> logs;
};

/// One run of a plan, from an empty machine to a judged report:
///
///   lab stands -> servers answer -> agents gather and trickle -> they settle -> events happen, and
///   data flows again -> they quit -> judged
///
/// It is driven by the loop and always ends: by its deadline at the latest. What agents and servers
/// do wrong is part of the result.
class Run {
 public:
  /// `done` is called once, from the loop; the run may be destroyed from then on, but not inside
  /// it.
  Run(EventLoop& loop, RunPlan plan, std::function<void(RunResult)> done);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  struct Peer;

  void start_servers();
  void start_server(const ServerSpec& server, Server::Ready ready);
  void start_name_server(const std::string& server, Server::Ready ready);
  void server_ready(const std::string& name, const std::optional<std::string>& failure);
  void start_agents();
  void start_agent(const PeerSpec& spec, bool controlling);
  void on_said(Peer& peer, const AgentEvent& event);
  [[nodiscard]] bool is_signalled(const Peer& peer, const Candidate& candidate) const;
  void on_ended(Peer& peer, const ExitStatus& status);
  void on_deadline();
  void note_restart(Peer& peer);
  /// Keeps when something of an agent changed, unless it has changed too often.
  static void keep_now(Peer& peer, std::vector<Instant>& moments);
  void on_received(const Peer& peer, const std::string& text);
  /// What the run waits for may have come.
  void check_progress();
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] bool is_over(size_t event) const;
  [[nodiscard]] std::vector<const PeerRecord*> peer_records() const;
  void try_to_make_happen(const EventSpec& event);
  void make_happen(const EventSpec& event);
  void run_server(const std::string& name, bool running);
  void quit_agents();
  void break_off(std::string reason);
  void finish_later();
  void finish();
  Peer& other(const Peer& peer);

  EventLoop& loop_;
  RunPlan plan_;
  std::function<void(RunResult)> done_;
  Instant started_;
  std::unique_ptr<Lab> lab_;
  std::map<std::string, std::unique_ptr<Server>> servers_;
  std::vector<std::unique_ptr<Server>> name_servers_;
  std::map<std::string, std::string> server_logs_;  // of those that were stopped
  size_t servers_ready_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
  Heartbeat heartbeat_;
  EventSchedule schedule_;
  std::optional<LatenessWatch> lateness_;  // once the lab stands
  std::optional<Instant> restarted_;
  std::vector<std::string> errors_;  // why the run cannot be judged
  std::vector<std::string> notes_;
  bool quitting_ = false;
  EventLoop::Watch deadline_;
  EventLoop::Watch next_;  // the one pending step: settling, quitting, finishing
};

}  // namespace icelab
