#include "harness/run/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {

void Heartbeat::start() {
  if (!next_) beat();
}

void Heartbeat::beat() {
  for (const size_t peer : {0U, 1U}) {
    Beat beat{.from = peer,
              .text = fmt::format("icelab {:08x} {} {}", seed_, peer, beats_.size()),
              .sent = now()};
    if (send_(peer, beat.text)) beats_.push_back(std::move(beat));
  }
  next_ = loop_.after(interval, [this] { beat(); });
}

bool Heartbeat::received(size_t peer, std::string_view text) {
  const auto found = std::ranges::find(beats_, text, &Beat::text);
  if (found == beats_.end() || found->from == peer || found->received) return false;
  found->received = now();
  return true;
}

}  // namespace icelab
