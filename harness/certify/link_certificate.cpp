#include "harness/certify/box_certificates.h"
#include "harness/certify/certifier.h"
#include "harness/certify/link_measurement.h"

#include <fmt/format.h>

#include <iterator>

namespace icelab {
namespace {

using Measure = std::string(Testbed&, Direction, const LinkBehavior&);

/// The questions about one direction.
class Interview {
 public:
  Interview(const LinkBehavior& claim, Direction direction, const BoxFactory& make)
      : claim_(claim), direction_(direction), certifier_(plain_setting(false), make) {}

  std::vector<Property> run() {
    if (whole_share(claim_) > mostly_lost) ask_times();
    ask("loss", share_claim(1 - whole_share(claim_)), measure_loss);
    if (has_plain_bursts()) {
      const auto& burst = *claim_.burst_loss;
      ask("loss after a loss", share_claim((1 - burst.end) * burst.loss_during),
          measure_loss_after_a_loss);
    }
    if (whole_share(claim_) > mostly_lost)
      ask("duplicates", share_claim(claim_.duplicate), measure_duplicates);
    if (claim_.corrupt > 0) ask("corrupt", share_claim(claim_.corrupt), measure_corruption);
    if (has_measurable_rate(claim_))
      ask("rate", fmt::format("{:g} kbit/s", *claim_.rate / 1000), measure_rate);
    if (has_measurable_queue(claim_))
      ask("queue", fmt::format("{} bytes", claim_.queue), measure_queue);
    if (has_measurable_mtu()) ask_mtu();
    return certifier_.take();
  }

 private:
  static constexpr double mostly_lost = 0.5;

  void ask(std::string_view name, const std::string& claim, Measure* measure) {
    const std::string_view way = direction_ == Direction::outbound ? "up" : "down";
    certifier_.ask(fmt::format("{} {}", way, name), claim,
                   [&, measure](Testbed& bed) { return measure(bed, direction_, claim_); });
  }

  void ask_times() {
    constexpr auto shortest = std::chrono::milliseconds(5);  // a machine is not always faster
    ask("delay", delay_claim(claim_), measure_delay);
    if (claim_.delay < shortest) return;
    if (claim_.reorder == 0) ask("jitter", jitter_claim(claim_), measure_jitter);
    if (claim_.delay - claim_.jitter >= shortest && !claim_.rate)
      ask("reordering", share_claim(claim_.reorder), measure_reordering);
  }

  [[nodiscard]] bool has_plain_bursts() const {
    return claim_.burst_loss && claim_.burst_loss->begin > 0 && claim_.burst_loss->begin < 1 &&
           claim_.loss == 0 && claim_.corrupt == 0;
  }

  /// Larger ones no host here sends; smaller ones have no room for a number.
  [[nodiscard]] bool has_measurable_mtu() const {
    constexpr size_t smallest = 100, smaller_than_hosts = 1500;
    return claim_.mtu && *claim_.mtu >= smallest && *claim_.mtu < smaller_than_hosts &&
           whole_share(claim_) > mostly_lost && (!claim_.rate || claim_.queue > smaller_than_hosts);
  }

  void ask_mtu() {
    ask("MTU", fmt::format("{} bytes", *claim_.mtu), measure_mtu);
    ask("too big", claim_.fragmentation_needed ? "told" : "black hole", measure_too_big);
    ask("may be cut", "cut", measure_cutting);
  }

  LinkBehavior claim_;
  Direction direction_;
  Certifier certifier_;
};

}  // namespace

std::vector<Property> certify_link(const DuplexLinkBehavior& link, const BoxFactory& make) {
  auto properties = Interview(link.up, Direction::outbound, make).run();
  auto down = Interview(link.down, Direction::inbound, make).run();
  properties.insert(properties.end(), std::move_iterator(down.begin()),
                    std::move_iterator(down.end()));
  return properties;
}

}  // namespace icelab
