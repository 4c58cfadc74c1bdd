#pragma once

#include <span>
#include <string>

namespace icelab {

/// Where an agent meets its peer: a signalling server (docs/signalling.md) and a room there.
struct SignallingTarget {
  std::string url;  // of the WebSocket: "http://127.0.0.1:8080/signal", or "https://..."
  std::string room;
};

/// From what a person writes: the link that `icelab serve` prints, or ws:// or wss://, and a room;
/// or a link that ends in "#ROOM", as a browser shows it. Throws UsageError, which says what is
/// wrong and how it should look.
SignallingTarget parse_signalling_target(std::span<const std::string> words);

}  // namespace icelab
