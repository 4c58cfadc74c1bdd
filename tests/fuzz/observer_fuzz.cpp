// Any evidence of a run: packets that make sense, some that make none, and agents that tell
// whatever they like. The run is judged all the same, and what is told of a pair holds together.

#include "harness/observe/capture.h"
#include "harness/observe/judge.h"
#include "harness/scenario/plan.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/story.h"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

namespace {

using namespace icelab;

const std::array endpoints{Story::alice,     Story::bob,           Story::alice_srflx,
                           Story::bob_srflx, Story::turn,          Story::alice_relay,
                           Story::bob_relay, "10.0.2.9:1"_endpoint};
const std::array<std::string, 8> hops{"alice.eth0", "bob.eth0", "relay.eth0", "alice.nat",
                                      "bob.nat",    "internet", "relay.lo",   "nowhere"};

RunPlan plan() {
  const auto result = plan_scenario_text(
      R"({"servers": {"relay": {"kind": "coturn"}},
          "peers": {"alice": {"agent": "libnice", "behind": ["port-restricted-cone"]},
                    "bob": {"agent": "libnice", "behind": ["symmetric"]}},
          "events": [{"after": "connected", "reboot": "alice.nat"}],
          "expect": [{"path": "direct"}, {"after": "reboot alice.nat", "recovered": true}]})",
      "any.json", {});
  hold(result.runs.size() == 1, "the scenario can be planned");
  return result.runs.front();
}

/// What peers and a TURN server say to one another, in several transactions.
std::vector<Bytes> make_messages() {
  using namespace stun_attribute;
  std::vector<Bytes> messages;
  for (const std::string_view id : {"1", "2", "3"}) {
    messages.push_back(check(id));
    messages.push_back(check(id, true, "bob"));
    messages.push_back(answer(id, Story::alice_srflx));
    messages.push_back(answer(id, Story::bob_srflx));
    messages.push_back(refusal(id, 487));
    messages.push_back(send_indication(Story::bob_relay, check(id)));
    messages.push_back(data_indication(Story::alice_relay, check(id)));
    messages.push_back(channel_data_bytes(0x4000, check(id)));
    messages.push_back(channel_data_bytes(0x4000, answer(id, Story::bob_relay)));
    messages.push_back(framed(check(id)));
  }
  messages.push_back(stun_bytes(StunClass::request, StunMethod::allocate, "a"));
  messages.push_back(stun_bytes(
      StunClass::success, StunMethod::allocate, "a",
      {xor_relayed_address(Story::alice_relay), xor_mapped_address(Story::alice_srflx)}));
  messages.push_back(stun_bytes(StunClass::error, StunMethod::allocate, "a", {error_code(486)}));
  messages.push_back(stun_bytes(StunClass::request, StunMethod::channel_bind, "b",
                                {channel_number(0x4000), xor_peer_address(Story::bob_relay)}));
  messages.push_back(stun_bytes(StunClass::success, StunMethod::channel_bind, "b"));
  messages.push_back(
      stun_bytes(StunClass::error, StunMethod::channel_bind, "b", {error_code(403)}));
  messages.push_back(stun_bytes(StunClass::request, StunMethod::create_permission, "p",
                                {xor_peer_address(Story::bob_relay)}));
  messages.push_back(stun_bytes(StunClass::success, StunMethod::create_permission, "p"));
  messages.push_back(Bytes{'b', 'e', 'a', 't'});
  messages.push_back(Bytes{});
  return messages;
}

class Evidence {
 public:
  explicit Evidence(FuzzInput& input) : input_(input), record_(begin()) {
    record_.recording.hops.assign(hops.begin(), hops.end());
  }

  RunRecord make() {
    while (!input_.is_empty()) step();
    record_.ended = now_;
    return std::move(record_);
  }

 private:
  static RunRecord begin() {
    static const RunPlan planned = plan();
    Story story;
    story.record().plan = planned;
    story.record().happened.assign(planned.events.size(), std::nullopt);
    return story.record();
  }

  void step() {
    switch (input_.below(8)) {
      case 0:
      case 1:
        return send();
      case 2:
      case 3:
      case 4:
        return pass();
      case 5:
        now_ += std::chrono::milliseconds(1U << input_.below(12));
        return;
      case 6:
        return bend();
      default:
        return tell();
    }
  }

  Endpoint pick() { return input_.one_of(endpoints); }

  /// A packet leaves a host, or comes up from nowhere.
  void send() {
    static const std::vector<Bytes> messages = make_messages();
    const Bytes& message = input_.one_of(messages);
    const Endpoint source = pick();
    const Endpoint destination = pick();
    ++packet_;
    if (input_.below(8) == 7) {
      const auto flags = input_.below(16);
      const Packet::TcpHeader header{.sequence = input_.below(200),
                                     .acknowledgment = input_.below(200),
                                     .fin = (flags & 1U) != 0,
                                     .syn = (flags & 2U) != 0,
                                     .rst = (flags & 4U) != 0,
                                     .ack = (flags & 8U) != 0};
      bytes_ = bytes_of(
          Packet::tcp(source, destination, header, text_of(message.data(), message.size())));
    } else {
      bytes_ = bytes_of(Packet::udp(source, destination, message));
    }
    observe(Event::sent, input_.below(3));
  }

  /// It is somewhere else, perhaps with other addresses.
  void pass() {
    auto packet = Packet::parse(bytes_);
    if (packet && input_.below(2) == 1) {
      packet->set_source(pick());
      packet->set_destination(pick());
      bytes_ = bytes_of(*packet);
    }
    const auto event = static_cast<Event>(input_.below(6));
    observe(event, input_.below(static_cast<std::uint32_t>(hops.size())));
  }

  void observe(Event event, std::uint32_t hop) {
    Recording& recording = record_.recording;
    std::optional<Drop> drop;
    if (event == Event::dropped)
      drop = Drop{static_cast<DropReason>(input_.below(10)), "by the fuzzer's will"};
    std::optional<Direction> direction;
    if (const auto choice = input_.below(3); choice > 0)
      direction = choice == 1 ? Direction::outbound : Direction::inbound;
    recording.observations.push_back({.time = now_,
                                      .packet = PacketId{packet_},
                                      .hop = HopId{hop},
                                      .event = event,
                                      .drop = std::move(drop),
                                      .direction = direction,
                                      .offset = static_cast<std::uint32_t>(recording.arena.size()),
                                      .length = static_cast<std::uint32_t>(bytes_.size())});
    recording.arena.insert(recording.arena.end(), bytes_.begin(), bytes_.end());
  }

  /// What the next hops see is another packet, or none.
  void bend() {
    switch (input_.below(4)) {
      case 0:
        if (packet_ > 0) packet_ -= 1;
        return;
      case 1:
        bytes_.resize(input_.below(static_cast<std::uint32_t>(bytes_.size()) + 1));
        return;
      default:
        if (!bytes_.empty()) flip_bit();
    }
  }

  void flip_bit() {
    const auto bit = static_cast<std::uint8_t>(1U << input_.below(8));
    bytes_[input_.below(static_cast<std::uint32_t>(bytes_.size()))] ^= bit;
  }

  /// Something of the run that is no packet.
  void tell() {
    PeerRecord& peer = record_.peers[input_.below(2)];
    switch (input_.below(12)) {
      case 0:
        record_.restarted = now_;
        return;
      case 1:
        record_.happened.front() = now_;
        return;
      case 2:
        record_.beats.push_back({.from = input_.below(2), .text = "beat", .sent = now_});
        return;
      case 3:
        if (!record_.beats.empty()) record_.beats.back().received = now_;
        return;
      case 4:
        peer.controlling = !peer.controlling;
        return;
      case 5:
        peer.state = input_.below(2) == 0 ? "failed" : "connecting";
        return;
      case 6:
        peer.candidates.push_back({.foundation = "9",
                                   .component = 1,
                                   .transport = static_cast<CandidateTransport>(input_.below(4)),
                                   .priority = input_.below(200),
                                   .endpoint = pick(),
                                   .type = static_cast<CandidateType>(input_.below(4)),
                                   .related = pick()});
        return;
      case 7:
        peer.pairs.push_back({.local = describe(pick()),
                              .remote = describe(pick()),
                              .state = "failed",
                              .nominated = input_.below(2) == 1});
        return;
      case 8:
        peer.selected = AgentSelected{describe(pick()), describe(pick())};
        return;
      case 9:
        peer.sessions.push_back(now_);
        return;
      case 10:
        peer.changes.push_back(now_);
        return;
      default:
        peer.connected = now_;
    }
  }

  static CandidateReport describe(const Endpoint& endpoint) {
    return {.type = "host", .transport = "udp", .address = endpoint.to_string()};
  }
  static Bytes bytes_of(const Packet& packet) {
    return {packet.bytes().begin(), packet.bytes().end()};
  }

  FuzzInput& input_;
  RunRecord record_;
  Instant now_{};
  std::uint32_t packet_ = 0;
  Bytes bytes_;
};

void check(const PairReport& pair) {
  hold(pair.cause.has_value() == (pair.outcome == PairOutcome::failed),
       "what failed has a cause, and nothing else");
  hold(!pair.cause || !pair.cause->code.empty(), "a cause has a code");
  hold(!pair.selected || pair.nominated, "what is selected is nominated");
  hold(!pair.nominated || pair.outcome == PairOutcome::succeeded, "what is nominated succeeded");
  hold(pair.outcome != PairOutcome::unchecked || pair.checks == 0,
       "what is unchecked has no checks");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const RunRecord record = Evidence(input).make();
  const RunReport report = judge(record);
  for (const PairReport& pair : report.pairs) check(pair);
  (void)too_late(record, report);
  hold(!capture(record, {}).empty(), "a capture has a header");
  return 0;
}
