#include "netns/fabric/link.h"

#include "src/net/fragments.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {

Verdict Link::pass(Packet& packet, Direction direction, Instant now) {
  return (direction == Direction::outbound ? up_ : down_).pass(packet, now);
}

Verdict LinkDirection::pass(Packet& packet, Instant now) {
  const bool too_big = behavior_.mtu && packet.bytes().size() > *behavior_.mtu;
  if (too_big && !may_be_fragmented(packet)) return refuse(packet);
  if (loses_in_burst()) return Drop{DropReason::lost, "the link lost it in a burst of loss"};
  if (random_.happens(behavior_.loss)) {
    return Drop{DropReason::lost, fmt::format("the link loses {:g}% of its packets, by chance",
                                              behavior_.loss * 100)};
  }

  Queue queue;
  bool fits = true;
  if (too_big) {
    for (auto& part : fragment(packet, *behavior_.mtu))
      fits = fits && put_on_wire(part, now, queue);
  } else {
    fits = put_on_wire(packet, now, queue);
  }
  if (fits && !queue.entries.empty()) return queue;
  // A packet of which a fragment is missing is lost as a whole.
  return Drop{DropReason::lost, fmt::format("the queue of {} bytes was full", behavior_.queue)};
}

Drop LinkDirection::refuse(const Packet& packet) const {
  const auto mtu = static_cast<std::uint16_t>(*behavior_.mtu);
  Drop drop{DropReason::too_big,
            fmt::format("{} bytes are more than the MTU of {}, and it must not be fragmented",
                        packet.bytes().size(), mtu)};
  if (behavior_.fragmentation_needed && !packet.is_icmp_error()) {  // RFC 1122 section 3.2.2
    drop.answer = unreachable(packet, router_.of(packet), Unreachable::fragmentation_needed, mtu);
  } else {
    drop.detail += "; its sender is not told";
  }
  return drop;
}

/// Takes the packet if the queue has room for it.
bool LinkDirection::put_on_wire(Packet& packet, Instant now, Queue& queue) {
  const auto sent = leave_queue(packet.bytes().size(), now);
  if (!sent) return false;
  if (random_.happens(behavior_.corrupt)) packet.invert_bit(random_.next());
  if (random_.happens(behavior_.duplicate)) queue.entries.push_back({arrive(*sent), packet});
  queue.entries.push_back({arrive(*sent), std::move(packet)});
  return true;
}

bool LinkDirection::loses_in_burst() {
  if (!behavior_.burst_loss) return false;
  const BurstLoss& burst = *behavior_.burst_loss;
  in_burst_ = in_burst_ ? !random_.happens(burst.end) : random_.happens(burst.begin);
  return in_burst_ && random_.happens(burst.loss_during);
}

std::optional<Instant> LinkDirection::leave_queue(std::size_t size, Instant now) {
  if (!behavior_.rate) return now;
  const Instant begins = std::max(wire_free_, now);
  const double waiting = seconds(begins - now) * *behavior_.rate / 8;
  if (waiting + static_cast<double>(size) > static_cast<double>(behavior_.queue))
    return std::nullopt;
  wire_free_ = begins + duration_of(static_cast<double>(size) * 8 / *behavior_.rate);
  return wire_free_;
}

Instant LinkDirection::arrive(Instant sent) {
  if (random_.happens(behavior_.reorder)) return sent;
  Duration delay = behavior_.delay;
  if (behavior_.jitter > Duration{})
    delay += duration_of((2 * random_.fraction() - 1) * seconds(behavior_.jitter));
  last_arrival_ = std::max(last_arrival_, sent + std::max(delay, Duration{}));
  return last_arrival_;
}

}  // namespace icelab
