#include "tests/support/story.h"

#include <algorithm>

namespace icelab {
namespace {

using namespace stun_attribute;

Instant at(double ms) {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms))};
}

std::string interface_of(const std::string& host) {
  return host + ".eth0";
}

std::vector<Candidate> candidates(const Endpoint& host, const Endpoint& srflx,
                                  const Endpoint& relay) {
  const auto candidate = [&](std::string foundation, std::uint32_t preference,
                             const Endpoint& endpoint, CandidateType type) {
    return Candidate{.foundation = std::move(foundation),
                     .component = 1,
                     .transport = CandidateTransport::udp,
                     .priority = preference << 24,
                     .endpoint = endpoint,
                     .type = type,
                     .related = type == CandidateType::host ? std::nullopt : std::optional(host)};
  };
  return {candidate("1", 126, host, CandidateType::host),
          candidate("2", 100, srflx, CandidateType::server_reflexive),
          candidate("3", 0, relay, CandidateType::relayed)};
}

PeerRecord ready_peer(const std::string& name, bool controlling,
                      std::vector<Candidate> candidates) {
  return {.name = name,
          .interfaces = {interface_of(name)},
          .agent = "test 1",
          .controlling = controlling,
          .state = "ready",
          .candidates = std::move(candidates),
          .pairs = {},
          .selected = {},
          .gathered = at(10),
          .connected = at(100)};
}

}  // namespace

Story::Story() {
  record_.plan.scenario = record_.plan.name = "story";
  record_.plan.topology.peers = {{.name = "alice", .agent = {}}, {.name = "bob", .agent = {}}};
  record_.plan.topology.servers = {{.name = "relay"}};
  record_.started = at(0);
  record_.peers = {ready_peer("alice", true, candidates(alice, alice_srflx, alice_relay)),
                   ready_peer("bob", false, candidates(bob, bob_srflx, bob_relay))};
  ends(3000);
}

void Story::ends(int ms) {
  record_.ended = at(ms);
}

Story::Sent Story::alice_sends(int ms, const Endpoint& source, const Endpoint& destination,
                               std::span<const std::uint8_t> payload) {
  return send(ms, "alice", source, destination, payload);
}

Story::Sent Story::bob_sends(int ms, const Endpoint& source, const Endpoint& destination,
                             std::span<const std::uint8_t> payload) {
  return send(ms, "bob", source, destination, payload);
}

Story::Sent Story::relay_sends(int ms, const Endpoint& source, const Endpoint& destination,
                               std::span<const std::uint8_t> payload) {
  return send(ms, "relay", source, destination, payload);
}

Story::Sent Story::send(int ms, const std::string& host, const Endpoint& source,
                        const Endpoint& destination, std::span<const std::uint8_t> payload) {
  const PacketId packet{++packets_};
  observe(at(ms), packet, interface_of(host), Event::sent,
          Packet::udp(source, destination, payload).bytes());
  return {*this, packet, at(ms), payload};
}

Story::Sent& Story::Sent::arrives(const std::string& host, const Endpoint& source,
                                  const Endpoint& destination) {
  time_ += std::chrono::milliseconds(1);
  story_.observe(time_, packet_, interface_of(host), Event::delivered,
                 Packet::udp(source, destination, payload_).bytes());
  return *this;
}

Story::Sent& Story::Sent::arrives_at_alice(const Endpoint& source, const Endpoint& destination) {
  return arrives("alice", source, destination);
}

Story::Sent& Story::Sent::arrives_at_bob(const Endpoint& source, const Endpoint& destination) {
  return arrives("bob", source, destination);
}

Story::Sent& Story::Sent::arrives_at_relay(const Endpoint& source, const Endpoint& destination) {
  return arrives("relay", source, destination);
}

Story::Sent& Story::Sent::is_dropped(const std::string& hop, DropReason reason) {
  story_.observe(time_, packet_, hop, Event::dropped, {}, Drop{reason, "by the story's will"});
  return *this;
}

Story::Sent& Story::Sent::is_filtered(const std::string& hop, const Endpoint& source,
                                      const Endpoint& destination) {
  story_.observe(time_, packet_, hop, Event::dropped,
                 Packet::udp(source, destination, payload_).bytes(),
                 Drop{DropReason::filtered, "by the story's will"});
  return *this;
}

void Story::alice_checks_bob(int ms, std::string_view id, bool nominate) {
  alice_sends(ms, alice, bob_srflx, check(id, nominate)).arrives_at_bob(alice_srflx, bob);
  bob_sends(ms + 1, bob, alice_srflx, answer(id, alice_srflx)).arrives_at_alice(bob_srflx, alice);
}

void Story::bob_checks_alice(int ms, std::string_view id, bool nominate) {
  bob_sends(ms, bob, alice_srflx, check(id, nominate, "bob")).arrives_at_alice(bob_srflx, alice);
  alice_sends(ms + 1, alice, bob_srflx, answer(id, bob_srflx)).arrives_at_bob(alice_srflx, bob);
}

void Story::both_allocate() {
  allocate("alice", alice, alice_srflx, alice_relay);
  allocate("bob", bob, bob_srflx, bob_relay);
}

void Story::allocate(const std::string& host, const Endpoint& host_endpoint, const Endpoint& srflx,
                     const Endpoint& relayed) {
  send(0, host, host_endpoint, turn, stun_bytes(StunClass::request, StunMethod::allocate, host))
      .arrives_at_relay(srflx, turn);
  relay_sends(1, turn, srflx,
              stun_bytes(StunClass::success, StunMethod::allocate, host,
                         {xor_relayed_address(relayed), xor_mapped_address(srflx)}))
      .arrives(host, turn, host_endpoint);
}

void Story::observe(Instant time, PacketId packet, const std::string& hop, Event event,
                    std::span<const std::uint8_t> bytes, std::optional<Drop> drop) {
  Recording& recording = record_.recording;
  auto known = std::ranges::find(recording.hops, hop);
  if (known == recording.hops.end()) known = recording.hops.insert(known, hop);
  recording.observations.push_back({.time = time,
                                    .packet = packet,
                                    .hop = HopId(known - recording.hops.begin()),
                                    .event = event,
                                    .drop = std::move(drop),
                                    .offset = static_cast<std::uint32_t>(recording.arena.size()),
                                    .length = static_cast<std::uint32_t>(bytes.size())});
  recording.arena.insert(recording.arena.end(), bytes.begin(), bytes.end());
}

Bytes check(std::string_view id, bool nominate, std::string_view from) {
  std::vector<StunAttributeBytes> attributes{username(from), priority(1)};
  if (nominate) attributes.push_back(use_candidate());
  return stun_bytes(StunClass::request, StunMethod::binding, id, attributes);
}

Bytes answer(std::string_view id, const Endpoint& mapped) {
  return stun_bytes(StunClass::success, StunMethod::binding, id, {xor_mapped_address(mapped)});
}

Bytes refusal(std::string_view id, int code) {
  return stun_bytes(StunClass::error, StunMethod::binding, id, {error_code(code)});
}

Bytes send_indication(const Endpoint& peer, std::span<const std::uint8_t> data) {
  return stun_bytes(StunClass::indication, StunMethod::send, "send",
                    {xor_peer_address(peer), wrapped_data(data)});
}

Bytes data_indication(const Endpoint& peer, std::span<const std::uint8_t> data) {
  return stun_bytes(StunClass::indication, StunMethod::data, "data",
                    {xor_peer_address(peer), wrapped_data(data)});
}

}  // namespace icelab
