#include "harness/run/event_schedule.h"

namespace icelab {

void EventSchedule::reached(std::string_view condition) {
  for (size_t i = 0; i < waiting_.size(); ++i) {
    if (events_[i].after != condition || waiting_[i] || happened_[i]) continue;
    waiting_[i] = loop_.after(events_[i].delay, [this, i] { happen(i); });
  }
}

/// What is sent from the moment that is noted on meets the network as the event has left it.
void EventSchedule::happen(size_t event) {
  act_(events_[event]);
  happened_[event] = now();
  reached(events_[event].name);
}

}  // namespace icelab
