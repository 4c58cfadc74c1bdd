#include "harness/run/lateness_watch.h"

#include <algorithm>
#include <utility>

namespace icelab {

LatenessWatch::LatenessWatch(EventLoop& loop) : loop_(loop) {
  look_later();
  stall_ = loop_.on_stall(
      interval, [this](Duration stalled) { own_.at_once = std::max(own_.at_once, stalled); });
}

void LatenessWatch::add(std::string who, ProcessorWait wait) {
  const Duration before = wait.total();
  watched_.push_back({.who = std::move(who), .wait = std::move(wait), .before = before});
}

Lateness LatenessWatch::worst() {
  note_own_lateness();
  look();
  Wait in_all;
  for (const auto& each : watched_) {
    if (each.in_all > in_all.waited) in_all = {.who = each.who, .waited = each.in_all};
  }
  return {.at_once = at_once_, .in_all = in_all, .loop = own_};
}

void LatenessWatch::look_later() {
  due_ = now() + interval;
  next_ = loop_.after(interval, [this] {
    note_own_lateness();
    look();
    look_later();
  });
}

/// Whatever kept it: a callback of its own, a processor that others had, or a machine that stood
/// still.
void LatenessWatch::note_own_lateness() {
  const Duration late = std::max(Duration{}, now() - due_);
  own_.at_once = std::max(own_.at_once, late);
  own_.in_all += late;
}

void LatenessWatch::look() {
  // After a stall nobody knows when programs waited, all at once or now and then. That icelab was
  // late is known by then.
  const bool is_in_time = now() < due_ + interval;
  for (auto& each : watched_) {
    const Duration waited = each.wait.total() - each.before - each.in_all;
    each.in_all += waited;
    if (is_in_time) note(each.who, waited);
  }
}

void LatenessWatch::note(const std::string& who, Duration waited) {
  if (waited > at_once_.waited) at_once_ = {.who = who, .waited = waited};
}

}  // namespace icelab
