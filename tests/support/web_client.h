#pragma once

#include "src/base/descriptor.h"
#include "src/base/json.h"
#include "src/net/address.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// A TCP connection to a server of the test's own, that blocks, for some seconds at most.
class WebClient {
 public:
  enum class Wait { yes, no };

  /// `from` an address of its own, as loopback has many. Without waiting, nobody may have answered
  /// yet.
  explicit WebClient(const Endpoint& server, const std::optional<IpAddress>& from = {},
                     Wait wait = Wait::yes);

  void write(std::string_view bytes) const;
  /// What comes until so many bytes are there; less where the connection ends.
  std::string read(size_t count);
  [[nodiscard]] int socket() const { return socket_.get(); }
  /// Whether something comes, or the end, within this time.
  [[nodiscard]] bool has_input(std::chrono::milliseconds patience) const;
  /// Whether the end comes within this time.
  [[nodiscard]] bool has_ended(std::chrono::milliseconds patience) const;
  /// All that comes until the connection ends.
  std::string read_all();
  /// A whole answer to "GET path HTTP/1.1" with these header lines, each with its end.
  std::string get(std::string_view path, std::string_view headers = "");

 private:
  Descriptor socket_;
};

/// A WebSocket (RFC 6455), spoken by hand: what libraries would not send can be sent.
class WebSocketClient {
 public:
  struct Frame {
    int opcode = 0;  // 0 where the connection has ended instead
    std::string payload;
  };

  /// Without a protocol none is offered. Throws std::runtime_error with the answer's first line if
  /// the server does not want it.
  explicit WebSocketClient(const Endpoint& server, std::string_view headers = "",
                           std::string_view protocol = "icelab-signalling.1",
                           std::string_view path = "/signal");

  void say(const Json& message) { send_frame(0x81, message.dump()); }
  /// `head`: FIN and opcode. Masked with zeros, as a client must.
  void send_frame(std::uint8_t head, std::string_view payload);
  void write(std::string_view bytes) { client_.write(bytes); }
  [[nodiscard]] bool has_input(std::chrono::milliseconds patience) const {
    return client_.has_input(patience);
  }

  Frame read_frame();
  /// The next message. Throws std::runtime_error where something else comes, or nothing.
  Json read();
  /// Reads up to the end: the close code, or 0 if there was none.
  int close_code();

 private:
  WebClient client_;
};

}  // namespace icelab
