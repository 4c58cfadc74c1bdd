#include "harness/run/lateness_watch.h"

#include <utility>

namespace icelab {

LatenessWatch::LatenessWatch(EventLoop& loop) : loop_(loop) {
  look_later();
}

void LatenessWatch::add(std::string who, ProcessorWait wait) {
  const Duration before = wait.total();
  watched_.push_back({.who = std::move(who), .wait = std::move(wait), .before = before});
}

Lateness LatenessWatch::worst() {
  look();
  Wait in_all = signalling_;
  for (const auto& each : watched_) {
    if (each.in_all > in_all.waited) in_all = {.who = each.who, .waited = each.in_all};
  }
  return {.at_once = at_once_, .in_all = in_all};
}

void LatenessWatch::look_later() {
  due_ = now() + interval;
  next_ = loop_.after(interval, [this] {
    const Duration late = now() - due_;
    signalling_.waited += late;
    note(signalling_.who, late);
    look();
    look_later();
  });
}

void LatenessWatch::look() {
  for (auto& each : watched_) {
    const Duration waited = each.wait.total() - each.before - each.in_all;
    each.in_all += waited;
    note(each.who, waited);
  }
}

void LatenessWatch::note(const std::string& who, Duration waited) {
  if (waited > at_once_.waited) at_once_ = {.who = who, .waited = waited};
}

}  // namespace icelab
