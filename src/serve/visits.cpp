#include "src/serve/visits.h"

#include "src/serve/source_shares.h"

#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>

namespace icelab {
namespace {

using VisitId = std::uint64_t;

struct Visit {
  VisitEnds ends;
  IpAddress source;
  Instant since;
  std::weak_ptr<PolledStream> stream;
};

}  // namespace

struct Visits::State {
  explicit State(VisitLimits its_limits) : limits(its_limits) {}

  void release(VisitId id);
  bool make_place();
  /// Those of them that are older than this.
  void cut_late(std::set<VisitId>& some, Duration most, Instant now);
  void cut(VisitId id);

  const VisitLimits limits;
  mutable std::mutex mutex;
  VisitId last_id = 0;
  std::unordered_map<VisitId, Visit> visits;
  std::unordered_map<VisitEnds, VisitId> by_ends;
  std::unordered_map<IpAddress, size_t> of_source;
  // The oldest first. Those that are upgraded are in neither.
  std::set<VisitId> arriving;
  std::set<VisitId> answered;
  size_t late = 0;
  size_t evicted = 0;
};

void Visits::State::release(VisitId id) {
  const std::scoped_lock lock(mutex);
  const auto found = visits.find(id);
  const auto ends = by_ends.find(found->second.ends);
  if (ends != by_ends.end() && ends->second == id) by_ends.erase(ends);
  const auto source = of_source.find(found->second.source);
  if (--source->second == 0) of_source.erase(source);
  arriving.erase(id);
  answered.erase(id);
  visits.erase(found);
}

void Visits::State::cut(VisitId id) {
  if (const auto stream = visits.at(id).stream.lock()) stream->cut();
}

bool Visits::State::make_place() {
  auto& some = arriving.empty() ? answered : arriving;
  if (some.empty()) return false;
  cut(*some.begin());
  some.erase(some.begin());
  ++evicted;
  return true;
}

void Visits::State::cut_late(std::set<VisitId>& some, Duration most, Instant now) {
  while (!some.empty() && now - visits.at(*some.begin()).since > most) {
    cut(*some.begin());
    some.erase(some.begin());
    ++late;
  }
}

Visits::Visits(VisitLimits limits) : state_(std::make_shared<State>(limits)) {}
Visits::~Visits() = default;

Visits::Admission Visits::admit(GSocketConnection* connection, const VisitEnds& ends,
                                const std::shared_ptr<PolledStream>& stream, bool is_shared,
                                Instant now) {
  State& state = *state_;
  const IpAddress source = source_of(ends.remote.address);
  const std::scoped_lock lock(state.mutex);
  const auto others = state.of_source.find(source);
  if (!is_shared && others != state.of_source.end() && others->second >= state.limits.of_a_source) {
    return Admission::source_limit;
  }
  if (state.visits.size() >= state.limits.most && !state.make_place()) return Admission::full;
  const VisitId id = ++state.last_id;
  state.visits.emplace(id, Visit{.ends = ends, .source = source, .since = now, .stream = stream});
  state.by_ends.insert_or_assign(ends, id);
  state.arriving.insert(id);
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
  if (found == state_->by_ends.end() || state_->arriving.erase(found->second) == 0) return;
  state_->answered.insert(found->second);
}

void Visits::upgraded(const VisitEnds& ends) {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->by_ends.find(ends);
  if (found != state_->by_ends.end()) state_->arriving.erase(found->second);
}

void Visits::expire(Instant now) {
  const std::scoped_lock lock(state_->mutex);
  state_->cut_late(state_->arriving, state_->limits.request, now);
  state_->cut_late(state_->answered, state_->limits.answer, now);
}

size_t Visits::size() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->visits.size();
}

size_t Visits::late() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->late;
}

size_t Visits::evicted() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->evicted;
}

}  // namespace icelab
