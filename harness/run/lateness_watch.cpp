#include "harness/run/lateness_watch.h"

#include <utility>

namespace icelab {

LatenessWatch::LatenessWatch(EventLoop& loop) : loop_(loop) {
  look_later();
}

void LatenessWatch::add(std::string who, ProcessorWait wait) {
  const Duration seen = wait.total();
  watched_.push_back({std::move(who), std::move(wait), seen});
}

Lateness LatenessWatch::worst() {
  look();
  return worst_;
}

void LatenessWatch::look_later() {
  due_ = now() + interval;
  next_ = loop_.after(interval, [this] {
    note("the signalling", now() - due_);
    look();
    look_later();
  });
}

void LatenessWatch::look() {
  for (auto& each : watched_) {
    const Duration total = each.wait.total();
    note(each.who, total - each.seen);
    each.seen = total;
  }
}

void LatenessWatch::note(const std::string& who, Duration waited) {
  if (waited > worst_.waited) worst_ = {.who = who, .waited = waited};
}

}  // namespace icelab
