#include "src/serve/stream_poller.h"

#include "src/base/error.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace icelab {
namespace {

constexpr gint64 never = -1;
constexpr gint64 at_once = 0;

}  // namespace

/// A GSource that never has anything to dispatch itself: were it ready, its priority would keep the
/// others of this turn from being asked.
struct StreamPoller::LoopSource {
  GSource base;
  StreamPoller* poller;
  GPollFD epoll;

  /// Asked before those of lower priority are, whether they are ready.
  static gboolean check(GSource* source) {
    const auto* self = reinterpret_cast<LoopSource*>(source);
    if (self->epoll.revents != 0) self->poller->wake_readable();
    return FALSE;
  }
};

StreamPoller::StreamPoller(Duration silence)
    : silence_(silence), epoll_(check(epoll_create1(EPOLL_CLOEXEC), "create an epoll descriptor")) {
  static GSourceFuncs functions{nullptr, LoopSource::check, nullptr, nullptr, nullptr, nullptr};
  source_.reset(g_source_new(&functions, sizeof(LoopSource)));
  auto* self = reinterpret_cast<LoopSource*>(source_.get());
  self->poller = this;
  self->epoll = {.fd = epoll_.get(), .events = G_IO_IN, .revents = 0};
  g_source_add_poll(source_.get(), &self->epoll);
  g_source_set_priority(source_.get(), G_PRIORITY_HIGH);
  g_source_attach(source_.get(), g_main_context_get_thread_default());
}

StreamPoller::~StreamPoller() {
  g_source_destroy(source_.get());
}

void StreamPoller::wake_readable() {
  std::array<epoll_event, 256> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  std::vector<Source> released;
  const std::scoped_lock lock(mutex_);
  for (int i = 0; i < count; ++i) {
    auto* stream = static_cast<PolledStream*>(events.at(static_cast<size_t>(i)).data.ptr);
    if (!waited_for_.contains(stream)) continue;  // left since
    wake(*stream, released);
  }
}

void StreamPoller::expire(Instant now) {
  std::vector<Source> released;
  const std::scoped_lock lock(mutex_);
  std::vector<PolledStream*> silent;
  for (PolledStream* stream : waited_for_) {
    if (now - stream->heard_ > silence_) silent.push_back(stream);
  }
  for (PolledStream* stream : silent) {
    stream->silent_ = true;
    wake(*stream, released);
  }
}

void StreamPoller::wake(PolledStream& stream, std::vector<Source>& released) {
  std::vector<Source> waiting;
  for (Source& source : stream.sources_) {
    auto& kept = g_source_is_destroyed(source.get()) != FALSE ? released : waiting;
    kept.push_back(std::move(source));
  }
  stream.sources_ = std::move(waiting);
  for (const auto& source : stream.sources_) g_source_set_ready_time(source.get(), at_once);
  if (stream.sources_.empty()) stop_waiting(stream);
}

void StreamPoller::wait_for(PolledStream& stream) {
  if (stream.socket_ < 0 || stream.paused_ || !waited_for_.insert(&stream).second) return;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &stream}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stream.socket_, &event), "watch a connection");
}

void StreamPoller::stop_waiting(PolledStream& stream) {
  if (waited_for_.erase(&stream) == 0) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stream.socket_, nullptr);
}

PolledStream::PolledStream(std::shared_ptr<StreamPoller> poller, int socket)
    : poller_(std::move(poller)), socket_(socket), heard_(now()) {}

PolledStream::~PolledStream() {
  leave();
}

GSource* PolledStream::wait(GObject* stream, GCancellable* cancellable) {
  GSource* source = g_pollable_source_new_full(stream, nullptr, cancellable);
  const std::scoped_lock lock(poller_->mutex_);
  // The caller holds the stream, so that none of those that are over is the last to do so.
  std::erase_if(sources_,
                [](const auto& old) { return g_source_is_destroyed(old.get()) != FALSE; });
  sources_.emplace_back(g_source_ref(source));
  if (socket_ < 0) g_source_set_ready_time(source, at_once);
  poller_->wait_for(*this);
  return source;
}

void PolledStream::reading() {
  const std::scoped_lock lock(poller_->mutex_);
  if (socket_ < 0) return;
  for (const auto& source : sources_) {
    // libsoup ends the source before it reads; and each change wakes the loop.
    if (g_source_is_destroyed(source.get()) == FALSE) g_source_set_ready_time(source.get(), never);
  }
}

void PolledStream::set_paused(bool paused) {
  const std::scoped_lock lock(poller_->mutex_);
  if (paused == paused_) return;
  paused_ = paused;
  if (paused) {
    poller_->stop_waiting(*this);
  } else if (!sources_.empty()) {
    poller_->wait_for(*this);
  }
}

void PolledStream::cut() {
  const std::scoped_lock lock(poller_->mutex_);
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

bool PolledStream::has_ended() const {
  const std::scoped_lock lock(poller_->mutex_);
  pollfd descriptor{.fd = socket_, .events = POLLRDHUP, .revents = 0};
  return socket_ < 0 || poll(&descriptor, 1, 0) > 0;
}

bool PolledStream::is_blocked() const {
  const std::scoped_lock lock(poller_->mutex_);
  pollfd descriptor{.fd = socket_, .events = POLLOUT, .revents = 0};
  return socket_ >= 0 && poll(&descriptor, 1, 0) == 0;
}

void PolledStream::heard(Instant now) {
  const std::scoped_lock lock(poller_->mutex_);
  heard_ = now;
}

void PolledStream::leave() {
  std::vector<StreamPoller::Source> released;
  const std::scoped_lock lock(poller_->mutex_);
  if (socket_ < 0) return;
  poller_->stop_waiting(*this);
  socket_ = -1;
  for (const auto& source : sources_) g_source_set_ready_time(source.get(), at_once);
  released = std::move(sources_);
}

}  // namespace icelab
