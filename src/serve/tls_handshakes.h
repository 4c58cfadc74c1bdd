#pragma once

#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/serve/glib_object.h"

#include <gio/gio.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace icelab {

struct HandshakeLimits {
  size_t at_once = 32;  // GIO has a thread for each
  size_t of_a_source = 8;
  Duration patience = std::chrono::seconds(2);  // with one that is under way
};

/// The server's side of TLS: version 1.2 and up, with forward secrecy (RFC 9325 section 4). A
/// handshake costs a thread from its first byte to its end, so there are few at once. The others
/// wait, and the next one is of the source that has the fewest under way. An object belongs to the
/// thread-default context in which it is made.
class TlsHandshakes {
 public:
  /// The connection with TLS, once it stands.
  using Done = std::function<void(ObjectRef<GIOStream> stream)>;

  /// Reads PEM files. Throws UsageError if they are of no use.
  TlsHandshakes(const std::string& certificate, const std::string& key, HandshakeLimits limits);
  ~TlsHandshakes();
  TlsHandshakes(const TlsHandshakes&) = delete;
  TlsHandshakes& operator=(const TlsHandshakes&) = delete;

  /// Begins with a metered stream. One that fails, or is cut, is forgotten without a word.
  /// `is_shared`: many clients come from there, each by itself.
  void begin(ObjectRef<GIOStream> metered, const IpAddress& source, bool is_shared, Done done);
  /// Ends those that take too long. To be called about once a second.
  void expire(Instant now);

  [[nodiscard]] size_t under_way() const;
  [[nodiscard]] size_t waiting() const;
  [[nodiscard]] size_t failed() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icelab
