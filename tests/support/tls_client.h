#pragma once

#include "src/net/address.h"

#include <memory>
#include <string>

namespace icelab {

/// A TLS connection to a server of the test's own, whoever the server says that it is. It blocks,
/// for some seconds at most.
class TlsClient {
 public:
  /// Throws std::runtime_error where there is no handshake.
  explicit TlsClient(const Endpoint& server);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// A whole answer to "GET path HTTP/1.1".
  [[nodiscard]] std::string get(const std::string& path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icelab
