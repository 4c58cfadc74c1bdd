#pragma once

#include "src/net/address.h"
#include "src/serve/glib_object.h"

#include <gio/gio.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace icelab {

struct HandshakeLimits {
  size_t at_once = 64;  // GIO has a thread for each
  size_t of_a_source = 8;
};

/// The server's side of TLS: version 1.2 and up, with forward secrecy (RFC 9325 section 4). A
/// connection costs a thread from its first byte to the end of its handshake, so there are no more
/// at once than the limits say; who is beyond them waits. It belongs to the thread-default context
/// of who makes it.
class TlsHandshakes {
 public:
  /// The connection with TLS, once it stands.
  using Done = std::function<void(ObjectRef<GIOStream> stream)>;

  /// Reads PEM files. Throws UsageError if they are of no use.
  TlsHandshakes(const std::string& certificate, const std::string& key, HandshakeLimits limits);
  ~TlsHandshakes();
  TlsHandshakes(const TlsHandshakes&) = delete;
  TlsHandshakes& operator=(const TlsHandshakes&) = delete;

  /// `stream` can be polled. One that fails, or whose socket is closed, is forgotten without a
  /// word.
  void begin(ObjectRef<GIOStream> stream, const IpAddress& source, Done done);

  [[nodiscard]] size_t under_way() const;
  [[nodiscard]] size_t waiting() const;
  [[nodiscard]] size_t failed() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icelab
