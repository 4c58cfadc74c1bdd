#include "src/base/event_loop.h"

#include <glib-unix.h>
#include <glib.h>

#include <exception>
#include <utility>

namespace icelab {

struct EventLoop::State {
  GMainContext* context = g_main_context_new();
  GMainLoop* loop = g_main_loop_new(context, FALSE);
  std::exception_ptr failure;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    g_main_loop_unref(loop);
    g_main_context_unref(context);
  }
};

namespace {

/// What a GSource carries: shared, so that a callback may destroy its own watch while it runs.
struct Callback {
  std::function<void()> function;
  std::exception_ptr* failure;
  GMainLoop* loop;
};
using Held = std::shared_ptr<Callback>;

gboolean invoke(gpointer data, gboolean keep) {
  const Held held = *static_cast<Held*>(data);
  try {
    held->function();
  } catch (...) {
    *held->failure = std::current_exception();
    g_main_loop_quit(held->loop);
  }
  return keep;
}

gboolean invoke_for_fd(gint, GIOCondition, gpointer data) {
  return invoke(data, G_SOURCE_CONTINUE);
}
gboolean invoke_repeatedly(gpointer data) {
  return invoke(data, G_SOURCE_CONTINUE);
}
gboolean invoke_once(gpointer data) {
  return invoke(data, G_SOURCE_REMOVE);
}
void release(gpointer data) {
  delete static_cast<Held*>(data);
}

/// GLib asks its sources before the loop waits, and those that were not ready again after it has
/// waited; then it runs callbacks, and begins anew.
struct StallSource {
  GSource base;
  Duration limit;
  Instant awoke;  // when it had waited
  bool is_awake;
  Duration stalled;
};

StallSource& stall_source(GSource* source) {
  return *reinterpret_cast<StallSource*>(source);
}

gboolean before_wait(GSource* source, gint* timeout) {
  StallSource& stall = stall_source(source);
  *timeout = -1;
  if (!std::exchange(stall.is_awake, false)) return FALSE;
  stall.stalled = now() - stall.awoke;
  return stall.stalled > stall.limit ? TRUE : FALSE;
}

gboolean after_wait(GSource* source) {
  stall_source(source).is_awake = true;
  stall_source(source).awoke = now();
  return FALSE;
}

gboolean on_dispatch(GSource* source, GSourceFunc callback, gpointer data) {
  after_wait(source);
  return callback(data);
}

GSourceFuncs stall_functions{before_wait, after_wait, on_dispatch, nullptr, nullptr, nullptr};

/// Before all others: whatever they do counts.
GSource* new_stall_source(Duration limit) {
  GSource* source = g_source_new(&stall_functions, sizeof(StallSource));
  g_source_set_priority(source, G_PRIORITY_HIGH);
  stall_source(source).limit = limit;
  return source;
}

/// While it stands, a context is where GLib's libraries attach what they wait for.
class ThreadDefault {
 public:
  explicit ThreadDefault(GMainContext* context) : context_(context) {
    g_main_context_push_thread_default(context_);
  }
  ~ThreadDefault() { g_main_context_pop_thread_default(context_); }
  ThreadDefault(const ThreadDefault&) = delete;
  ThreadDefault& operator=(const ThreadDefault&) = delete;

 private:
  GMainContext* context_;
};

}  // namespace

struct EventLoop::Watch::Source {
  GSource* source;

  Source(GSource* new_source, GSourceFunc dispatch, State& state, std::function<void()> function)
      : source(new_source) {
    auto* held = new Held(
        std::make_shared<Callback>(Callback{std::move(function), &state.failure, state.loop}));
    g_source_set_callback(source, dispatch, held, release);
    g_source_attach(source, state.context);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() {
    g_source_destroy(source);
    g_source_unref(source);
  }
};

EventLoop::Watch::Watch() = default;
EventLoop::Watch::~Watch() = default;
EventLoop::Watch::Watch(Watch&&) noexcept = default;
EventLoop::Watch& EventLoop::Watch::operator=(Watch&&) noexcept = default;

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

EventLoop::Watch EventLoop::on_readable(int fd, std::function<void()> callback) {
  Watch watch;
  watch.source_ = std::make_unique<Watch::Source>(
      g_unix_fd_source_new(fd, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR)),
      G_SOURCE_FUNC(invoke_for_fd), *state_, std::move(callback));
  return watch;
}

EventLoop::Watch EventLoop::after(Duration delay, std::function<void()> callback) {
  const auto delay_ms = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
  Watch watch;
  watch.source_ = std::make_unique<Watch::Source>(
      g_timeout_source_new(static_cast<guint>(delay_ms > 0 ? delay_ms : 0)), invoke_once, *state_,
      std::move(callback));
  return watch;
}

EventLoop::Watch EventLoop::on_stall(Duration limit, std::function<void(Duration)> callback) {
  GSource* source = new_stall_source(limit);
  Watch watch;
  watch.source_ = std::make_unique<Watch::Source>(
      source, invoke_repeatedly, *state_,
      [source, callback = std::move(callback)] { callback(stall_source(source).stalled); });
  return watch;
}

EventLoop::Watch EventLoop::on_signal(int signal, std::function<void()> callback) {
  Watch watch;
  watch.source_ = std::make_unique<Watch::Source>(g_unix_signal_source_new(signal),
                                                  invoke_repeatedly, *state_, std::move(callback));
  return watch;
}

void EventLoop::adopt(const std::function<void()>& make) {
  const ThreadDefault ours(state_->context);
  make();
}

void EventLoop::guard(const std::function<void()>& callback) noexcept {
  try {
    callback();
  } catch (...) {
    state_->failure = std::current_exception();
    quit();
  }
}

void EventLoop::run() {
  state_->failure = nullptr;
  adopt([this] { g_main_loop_run(state_->loop); });
  if (state_->failure) std::rethrow_exception(state_->failure);
}

void EventLoop::quit() {
  g_main_loop_quit(state_->loop);
}

}  // namespace icelab
