#pragma once

#include "src/base/clock.h"
#include "src/base/descriptor.h"

#include <gio/gio.h>

#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace icelab {

class PolledStream;

/// Waits for thousands of sockets at once, by one epoll descriptor (epoll(7)): GLib's loop would
/// poll each, and ask several sources for each, every time that it comes round. It belongs to the
/// thread-default context (g_main_context_push_thread_default()) of who makes it.
class StreamPoller {
 public:
  /// A stream on which nothing has come for so long is woken too, and is_silent().
  explicit StreamPoller(Duration silence);
  ~StreamPoller();
  StreamPoller(const StreamPoller&) = delete;
  StreamPoller& operator=(const StreamPoller&) = delete;

  /// Wakes those who wait for silent streams. To be called about once a second.
  void expire(Instant now);

 private:
  friend class PolledStream;
  struct LoopSource;
  struct ReleaseSource {
    void operator()(GSource* source) const { g_source_unref(source); }
  };
  using Source = std::unique_ptr<GSource, ReleaseSource>;

  /// Who waits for a stream that can be read is dispatched in this very turn of the loop.
  void wake_readable();
  void wait_for(PolledStream& stream);
  void stop_waiting(PolledStream& stream);
  /// Adds to `released` sources that nobody waits for any more: to be released when the mutex is
  /// free, since each holds its stream.
  void wake(PolledStream& stream, std::vector<Source>& released);

  Duration silence_;
  Descriptor epoll_;
  Source source_;     // in the loop
  std::mutex mutex_;  // TLS closes its streams in threads
  std::unordered_set<PolledStream*> waited_for_;
};

/// One of them.
class PolledStream {
 public:
  PolledStream(std::shared_ptr<StreamPoller> poller, int socket);
  ~PolledStream();
  PolledStream(const PolledStream&) = delete;
  PolledStream& operator=(const PolledStream&) = delete;

  /// A source for who waits until `stream`, which stands for this, can be read.
  GSource* wait(GObject* stream, GCancellable* cancellable);
  /// To be told before it is read, and what came of it.
  void reading();
  void heard(Instant now);
  [[nodiscard]] bool is_silent() const { return silent_; }
  /// While paused, nobody is woken: what the other side sends has to wait.
  void set_paused(bool paused);
  [[nodiscard]] bool is_paused() const { return paused_; }
  /// Nothing is read or written any more, and whoever waits to do so, in whatever thread, is told.
  void cut();
  /// The other side is gone, or it was cut.
  [[nodiscard]] bool has_ended() const;
  /// Nothing more can be written at the moment.
  [[nodiscard]] bool is_blocked() const;
  /// Before the socket is closed: from then on its number may be another's.
  void leave();

 private:
  friend class StreamPoller;

  std::shared_ptr<StreamPoller> poller_;
  int socket_;  // -1 when it is closed
  std::vector<StreamPoller::Source> sources_;
  Instant heard_;
  bool silent_ = false;
  bool paused_ = false;
};

}  // namespace icelab
