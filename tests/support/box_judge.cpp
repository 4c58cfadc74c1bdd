#include "tests/support/box_judge.h"

#include <algorithm>
#include <string>

namespace icelab {
namespace {

using namespace std::chrono_literals;

const RouterAddresses router{"198.51.100.1"_address, "2001:db8:ffff::1"_address};
constexpr std::uint16_t ports[] = {80, 443, 3478};

AllowedPorts choose_ports(const Choose& choose) {
  AllowedPorts allowed{.all = choose(2) == 0};
  for (const auto port : ports) {
    if (!allowed.all && choose(2) == 0) allowed.some.push_back(port);
  }
  return allowed;
}

double choose_probability(const Choose& choose) {
  constexpr double probabilities[] = {0, 0, 0.1, 0.9, 1};
  return probabilities[choose(5)];
}

/// Few endpoints, so that answers are common.
Endpoint choose_end(const Choose& choose, bool inside, bool ipv6) {
  const std::uint16_t port = inside ? std::uint16_t{5000} : ports[choose(3)];
  if (ipv6) return {inside ? "2001:db8:0:1::2"_address : "2001:db8::10"_address, port};
  return {inside ? "10.0.1.2"_address : "203.0.113.10"_address, port};
}

Packet choose_packet(const Choose& choose, const Endpoint& from, const Endpoint& to) {
  const std::string payload(choose(4) * 500, 'x');
  switch (choose(5)) {
    case 0:
    case 1:
      return udp_packet(from, to, payload);
    case 2:
      return tcp_packet(from, to, {.syn = true});
    case 3:
      return tcp_packet(from, to,
                        {.syn = choose(2) == 0,
                         .ack = choose(2) == 0,
                         .fin = choose(2) == 0,
                         .rst = choose(4) == 0},
                        choose(2) == 0 ? "GET / HTTP/1.1" : payload);
    default:
      return echo_packet(choose(2) == 0 ? Echo::request : Echo::reply, from.address, to.address,
                         5000, payload);
  }
}

struct Chosen {
  Packet packet;
  Direction direction;
};

Chosen choose_packet(const Choose& choose) {
  const bool outbound = choose(2) == 0, ipv6 = choose(2) == 0;
  const Endpoint inside = choose_end(choose, true, ipv6);
  const Endpoint outside = choose_end(choose, false, ipv6);
  return {choose_packet(choose, outbound ? inside : outside, outbound ? outside : inside),
          outbound ? Direction::outbound : Direction::inbound};
}

void pause(const Choose& choose, Instant& now) {
  constexpr Duration pauses[] = {1us, 1ms, 1s, 59s, 5min, 3h};
  now += pauses[choose(6)];
}

}  // namespace

FirewallBehavior choose_firewall(const Choose& choose) {
  FirewallBehavior firewall;
  pick(choose, firewall.families);
  firewall.udp = choose_ports(choose);
  firewall.tcp = choose_ports(choose);
  firewall.icmp = choose(2) == 0;
  pick(choose, firewall.incoming_echo);
  pick(choose, firewall.incoming_udp);
  pick(choose, firewall.incoming_tcp);
  pick(choose, firewall.filtering);
  pick(choose, firewall.refusal);
  firewall.captive_portal = !firewall.tcp.allows(web_port) && choose(2) == 0;
  return firewall;
}

LinkBehavior choose_link(const Choose& choose) {
  LinkBehavior link;
  link.delay = std::chrono::milliseconds(choose(100));
  link.jitter = link.delay * choose(3) / 2;
  link.loss = choose_probability(choose);
  if (choose(3) == 0) {
    link.burst_loss = BurstLoss{.begin = choose_probability(choose),
                                .end = choose_probability(choose),
                                .loss_during = choose_probability(choose)};
  }
  if (choose(2) == 0) link.rate = 8000.0 * (1 + choose(1000));
  link.queue = 1 + choose(5000);
  link.reorder = choose_probability(choose);
  link.duplicate = choose_probability(choose);
  link.corrupt = choose_probability(choose);
  if (choose(2) == 0) link.mtu = 68 + choose(1500);
  link.fragmentation_needed = choose(2) == 0;
  return link;
}

FirewallJudge::FirewallJudge(const FirewallBehavior& behavior)
    : behavior_(behavior), firewall_(behavior, router) {}

void FirewallJudge::step(const Choose& choose) {
  if (choose(6) == 0) pause(choose, now_);
  auto [packet, direction] = choose_packet(choose);
  if (last_sent_ && choose(8) == 0) {  // about something that went out
    packet = icmp_packet(last_sent_->is_ipv6() ? icmpv6_unreachable : icmp_unreachable,
                         last_sent_->destination().address, last_sent_->source().address,
                         last_sent_->bytes(), 60);
    direction = Direction::inbound;
  }
  Packet after = packet;
  const Verdict verdict = firewall_.pass(after, direction, now_);
  check(packet, after, verdict, direction);
}

void FirewallJudge::check(const Packet& before, const Packet& after, const Verdict& verdict,
                          Direction direction) {
  must(std::ranges::equal(before.bytes(), after.bytes()), "a firewall changed a packet");
  const auto* drop = std::get_if<Drop>(&verdict);
  must(drop != nullptr || std::holds_alternative<Forward>(verdict), "neither passed nor dropped");
  if (drop == nullptr) return check_passed(before, direction);
  must(behavior_.families == Families::both ||
           before.is_ipv6() == (behavior_.families == Families::ipv6),
       "a packet was dropped of which a firewall takes no notice");
  must(!drop->detail.empty(), "a drop without a reason");
  if (drop->answer) check_answer(before, *drop->answer, direction);
}

void FirewallJudge::check_passed(const Packet& packet, Direction direction) {
  if (behavior_.families != Families::both &&
      packet.is_ipv6() != (behavior_.families == Families::ipv6))
    return;
  if (direction == Direction::outbound) last_sent_ = packet;
  if (packet.protocol() != Protocol::udp || packet.is_icmp_error()) return;
  if (direction == Direction::outbound) {
    sent_.emplace(packet.source(), packet.destination().address);
    must(behavior_.udp.allows(packet.destination().port) ||
             received_.contains({packet.source(), packet.destination()}),
         "a datagram that answers none went to a port that is not allowed");
  } else {
    received_.emplace(packet.destination(), packet.source());
    must(behavior_.incoming_udp == Unsolicited::allowed ||
             sent_.contains({packet.destination(), packet.source().address}),
         "a datagram came in that nobody had asked for");
  }
}

void FirewallJudge::check_answer(const Packet& packet, const Packet& answer,
                                 Direction direction) const {
  const bool by_portal = behavior_.captive_portal && direction == Direction::outbound &&
                         packet.protocol() == Protocol::tcp &&
                         packet.destination().port == web_port;
  must(by_portal || behavior_.refusal == Refusal::rejected, "an answer of a silent firewall");
  must(!packet.is_icmp_error(), "an answer to an error (RFC 1122 section 3.2.2)");
  must(packet.protocol() != Protocol::tcp || !packet.tcp().rst, "an answer to a reset");
  must(answer.destination().address == packet.source().address, "an answer to somebody else");
  must(checksum_faults(answer.bytes()).empty(), checksum_faults(answer.bytes()));
}

LinkJudge::LinkJudge(const LinkBehavior& behavior, std::uint64_t seed)
    : behavior_(behavior),
      link_(behavior, behavior, router, seed),
      twin_(behavior, behavior, router, seed) {}

void LinkJudge::step(const Choose& choose) {
  if (choose(3) == 0) pause(choose, now_);
  const auto [packet, direction] = choose_packet(choose);
  Packet copy = packet, twins = packet;
  const Verdict verdict = link_.pass(copy, direction, now_);
  must(verdict.index() == twin_.pass(twins, direction, now_).index(),
       "the same link decided differently");
  check(packet, verdict, direction);
}

void LinkJudge::check(const Packet& before, const Verdict& verdict, Direction direction) {
  const bool too_big = behavior_.mtu && before.bytes().size() > *behavior_.mtu;
  if (const auto* drop = std::get_if<Drop>(&verdict)) {
    must(!drop->detail.empty(), "a drop without a reason");
    must(behavior_.loss > 0 || behavior_.burst_loss || behavior_.rate || too_big,
         "a link without losses lost a packet");
    must((drop->reason == DropReason::too_big) <= too_big, "a small packet was too big");
    must(drop->answer.has_value() <= behavior_.fragmentation_needed, "a black hole spoke");
    return;
  }
  const auto* queue = std::get_if<Queue>(&verdict);
  must(queue != nullptr && !queue->entries.empty(), "a packet neither went on nor was lost");
  must(behavior_.loss < 1, "a link that loses everything lost nothing");
  check_entries(before, *queue, latest_[direction]);
}

void LinkJudge::check_entries(const Packet& before, const Queue& queue, Instant& latest) const {
  for (const auto& [at, packet] : queue.entries) {
    must(at >= now_, "a packet arrived before it was sent");
    must(behavior_.reorder > 0 || at >= latest, "a packet overtook another");
    must(behavior_.reorder > 0 || at >= now_ + behavior_.delay - behavior_.jitter,
         "a packet was faster than the link");
    must(!behavior_.mtu || packet.bytes().size() <= *behavior_.mtu, "more than the MTU");
    must(behavior_.corrupt > 0 || packet.is_fragment() ||
             std::ranges::equal(packet.bytes(), before.bytes()),
         "a packet was changed on a link that corrupts none");
    latest = std::max(latest, at);
  }
  const bool may_be_several = behavior_.duplicate > 0 || behavior_.mtu;
  must(queue.entries.size() == 1 || may_be_several, "one packet became several");
}

}  // namespace icelab
