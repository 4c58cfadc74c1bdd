#pragma once

#include "src/net/packet.h"

#include <compare>
#include <cstddef>
#include <optional>

namespace icelab {

/// Between which two endpoints programs of a simulation exchange messages: by datagrams, or over
/// one TCP connection.
struct Channel {
  Protocol protocol = Protocol::udp;
  Endpoint local;
  Endpoint remote;
  auto operator<=>(const Channel&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// What programs of a simulation tell each other, in place of STUN's and TURN's messages.
struct Message {
  enum class Kind {
    allocate,   // to a TURN server, or to a STUN server: it tells the mapped address alike
    allocated,  // its answer
    check,
    answer,  // to a check
  };
  Kind kind = Kind::check;
  size_t check = 0;                   // its number, which an answer repeats
  std::optional<Endpoint> mapped{};   // of an answer: where the other side saw the asker
  std::optional<Endpoint> relayed{};  // of `allocated`
  std::optional<Endpoint> peer{};     // on the far side of a relay: to whom, or from whom
  std::optional<Endpoint> through{};  // to an HTTP proxy: whom to pass it on to
};

}  // namespace icelab
