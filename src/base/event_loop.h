#pragma once

#include "src/base/clock.h"

#include <functional>
#include <memory>

namespace icelab {

/// The main loop on which everything but packet forwarding happens: agents' lines, child exits,
/// deadlines, signals. One thread; callbacks run in run(). An exception that leaves a callback
/// stops the loop and is thrown again from run(), since it cannot cross GLib's C frames.
class EventLoop {
 public:
  /// Keeps a callback registered; destroying it (also from inside the callback) unregisters it.
  /// A Watch must not outlive its loop.
  class Watch {
   public:
    Watch();
    ~Watch();
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;
    explicit operator bool() const { return source_ != nullptr; }

   private:
    friend class EventLoop;
    struct Source;
    std::unique_ptr<Source> source_;
  };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Calls back whenever fd can be read or has been hung up.
  [[nodiscard]] Watch on_readable(int fd, std::function<void()> callback);
  /// Calls back once, not earlier than delay from now.
  [[nodiscard]] Watch after(Duration delay, std::function<void()> callback);
  /// Calls back whenever callbacks have kept the loop from coming round for longer than `limit`:
  /// for how long. What has begun before the watch did does not count.
  [[nodiscard]] Watch on_stall(Duration limit, std::function<void(Duration)> callback);
  /// Calls back in place of the signal's default action. Watch before any other thread is started.
  [[nodiscard]] Watch on_signal(int signal, std::function<void()> callback);

  /// Runs `make`: what libraries that are made for GLib's main loop wait for from then on, they
  /// wait for here.
  void adopt(const std::function<void()>& make);
  /// For the callbacks of such libraries, inside run(): an exception stops the loop like those of
  /// its own callbacks.
  void guard(const std::function<void()>& callback) noexcept;

  void run();
  void quit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icelab
