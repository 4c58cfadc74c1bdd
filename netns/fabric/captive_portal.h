#pragma once

#include "src/net/packet.h"

#include <optional>

namespace icelab {

/// What a captive portal says to whoever asks a web server before signing in: it takes the server's
/// place, and answers a request with a redirect to its own page (RFC 9110 section 15.4.3; what RFC
/// 8952 section 1 calls interception), and anything else, STUN for one, as a bad request. It
/// remembers nothing: each segment holds all that its answer needs.
std::optional<Packet> answer_in_its_place(const Packet& segment);

}  // namespace icelab
