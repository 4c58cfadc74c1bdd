#pragma once

#include "harness/observe/run_record.h"
#include "src/base/event_loop.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// What the two peers send each other all the time while a run watches whether data flows.
class Heartbeat {
 public:
  static constexpr auto interval = std::chrono::milliseconds(100);
  /// Gives a peer's agent something to send; false if it has nothing to send it by now.
  using Send = std::function<bool(size_t peer, const std::string& text)>;

  /// `seed` makes what is sent unlike anything that another run sends.
  Heartbeat(EventLoop& loop, unsigned seed, Send send)
      : loop_(loop), seed_(seed), send_(std::move(send)) {}

  /// From now on, until stop(); being started twice changes nothing.
  void start();
  void stop() { next_ = {}; }
  /// A peer has received something. Whether it was a beat of the other's, for the first time.
  bool received(size_t peer, std::string_view text);

  [[nodiscard]] const std::vector<Beat>& beats() const { return beats_; }

 private:
  void beat();

  EventLoop& loop_;
  unsigned seed_;
  Send send_;
  std::vector<Beat> beats_;
  EventLoop::Watch next_;
};

}  // namespace icelab
