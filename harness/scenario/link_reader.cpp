#include "harness/scenario/link_reader.h"

#include "netns/fabric/held_back.h"

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

constexpr double longest_delay_ms = 60000;
constexpr double slowest_kbps = 0.001, fastest_kbps = 1e8;
constexpr int largest_queue = most_held_back;
constexpr int smallest_mtu = 68;  // RFC 791
constexpr int largest_mtu = 65535;

const std::vector<std::string> keys{
    "delay_ms", "jitter_ms", "loss",    "burst_loss", "rate_kbps",           "queue_bytes",
    "reorder",  "duplicate", "corrupt", "mtu",        "fragmentation_needed"};

void read_probability(const JsonObject& object, std::string_view key, double& probability) {
  const auto member = object.find(key);
  const auto value = member ? member->any_number() : std::nullopt;
  if (!value) return;
  if (*value < 0 || *value > 1) {
    member->add_fault("a probability is from 0, never, to 1, always");
  } else {
    probability = *value;
  }
}

void read_milliseconds(const JsonObject& object, std::string_view key, Duration& duration) {
  const auto member = object.find(key);
  const auto value = member ? member->any_number() : std::nullopt;
  if (!value) return;
  if (*value < 0 || *value > longest_delay_ms) {
    member->add_fault("packets arrive after they were sent, and within a minute: from 0 to 60000");
  } else {
    duration = duration_of(*value / 1000);
  }
}

void read_burst_loss(const JsonObject& object, std::optional<BurstLoss>& burst_loss) {
  const auto member = object.find("burst_loss");
  if (!member) return;
  const auto burst = member->object({"begin", "end", "loss_during"});
  burst_loss.emplace();
  if (burst.require("begin")) read_probability(burst, "begin", burst_loss->begin);
  if (burst.require("end")) read_probability(burst, "end", burst_loss->end);
  read_probability(burst, "loss_during", burst_loss->loss_during);
  const auto end = burst.find("end");
  if (end && burst_loss->end == 0 && end->any_number() == 0.0) {
    end->add_fault(
        "a burst that never ends is a link that breaks: say so by an event, 'disconnect'");
  }
}

/// Reads what one object says into what another has said before.
void read_behavior(const JsonObject& object, LinkBehavior& link) {
  read_milliseconds(object, "delay_ms", link.delay);
  read_milliseconds(object, "jitter_ms", link.jitter);
  read_probability(object, "loss", link.loss);
  read_burst_loss(object, link.burst_loss);
  if (const auto kbps = object.number("rate_kbps", slowest_kbps, fastest_kbps))
    link.rate = *kbps * 1000;
  if (const auto bytes = object.integer("queue_bytes", 1, largest_queue))
    link.queue = static_cast<std::size_t>(*bytes);
  read_probability(object, "reorder", link.reorder);
  read_probability(object, "duplicate", link.duplicate);
  read_probability(object, "corrupt", link.corrupt);
  if (const auto mtu = object.integer("mtu", smallest_mtu, largest_mtu))
    link.mtu = static_cast<std::size_t>(*mtu);
  link.fragmentation_needed =
      object.boolean("fragmentation_needed").value_or(link.fragmentation_needed);
}

/// Settings that each make sense, but mean nothing without another. `objects`: all that say
/// something of this direction.
void check_behavior(const JsonReader& reader, const std::vector<JsonObject>& objects,
                    const LinkBehavior& link) {
  const auto says = [&](std::string_view key) {
    return std::ranges::any_of(
        objects, [&](const JsonObject& object) { return object.find(key).has_value(); });
  };
  if (says("queue_bytes") && !link.rate) {
    reader.add_fault(
        "'queue_bytes' without 'rate_kbps': nothing ever waits on a link without limit");
  }
  if (says("fragmentation_needed") && !link.mtu)
    reader.add_fault("'fragmentation_needed' without 'mtu': no packet is too big");
  if (link.jitter > link.delay)
    reader.add_fault("'jitter_ms' above 'delay_ms': packets would arrive before they were sent");
}

}  // namespace

std::optional<DuplexLinkBehavior> read_link(const JsonReader& reader) {
  if (!reader.json().is_object()) {
    reader.expected("an object");
    return std::nullopt;
  }
  auto known = keys;
  known.insert(known.end(), {"up", "down"});
  const auto object = reader.object(known);
  DuplexLinkBehavior link;
  read_behavior(object, link.up);
  link.down = link.up;
  bool shared_is_used = false;
  for (const auto& [key, direction] : {std::pair{"up", &link.up}, std::pair{"down", &link.down}}) {
    if (const auto member = object.find(key)) {
      const auto own = member->object(keys);
      read_behavior(own, *direction);
      check_behavior(*member, {object, own}, *direction);
    } else if (!std::exchange(shared_is_used, true)) {
      check_behavior(reader, {object}, *direction);
    }
  }
  return link;
}

}  // namespace icelab
