#include "src/serve/visits.h"

#include "src/serve/glib_object.h"
#include "src/serve/source_shares.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace icelab {
namespace {

using VisitId = std::uint64_t;

enum class Stage { arriving, answered, upgraded };

struct Visit {
  VisitEnds ends;
  IpAddress source;
  Instant since;
  Stage stage = Stage::arriving;
  ObjectRef<GSocket> socket;
};

/// Whoever waits for the socket, in whatever thread, is told that it has ended.
void cut_socket(const Visit& visit) {
  g_socket_shutdown(visit.socket.get(), TRUE, TRUE, nullptr);
}

}  // namespace

struct Visits::State {
  explicit State(VisitLimits its_limits) : limits(its_limits) {}

  void release(VisitId id);
  bool make_place();

  const VisitLimits limits;
  mutable std::mutex mutex;
  VisitId last_id = 0;
  std::unordered_map<VisitId, Visit> visits;
  std::unordered_map<VisitEnds, VisitId> by_ends;
  std::unordered_map<IpAddress, size_t> of_source;
  std::map<VisitId, Instant> undecided;  // those that are not upgraded, the oldest first
  size_t cut = 0;
};

void Visits::State::release(VisitId id) {
  ObjectRef<GSocket> released;  // after the mutex
  const std::scoped_lock lock(mutex);
  const auto found = visits.find(id);
  const auto ends = by_ends.find(found->second.ends);
  if (ends != by_ends.end() && ends->second == id) by_ends.erase(ends);
  const auto source = of_source.find(found->second.source);
  if (--source->second == 0) of_source.erase(source);
  undecided.erase(id);
  released = std::move(found->second.socket);
  visits.erase(found);
}

bool Visits::State::make_place() {
  for (const auto& [id, since] : undecided) {
    const Visit& visit = visits.at(id);
    if (visit.stage != Stage::arriving) continue;
    cut_socket(visit);
    undecided.erase(id);
    ++cut;
    return true;
  }
  return false;
}

Visits::Visits(VisitLimits limits) : state_(std::make_shared<State>(limits)) {}
Visits::~Visits() = default;

Visits::Admission Visits::admit(GSocketConnection* connection, const VisitEnds& ends,
                                bool is_shared, Instant now) {
  State& state = *state_;
  const IpAddress source = source_of(ends.remote.address);
  const std::scoped_lock lock(state.mutex);
  const auto others = state.of_source.find(source);
  if (!is_shared && others != state.of_source.end() && others->second >= state.limits.of_a_source) {
    return Admission::source_limit;
  }
  if (state.visits.size() >= state.limits.most && !state.make_place()) return Admission::full;
  const VisitId id = ++state.last_id;
  GSocket* socket = g_socket_connection_get_socket(connection);
  state.visits.emplace(
      id, Visit{.ends = ends,
                .source = source,
                .since = now,
                .socket = ObjectRef<GSocket>(static_cast<GSocket*>(g_object_ref(socket)))});
  state.by_ends.insert_or_assign(ends, id);
  state.undecided.emplace(id, now);
  ++state.of_source[source];
  struct Release {
    std::shared_ptr<State> state;
    VisitId id;
  };
  g_object_weak_ref(
      G_OBJECT(connection),
      [](gpointer data, GObject*) {
        const std::unique_ptr<Release> release(static_cast<Release*>(data));
        release->state->release(release->id);
      },
      new Release{state_, id});
  return Admission::admitted;
}

void Visits::asked(const VisitEnds& ends) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->by_ends.find(ends);
  if (found != state_->by_ends.end()) state_->visits.at(found->second).stage = Stage::answered;
}

void Visits::upgraded(const VisitEnds& ends) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->by_ends.find(ends);
  if (found == state_->by_ends.end()) return;
  state_->visits.at(found->second).stage = Stage::upgraded;
  state_->undecided.erase(found->second);
}

void Visits::expire(Instant now) {
  State& state = *state_;
  const std::scoped_lock lock(state.mutex);
  std::vector<VisitId> late;
  for (const auto& [id, since] : state.undecided) {
    const bool is_answered = state.visits.at(id).stage == Stage::answered;
    if (now - since > (is_answered ? state.limits.answer : state.limits.request))
      late.push_back(id);
  }
  for (const VisitId id : late) {
    cut_socket(state.visits.at(id));
    state.undecided.erase(id);
  }
  state.cut += late.size();
}

size_t Visits::size() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->visits.size();
}

size_t Visits::cut() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->cut;
}

}  // namespace icelab
