#include "tests/support/nat_judge.h"

#include "src/net/prefix.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace icelab {
namespace {

using namespace std::chrono_literals;

const IpAddress first_external = "203.0.113.21"_address;

Duration pick_lifetime(const Choose& choose) {
  constexpr Duration lifetimes[] = {2s, 61s, 150s, 2h};
  return lifetimes[choose(4)];
}

void choose_ports(const Choose& choose, NatBehavior& nat) {
  pick(choose, nat.port_assignment);
  pick(choose, nat.on_clash);
  nat.port_parity = choose(4) == 0;
  nat.port_overloading = choose(3) == 0;
  if (choose(2) == 0) {
    const auto first = static_cast<std::uint16_t>(4990 + choose(20));
    nat.ports = PortRange{first, static_cast<std::uint16_t>(first + 1 + choose(16))};
  }
  if (nat.port_assignment != PortAssignment::preserve && choose(2) == 0) {
    const int most = nat.ports.value_or(PortRange()).size();
    nat.port_block =
        2 + static_cast<int>(choose(static_cast<std::uint32_t>(std::min(most, 9) - 1)));
  }
  nat.external_addresses = 1 + static_cast<int>(choose(3));
  if (nat.external_addresses > 1) pick(choose, nat.pooling);
  if (choose(3) == 0) nat.mappings_per_subscriber = 1 + static_cast<int>(choose(5));
}

/// An IPv4 address, or one that stands for it within 2001:db8::/96.
IpAddress address_of(std::uint32_t bits, bool ipv6) {
  const auto v4 = IpAddress::v4(bits);
  return ipv6 ? embed({"2001:db8::"_address, 96}, v4) : v4;
}

std::vector<IpAddress> addresses(int count, bool ipv6) {
  std::vector<IpAddress> list;
  list.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    list.push_back(address_of(first_external.v4_bits() + static_cast<std::uint32_t>(i), ipv6));
  return list;
}

bool is_inside(const IpAddress& address) {
  return (address.is_v4() ? address : embedded(address)).v4_bits() >> 24 == 10;
}

std::string checksum_faults_of(const Packet& packet) {
  if (!packet.is_fragment()) return checksum_faults(packet.bytes());
  if (packet.is_ipv6()) return "";
  return internet_checksum(packet.bytes().first(20)) == 0 ? "" : "IP header";
}

/// Two fragments, the first with so many bytes behind the IP header.
std::pair<Packet, Packet> cut(const Packet& packet, std::size_t size) {
  if (packet.is_ipv6()) {
    const auto parts = ipv6_fragments(packet, size);
    return {parts[0], parts[1]};
  }
  const auto data = packet.bytes().subspan(20);
  const auto make = [&](std::span<const std::uint8_t> part, std::size_t field) {
    return Packet::parse(ip_bytes(packet.bytes()[9], packet.source().address,
                                  packet.destination().address, part,
                                  static_cast<std::uint16_t>(field)))
        .value();
  };
  return {make(data.first(size), 0x2000), make(data.subspan(size), size / 8)};
}

}  // namespace

NatBehavior choose_behavior(const Choose& choose) {
  NatBehavior nat;
  pick(choose, nat.mapping);
  pick(choose, nat.filtering);
  pick(choose, nat.tcp_mapping);
  pick(choose, nat.tcp_filtering);
  choose_ports(choose, nat);
  pick(choose, nat.hairpinning);
  nat.mapping_lifetime = pick_lifetime(choose);
  pick(choose, nat.refresh);
  if (nat.refresh != Refresh::none && choose(3) == 0)
    nat.unanswered_lifetime = std::min(nat.mapping_lifetime, pick_lifetime(choose));
  pick(choose, nat.early_packet);
  pick(choose, nat.unsolicited_syn);
  nat.simultaneous_open = choose(2) == 0;
  nat.tcp_established_lifetime = pick_lifetime(choose);
  nat.tcp_transitory_lifetime = pick_lifetime(choose);
  nat.icmp_lifetime = pick_lifetime(choose);
  pick(choose, nat.icmp_errors);
  pick(choose, nat.fragments);
  nat.rewrites_payload = choose(3) == 0;
  return nat;
}

NatJudge::NatJudge(const NatBehavior& behavior, bool ipv6, std::uint64_t seed)
    : behavior_(behavior),
      ipv6_(ipv6),
      first_external_(address_of(first_external.v4_bits(), ipv6)),
      nat_(behavior, addresses(behavior.external_addresses, ipv6), seed),
      twin_(behavior, addresses(behavior.external_addresses, ipv6), seed),
      doors_{{first_external_, 5000}} {}

// Few hosts and few ports, so that clashes, repetitions and strangers are common.
Endpoint NatJudge::choose_inside(const Choose& choose) const {
  const std::uint32_t host = 0x0a000202 + choose(3);
  return {address_of(host, ipv6_), static_cast<std::uint16_t>(5000 + choose(2))};
}
Endpoint NatJudge::choose_outside(const Choose& choose) const {
  const std::uint32_t host = 0xc6336407 + choose(2);
  return {address_of(host, ipv6_), static_cast<std::uint16_t>(3478 + choose(2))};
}

void NatJudge::step(const Choose& choose) {
  constexpr Duration pauses[] = {1ms, 1s, 59s, 60s, 100s, 2h};
  switch (choose(8)) {
    case 0:
      now_ += pauses[choose(6)];
      break;
    case 1:
    case 2:
    case 3:
      send_outbound(choose);
      break;
    case 4:
    case 5:
      send_inbound(choose);
      break;
    case 6:
      send_error(choose);
      break;
    default:
      send_in_fragments(choose);
      break;
  }
  check_table();
}

Packet NatJudge::choose_packet(const Choose& choose, const Endpoint& from,
                               const Endpoint& to) const {
  // An address for the ALG to find, at an even or at an odd place.
  std::string payload(choose(3), 'x');
  for (const std::uint32_t bits : {0x0a000202U, first_external.v4_bits()}) {
    const auto bytes = address_of(bits, ipv6_).bytes();
    payload.append(bytes.begin() + (ipv6_ ? 0 : 12), bytes.end());
  }
  switch (choose(6)) {
    case 0:
    case 1:
      return udp_packet(from, to, payload);
    case 2:
      return tcp_packet(from, to, {.syn = true}, payload);
    case 3:
      return tcp_packet(from, to,
                        {.syn = choose(2) == 0,
                         .ack = choose(2) == 0,
                         .fin = choose(2) == 0,
                         .rst = choose(4) == 0},
                        payload);
    case 4:
      return echo_packet(Echo::request, from.address, to.address, from.port, payload);
    default:
      return echo_packet(Echo::reply, from.address, to.address, to.port, payload);
  }
}

Endpoint NatJudge::choose_door(const Choose& choose) const {
  if (choose(8) == 0) return {first_external_, static_cast<std::uint16_t>(4990 + choose(30))};
  return doors_[choose(static_cast<std::uint32_t>(doors_.size()))];
}

void NatJudge::send_outbound(const Choose& choose) {
  const bool turns_back = choose(4) == 0;
  const Endpoint to = turns_back ? choose_door(choose) : choose_outside(choose);
  const Packet packet = choose_packet(choose, choose_inside(choose), to);
  const Result result = pass(packet, Direction::outbound);
  if (!std::holds_alternative<Forward>(result.verdict)) return;
  last_sent_ = result.packet;
  check_reply(packet, result.packet);
}

void NatJudge::send_inbound(const Choose& choose) {
  const Endpoint from = choose_outside(choose);
  const Result result = pass(choose_packet(choose, from, choose_door(choose)), Direction::inbound);
  if (std::holds_alternative<Forward>(result.verdict)) last_received_ = result.packet;
}

void NatJudge::send_error(const Choose& choose) {
  const bool inbound = choose(2) == 0;
  const auto& about = inbound ? last_sent_ : last_received_;
  if (!about) return;
  const auto shown = (ipv6_ ? 40 : 20) + choose(30);
  const std::uint8_t type = ipv6_ ? icmpv6_unreachable : icmp_unreachable;
  if (inbound) {
    pass(icmp_packet(type, address_of(0xc6336401, ipv6_), about->source().address, about->bytes(),
                     shown),
         Direction::inbound);
  } else {
    pass(icmp_packet(type, about->destination().address, about->source().address, about->bytes(),
                     shown),
         Direction::outbound);
  }
}

void NatJudge::send_in_fragments(const Choose& choose) {
  const bool outbound = choose(2) == 0;
  const auto direction = outbound ? Direction::outbound : Direction::inbound;
  const Packet packet =
      outbound ? udp_packet(choose_inside(choose), choose_outside(choose), std::string(40, 'f'))
               : udp_packet(choose_outside(choose), choose_door(choose), std::string(40, 'f'));
  const auto [first, second] = cut(packet, 8 + 8 * std::size_t{choose(4)});
  const bool in_order = choose(2) == 0;
  const Result one = pass(in_order ? first : second, direction);
  if (choose(4) == 0) now_ += 30s;
  const Result other = pass(in_order ? second : first, direction);
  const auto went_on = [](const Result& result) {
    return std::holds_alternative<Forward>(result.verdict);
  };
  if (outbound && (went_on(one) || went_on(other)))
    sent_.emplace(packet.source(), packet.destination());
  if (behavior_.fragments == Fragments::passed && in_order && went_on(other)) {
    must(one.packet.source().address == other.packet.source().address &&
             one.packet.destination().address == other.packet.destination().address,
         "a fragment did not go where the first one went");
  }
}

NatJudge::Result NatJudge::pass(const Packet& packet, Direction direction) {
  Result result{.verdict = Forward{}, .packet = packet};
  result.verdict = nat_.translate(result.packet, direction, now_);
  Packet twins = packet;
  const Verdict twins_verdict = twin_.translate(twins, direction, now_);
  must(result.verdict.index() == twins_verdict.index() &&
           std::ranges::equal(result.packet.bytes(), twins.bytes()),
       "the same NAT decided differently");
  check(packet, result, direction);
  return result;
}

void NatJudge::check(const Packet& before, const Result& result, Direction direction) {
  must(Packet::parse({result.packet.bytes().begin(), result.packet.bytes().end()}).has_value(),
       "a packet is well-formed no more");
  const bool unchanged = std::ranges::equal(before.bytes(), result.packet.bytes());
  if (const auto* drop = std::get_if<Drop>(&result.verdict)) {
    must(unchanged, "a dropped packet was changed");
    must(!drop->detail.empty(), "a drop without a reason");
    check_answer(before, *drop, direction);
    return;
  }
  if (std::holds_alternative<Hold>(result.verdict)) {
    must(unchanged && behavior_.fragments == Fragments::reassembled, "held for no reason");
    return;
  }
  must(checksum_faults_of(result.packet).empty(), checksum_faults_of(result.packet));
  if (std::holds_alternative<Reflect>(result.verdict)) {
    must(behavior_.hairpinning != Hairpinning::none, "hairpinned, though it does not");
    must(is_inside(result.packet.destination().address), "hairpinned to the outside");
    const bool shows_inside = is_inside(result.packet.source().address);
    must(shows_inside == (behavior_.hairpinning == Hairpinning::internal_source) ||
             result.packet.is_icmp_error(),
         "hairpinned with the wrong source");
  } else if (direction == Direction::outbound) {
    check_outbound(before, result.packet);
  } else {
    check_inbound(before, result.packet);
  }
}

void NatJudge::check_outbound(const Packet& before, const Packet& after) {
  must(is_external(after.source().address), "an internal address got out");
  must(after.destination() == before.destination() || before.is_icmp_error() ||
           !before.has_ports() || before.protocol() == Protocol::icmp || before.is_fragment(),
       "the destination of an outbound packet was changed");
  if (!after.has_ports() || before.is_fragment()) return;
  const Endpoint external = after.source();
  must(!behavior_.ports || behavior_.ports->contains(external.port), "a port out of the range");
  must(!behavior_.port_parity || external.port % 2 == before.source().port % 2,
       "the parity of a port was lost");
  doors_.push_back(external);
  const bool query = before.protocol() == Protocol::icmp;
  sent_.emplace(before.source(), Endpoint{before.destination().address,
                                          query ? std::uint16_t{0} : before.destination().port});
}

void NatJudge::check_inbound(const Packet& before, const Packet& after) {
  must(is_inside(after.destination().address), "an inbound packet got nowhere");
  must(after.source().address == before.source().address, "the source was changed");
  if (!after.has_ports() || after.is_fragment() || before.is_fragment()) return;
  const Protocol protocol = after.protocol();
  const bool strict = (protocol == Protocol::tcp && behavior_.tcp_filtering
                           ? *behavior_.tcp_filtering
                           : behavior_.filtering) == Dependence::address_and_port_dependent;
  const bool query = protocol == Protocol::icmp;
  const Endpoint remote{before.source().address, query ? std::uint16_t{0} : before.source().port};
  must(!strict || sent_.contains({after.destination(), remote}),
       "somebody came in who was not sent to");
}

void NatJudge::check_answer(const Packet& before, const Drop& drop, Direction direction) const {
  if (!drop.answer) return;
  must(behavior_.unsolicited_syn != UnsolicitedSyn::drop, "an answer, though it gives none");
  must(before.protocol() == Protocol::tcp && before.tcp().syn && !before.tcp().ack,
       "an answer to something else than a SYN");
  must(direction == Direction::inbound || is_external(before.destination().address),
       "an answer to what goes out");
  must(drop.answer->source().address == before.destination().address &&
           drop.answer->destination().address == before.source().address,
       "an answer to somebody else");
  must(checksum_faults(drop.answer->bytes()).empty(), "an answer with wrong checksums");
}

void NatJudge::check_table() const {
  const auto mappings = nat_.mappings(now_);
  std::set<std::pair<Protocol, Endpoint>> lent;
  std::set<std::tuple<Protocol, Endpoint, Endpoint>> served;
  std::map<IpAddress, int> per_subscriber;
  std::map<IpAddress, IpAddress> pairs;
  std::map<std::pair<IpAddress, int>, IpAddress> blocks;
  for (const Mapping& mapping : mappings) {
    must(lent.emplace(mapping.protocol, mapping.external).second || behavior_.port_overloading,
         "an external endpoint was lent twice");
    for (const Session& session : mapping.sessions) {
      must(now_ >= session.expires ||
               served.emplace(mapping.protocol, mapping.external, session.remote).second,
           "two mappings cannot be told apart");
    }
    const IpAddress& subscriber = mapping.internal.address;
    must(++per_subscriber[subscriber] <= behavior_.mappings_per_subscriber.value_or(1 << 20),
         "a subscriber has too many mappings");
    must(behavior_.pooling == Pooling::arbitrary ||
             pairs.emplace(subscriber, mapping.external.address).first->second ==
                 mapping.external.address,
         "a pair was parted");
    if (behavior_.port_block) {
      const int block = (mapping.external.port - behavior_.ports.value_or(PortRange()).first) /
                        *behavior_.port_block;
      must(blocks.emplace(std::pair{mapping.external.address, block}, subscriber).first->second ==
               subscriber,
           "a block belongs to two subscribers");
    }
  }
}

/// Whoever is sent to can answer, unless an early packet of his has shut him out.
void NatJudge::check_reply(const Packet& sent, const Packet& seen) {
  if (!seen.has_ports()) return;
  const bool opens =
      sent.protocol() == Protocol::tcp && sent.tcp().syn && !sent.tcp().ack && !sent.tcp().rst;
  if (sent.protocol() == Protocol::tcp && !opens) return;
  Packet reply = sent.protocol() == Protocol::udp ? udp_packet(seen.destination(), seen.source())
                 : sent.protocol() == Protocol::tcp
                     ? tcp_packet(seen.destination(), seen.source(), {.syn = true, .ack = true})
                     : echo_packet(Echo::reply, seen.destination().address, seen.source().address,
                                   seen.source().port);
  const Result result = pass(reply, Direction::inbound);
  if (behavior_.early_packet == EarlyPacket::blocks_source &&
      std::holds_alternative<Drop>(result.verdict))
    return;
  must(std::holds_alternative<Forward>(result.verdict), "an answer did not come in");
  must(result.packet.destination() == sent.source() ||
           (sent.protocol() == Protocol::icmp &&
            result.packet.destination().address == sent.source().address),
       "an answer reached somebody else");
}

bool NatJudge::is_external(const IpAddress& address) const {
  return std::ranges::find(nat_.externals(), address) != nat_.externals().end();
}

}  // namespace icelab
