#pragma once

#include "src/base/clock.h"

#include <cstddef>
#include <optional>

namespace icelab {

/// Losses that come in bursts, after Gilbert and Elliott: a link is good or bad, and changes from
/// one to the other with these probabilities a packet.
struct BurstLoss {
  double begin = 0;        // from good to bad
  double end = 1;          // from bad to good
  double loss_during = 1;  // of a packet while it is bad

  bool operator==(const BurstLoss&) const = default;
};

/// What one direction of a link does to packets. Probabilities are from 0 to 1, each packet's own.
struct LinkBehavior {
  Duration delay{};
  Duration jitter{};  // delay varies by as much to either side; the order is kept
  double loss = 0;
  std::optional<BurstLoss> burst_loss{};
  /// Bits a second, IP headers included; packets that must wait for those before them do so in a
  /// queue of this many bytes, and what does not fit is lost (drop-tail).
  std::optional<double> rate{};
  std::size_t queue = 65536;
  double reorder = 0;  // overtakes all that is under way
  double duplicate = 0;
  double corrupt = 0;  // one bit of it is inverted
  /// The largest IP packet in bytes. A larger one is cut into fragments if it may be (RFC 791);
  /// otherwise it is dropped and its sender told so (RFC 1191), or not: a black hole (RFC 2923).
  std::optional<std::size_t> mtu{};
  bool fragmentation_needed = true;

  bool operator==(const LinkBehavior&) const = default;
};

/// Both directions of a link.
struct DuplexLinkBehavior {
  LinkBehavior up, down;  // away from the host, towards it

  bool operator==(const DuplexLinkBehavior&) const = default;
};

}  // namespace icelab
