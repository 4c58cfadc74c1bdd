#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace icelab {

/// A client's end of a WebSocket (RFC 6455), of libsoup, on GLib's default main context. It may be
/// destroyed at any time, also by what it calls, and calls nobody then.
class WebSocket {
 public:
  struct Handlers {
    std::function<void()> opened;
    std::function<void(std::string_view text)> received;
    /// It is gone, or did not come about: why, in words. Nothing follows.
    std::function<void(const std::string& why)> closed;
  };

  /// Begins to connect to `url` (http:// or https://) with this subprotocol. A message of more than
  /// `largest` bytes closes it.
  WebSocket(const std::string& url, const std::string& subprotocol, size_t largest,
            Handlers handlers);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Text; where it is not open, nothing.
  void send(const std::string& text);
  /// When all is sent that was to be: closed() tells when the other side has heard it.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icelab
