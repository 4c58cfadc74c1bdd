#pragma once

#include "harness/scenario/events.h"
#include "src/base/clock.h"
#include "src/base/event_loop.h"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace icelab {

/// Lets a run's events happen, each when its time has come.
class EventSchedule {
 public:
  /// `act` makes an event happen. The events must outlive this.
  EventSchedule(EventLoop& loop, const std::vector<EventSpec>& events,
                std::function<void(const EventSpec&)> act)
      : loop_(loop), events_(events), act_(std::move(act)), happened_(events.size()) {
    waiting_.resize(events.size());
  }

  /// What events may wait for has come; the first time counts.
  void reached(std::string_view condition);
  /// When each of them happened, if it has.
  [[nodiscard]] const std::vector<std::optional<Instant>>& happened() const { return happened_; }
  /// Nothing more happens.
  void stop() { waiting_.clear(); }

 private:
  void happen(size_t event);

  EventLoop& loop_;
  const std::vector<EventSpec>& events_;
  std::function<void(const EventSpec&)> act_;
  std::vector<std::optional<Instant>> happened_;
  std::vector<EventLoop::Watch> waiting_;  // of each event; none once it was stopped
};

}  // namespace icelab
