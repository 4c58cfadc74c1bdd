#include "harness/certify/link_measurement.h"

#include "harness/certify/raw_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

namespace icelab {
namespace {

constexpr std::uint16_t near_port = 40001, far_port = 3478;
constexpr std::size_t headers = 28;  // of IPv4 and UDP
constexpr std::size_t small = 16;    // of a payload that only has a number

/// The two ends of one direction, and a clock that is the fabric's: the machine's, and what it was
/// told to jump ahead.
class Ends {
 public:
  Ends(Testbed& bed, Direction direction) : bed_(bed), direction_(direction) { restart(); }

  void restart() {
    begun_ = now();
    jumped_ = {};
  }
  [[nodiscard]] Duration elapsed() const { return now() - begun_ + jumped_; }
  /// At once, if it is that late already. All that was due by then has arrived.
  void advance_to(Duration time) {
    const Duration ahead = time - elapsed();
    if (ahead > Duration{}) {
      bed_.advance_clock(ahead);
      jumped_ += ahead;
    }
    bed_.settle();
  }

  void send(int number, std::size_t size = small) const {
    std::string payload = fmt::format("{} ", number);
    payload.resize(size, '.');
    sender().send(receiver().local(), payload);
  }
  /// The numbers of what has arrived since the last time, in that order.
  [[nodiscard]] std::vector<int> receive() const {
    std::vector<int> numbers;
    while (const auto datagram = receiver().poll()) {
      int number = -1;
      std::from_chars(datagram->data.data(), datagram->data.data() + datagram->data.size(), number);
      numbers.push_back(number);
    }
    return numbers;
  }
  [[nodiscard]] const UdpProbe& sender() const { return is_up() ? inside_ : outside_; }
  [[nodiscard]] const UdpProbe& receiver() const { return is_up() ? outside_ : inside_; }
  [[nodiscard]] int receiving_network() const {
    return is_up() ? bed_.outside_network() : bed_.inside_network(0);
  }

 private:
  [[nodiscard]] bool is_up() const { return direction_ == Direction::outbound; }

  Testbed& bed_;
  Direction direction_;
  UdpProbe inside_ = bed_.inside_udp(0, near_port);
  UdpProbe outside_ = bed_.outside_udp(0, far_port);
  Instant begun_;
  Duration jumped_{};
};

Duration on_the_wire(const LinkBehavior& link, std::size_t bytes) {
  return link.rate ? duration_of(static_cast<double>(bytes) * 8 / *link.rate) : Duration{};
}
Duration earliest(const LinkBehavior& link) {
  return std::max(Duration{}, link.delay - link.jitter);
}
Duration latest(const LinkBehavior& link, std::size_t bytes = headers + small) {
  return link.delay + link.jitter + on_the_wire(link, bytes);
}
/// When nothing is under way any more.
Duration drained(const LinkBehavior& link) {
  return 2 * latest(link) + on_the_wire(link, link.queue) + std::chrono::milliseconds(1);
}

/// The share of packets that a link loses, and how much more their number varies than that of
/// independent losses (1 if they are).
struct LossRate {
  double share = 0;
  double inflation = 1;
};

LossRate loss_of(const LinkBehavior& link) {
  LossRate rate{.share = link.loss};
  if (link.burst_loss && link.burst_loss->begin > 0) {
    const auto& burst = *link.burst_loss;
    const double bad = burst.begin / (burst.begin + burst.end) * burst.loss_during;
    rate.share = 1 - (1 - rate.share) * (1 - bad);
    const double memory = std::clamp(1 - burst.begin - burst.end, 0.0, 0.99);
    rate.inflation = (1 + memory) / (1 - memory);
  }
  return rate;
}

/// Whether a share of so many fits a claim.
bool fits(int count, int of, double claim, double inflation = 1) {
  constexpr double sigmas = 5, grain = 0.002;
  if (of == 0) return false;
  const double spread = std::sqrt(claim * (1 - claim) / of * inflation);
  return std::abs(static_cast<double>(count) / of - claim) <= sigmas * spread + grain;
}

std::string share_seen(int count, int of, double claim, double inflation = 1) {
  if (fits(count, of, claim, inflation)) return share_claim(claim);
  return of == 0 ? "nothing" : fmt::format("{:.3f}", static_cast<double>(count) / of);
}

/// How many of so many datagrams had arrived before a time at which none should have.
struct Early {
  int arrived = 0;
  int judged = 0;
};

struct Series {
  int times;     // so many, and again as many until enough of them could be judged
  int at_least;  // judged
  std::function<void(bool arrived)> at_end;  // told of each, when it must have arrived
};

/// One datagram after the other, each with the link for itself, looked for when it is `when` old. A
/// look that comes later than `bound` tells nothing.
Early count_early(Ends& ends, const LinkBehavior& claim, Duration when, Duration bound,
                  const Series& series) {
  constexpr int most_rounds = 20;
  Early early;
  int sent = 0;
  while (sent < series.times || (bound > Duration{} && early.judged < series.at_least)) {
    if (sent == most_rounds * series.times)
      throw MeasurementError("this machine is too busy to tell how long a datagram takes");
    const int number = sent++;
    // A slower link than claimed may still deliver the one before.
    const auto arrives = [&] { return std::ranges::count(ends.receive(), number) > 0; };
    ends.restart();
    ends.send(number);
    ends.advance_to(when);
    const bool is_there = arrives();
    if (ends.elapsed() < bound) {
      ++early.judged;
      early.arrived += is_there ? 1 : 0;
    }
    if (series.at_end) {
      ends.advance_to(latest(claim) * 12 / 10 + std::chrono::milliseconds(1));
      series.at_end(arrives() || is_there);
    }
    ends.advance_to(drained(claim));
    static_cast<void>(ends.receive());
  }
  return early;
}

/// As many datagrams as fill neither the queue nor a socket's buffer.
int at_once(const LinkBehavior& link) {
  constexpr std::size_t most = 64;
  const std::size_t fitting = link.rate ? link.queue / (2 * (headers + small)) : most;
  return static_cast<int>(std::clamp<std::size_t>(fitting, 1, most));
}

/// How often each of many datagrams arrived.
std::vector<int> count_arrivals(Ends& ends, const LinkBehavior& claim, int many) {
  std::vector<int> arrivals(static_cast<std::size_t>(many));
  for (int sent = 0; sent < many;) {
    ends.restart();
    for (const int end = std::min(many, sent + at_once(claim)); sent < end; ++sent) ends.send(sent);
    ends.advance_to(ends.elapsed() + drained(claim));
    for (const int number : ends.receive()) {
      if (0 <= number && number < many) ++arrivals[static_cast<std::size_t>(number)];
    }
  }
  return arrivals;
}

constexpr int many = 4000;

std::string milliseconds_of(Duration duration) {
  return fmt::format("{:g} ms", seconds(duration) * 1000);
}

constexpr std::size_t burst_payload = 1000;
constexpr std::size_t burst_packet = burst_payload + headers;

int burst_of(const LinkBehavior& link) {
  constexpr std::size_t most = 60;  // of a receiver's buffer
  return static_cast<int>(std::min(most, link.queue / burst_packet));
}

}  // namespace

std::string delay_claim(const LinkBehavior& link) {
  return link.delay == Duration{} ? "none" : milliseconds_of(link.delay);
}
std::string jitter_claim(const LinkBehavior& link) {
  return link.jitter == Duration{} ? "none" : milliseconds_of(link.jitter);
}
std::string share_claim(double share) {
  return fmt::format("{:.3g}", share);
}
double whole_share(const LinkBehavior& link) {
  return (1 - loss_of(link).share) * (1 - link.corrupt);
}

std::string measure_delay(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  constexpr int times = 60;
  Ends ends(bed, direction);
  const Duration bound = earliest(claim);
  int sent = 0, arrived = 0;
  const auto early = count_early(ends, claim, bound * 8 / 10, bound,
                                 {.times = times, .at_least = 1, .at_end = [&](bool is_there) {
                                    ++sent;
                                    arrived += is_there ? 1 : 0;
                                  }});
  if (bound > Duration{} && !fits(early.arrived, early.judged, claim.reorder * whole_share(claim)))
    return "shorter";
  if (!fits(arrived, sent, whole_share(claim), loss_of(claim).inflation)) return "longer";
  return delay_claim(claim);
}

std::string measure_jitter(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  constexpr int times = 120, enough = 60;
  // Of delays that vary by two milliseconds at the least, if the claim is that there are none.
  const Duration jitter = std::max<Duration>(claim.jitter, std::chrono::milliseconds(2));
  Ends ends(bed, direction);
  const Duration middle = claim.delay + on_the_wire(claim, headers + small);
  const auto early = count_early(ends, claim, middle - jitter / 2, middle,
                                 {.times = times, .at_least = enough, .at_end = {}});
  // Between a quarter and a half arrive before the middle, as late as was looked. A jitter of less
  // than half as much shows none; one of more shows an earliest delay that is too short.
  if (early.arrived == 0) return "none";
  if (claim.jitter == Duration{}) return "some";
  return early.arrived * 10 < early.judged * 7 ? jitter_claim(claim) : "shorter";
}

std::string measure_reordering(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  constexpr int times = 200, enough = 100;
  Ends ends(bed, direction);
  const auto early = count_early(ends, claim, {}, earliest(claim),
                                 {.times = times, .at_least = enough, .at_end = {}});
  if (fits(early.arrived, early.judged, claim.reorder * whole_share(claim)))
    return share_claim(claim.reorder);
  return fmt::format("{:.3f}", 1.0 * early.arrived / early.judged);
}

std::string measure_loss(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  const auto arrivals = count_arrivals(ends, claim, many);
  return share_seen(static_cast<int>(std::ranges::count(arrivals, 0)), many, 1 - whole_share(claim),
                    loss_of(claim).inflation);
}

std::string measure_loss_after_a_loss(Testbed& bed, Direction direction,
                                      const LinkBehavior& claim) {
  Ends ends(bed, direction);
  const auto arrivals = count_arrivals(ends, claim, many);
  int lost = 0, twice = 0;
  for (std::size_t i = 0; i + 1 < arrivals.size(); ++i) {
    if (arrivals[i] > 0) continue;
    ++lost;
    twice += arrivals[i + 1] == 0 ? 1 : 0;
  }
  const auto& burst = *claim.burst_loss;
  // The packet before was lost, so the link was bad: it stayed so, or lets this one through.
  return share_seen(twice, lost, (1 - burst.end) * burst.loss_during);
}

std::string measure_duplicates(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  const auto arrivals = count_arrivals(ends, claim, many);
  const auto arrived = std::ranges::count_if(arrivals, [](int times) { return times > 0; });
  const auto twice = std::ranges::count_if(arrivals, [](int times) { return times > 1; });
  return share_seen(static_cast<int>(twice), static_cast<int>(arrived), claim.duplicate);
}

std::string measure_corruption(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  constexpr int datagrams = 1200;
  constexpr std::size_t size = 100;
  constexpr double ip_header = 20.0 / (size + headers);  // what is wrong there, no socket sees
  Ends ends(bed, direction);
  const RawProbe raw(ends.receiving_network(), ends.receiver().local().address, Protocol::udp);
  int seen = 0, broken = 0;
  // One by one: what comes in a row, a kernel hands to raw sockets in one piece.
  for (int i = 0; i < datagrams; ++i) {
    ends.restart();
    ends.send(i, size);
    ends.advance_to(ends.elapsed() + drained(claim));
    static_cast<void>(ends.receive());
    while (const auto packet = raw.poll()) {
      if (packet->bytes().size() != size + headers) continue;
      ++seen;
      broken += packet->is_intact() ? 0 : 1;
    }
  }
  const double visible = claim.corrupt * (1 - ip_header);
  if (fits(broken, seen, visible / (visible + 1 - claim.corrupt)))
    return share_claim(claim.corrupt);
  return seen == 0 ? "nothing" : fmt::format("{:.3f}", 1.0 * broken / seen);
}

bool has_measurable_rate(const LinkBehavior& link) {
  constexpr auto shortest = std::chrono::milliseconds(20);
  const bool is_whole = link.mtu.value_or(burst_packet) >= burst_packet;
  return link.rate && is_whole && burst_of(link) >= 2 && !(whole_share(link) < 1) &&
         link.reorder == 0 &&
         on_the_wire(link, burst_packet * static_cast<std::size_t>(burst_of(link))) >= shortest;
}

std::string measure_rate(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  constexpr int tries = 10;
  const int burst = burst_of(claim);
  const Duration time = on_the_wire(claim, burst_packet * static_cast<std::size_t>(burst));
  Ends ends(bed, direction);
  std::string words = fmt::format("{:g} kbit/s", *claim.rate / 1000);
  for (int i = 0; i < tries; ++i) {
    ends.restart();
    for (int number = 0; number < burst; ++number) ends.send(number, burst_payload);
    const Duration sent = ends.elapsed();
    ends.advance_to(earliest(claim) + time * 8 / 10);
    const Duration looked = ends.elapsed();
    auto arrived = ends.receive().size();
    const bool in_time = looked < earliest(claim) + time;
    if (in_time && arrived >= static_cast<std::size_t>(burst)) return "more";
    ends.advance_to(sent + claim.delay + claim.jitter + time * 12 / 10);
    arrived += ends.receive().size();
    if (arrived < static_cast<std::size_t>(burst)) return "less";
    if (in_time) return words;
    ends.advance_to(ends.elapsed() + drained(claim));
  }
  throw MeasurementError("this machine is too busy to tell a rate of " + words);
}

bool has_measurable_queue(const LinkBehavior& link) {
  constexpr int most = 60;
  return has_measurable_rate(link) && burst_of(link) < most && link.duplicate == 0;
}

std::string measure_queue(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  const auto sent = 2 * burst_of(claim) + 10;
  for (int number = 0; number < sent; ++number) ends.send(number, burst_payload);
  bed.settle();
  // What has left the queue meanwhile has made room for more.
  const double left = seconds(ends.elapsed()) * *claim.rate / 8;
  // A larger one than is claimed takes longer.
  ends.advance_to(ends.elapsed() + 4 * drained(claim));
  const double bytes = static_cast<double>(ends.receive().size() * burst_packet);
  const auto queue = static_cast<double>(claim.queue);
  if (bytes < queue - burst_packet) return "smaller";
  if (bytes > queue + left + burst_packet) return "larger";
  return fmt::format("{} bytes", claim.queue);
}

namespace {

constexpr int tries_of_a_size = 40;

/// Whether a packet of this size gets through, in as many tries as losses call for.
bool passes(Ends& ends, const LinkBehavior& claim, std::size_t bytes) {
  for (int i = 0; i < tries_of_a_size; ++i) {
    ends.restart();
    ends.send(i, bytes - headers);
    ends.advance_to(ends.elapsed() + drained(claim) + 2 * on_the_wire(claim, bytes));
    if (!ends.receive().empty()) return true;
  }
  return false;
}

}  // namespace

std::string measure_mtu(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  ends.sender().forbid_fragments();
  if (!passes(ends, claim, *claim.mtu)) return "smaller";
  return passes(ends, claim, *claim.mtu + 1) ? "larger" : fmt::format("{} bytes", *claim.mtu);
}

std::string measure_too_big(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  const bool up = direction == Direction::outbound;
  const Endpoint from = up ? bed.inside(0, near_port + 2) : bed.outside(0, far_port + 2);
  const UdpProbe sender(up ? bed.inside_network(0) : bed.outside_network(), from,
                        ends.receiver().local());
  sender.forbid_fragments();
  const std::string large(*claim.mtu + 1 - headers, 'x');
  for (int i = 0; i < tries_of_a_size; ++i) {
    sender.send(ends.receiver().local(), large);
    ends.advance_to(ends.elapsed() + drained(claim));
    if (sender.was_refused()) return "told";
  }
  return "black hole";
}

std::string measure_cutting(Testbed& bed, Direction direction, const LinkBehavior& claim) {
  Ends ends(bed, direction);
  ends.sender().allow_fragments();
  return passes(ends, claim, *claim.mtu + 1) ? "cut" : "dropped";
}

}  // namespace icelab
