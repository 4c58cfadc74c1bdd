#pragma once

#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/serve/stream_poller.h"

#include <gio/gio.h>

#include <cstddef>
#include <memory>

namespace icelab {

struct VisitLimits {
  size_t most = 20000;
  size_t of_a_source = 400;
  Duration request = std::chrono::seconds(10);  // from the connection to the end of its request
  Duration answer = std::chrono::seconds(60);   // and to the end of the answer
};

/// A TCP connection, by its two ends.
struct VisitEnds {
  Endpoint remote;
  Endpoint local;
  bool operator==(const VisitEnds&) const = default;
};

/// The TCP connections of a web server, each from when it is accepted until its socket is gone. One
/// that comes to nothing in time is cut, whatever it is doing. Any thread may release a socket.
class Visits {
 public:
  enum class Admission { admitted, full, source_limit };

  explicit Visits(VisitLimits limits);
  ~Visits();
  Visits(const Visits&) = delete;
  Visits& operator=(const Visits&) = delete;

  /// Where there are too many, the oldest that has not asked for anything yet makes place, or else
  /// the oldest that is being answered. `is_shared`: many clients come from there, each by itself.
  Admission admit(GSocketConnection* connection, const VisitEnds& ends,
                  const std::shared_ptr<PolledStream>& stream, bool is_shared, Instant now);
  /// Its request has come, all of it.
  void asked(const VisitEnds& ends);
  /// It is a WebSocket from now on: others look after it.
  void upgraded(const VisitEnds& ends);
  /// Cuts those that are late. To be called about once a second.
  void expire(Instant now);

  [[nodiscard]] size_t size() const;
  /// How many were cut because they were late.
  [[nodiscard]] size_t late() const;
  /// And because others came.
  [[nodiscard]] size_t evicted() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icelab

template <>
struct std::hash<icelab::VisitEnds> {
  size_t operator()(const icelab::VisitEnds& ends) const noexcept {
    const std::hash<icelab::Endpoint> of;
    return icelab::mix(of(ends.remote) * 3 + of(ends.local));
  }
};
