// Any RFC 5780 server, and anything on the way to it: what NAT discovery makes of the answers and
// of their absence can be told, and nothing is found out from a server that says nothing.

#include "src/probe/classify_nat.h"
#include "src/probe/open_exchange.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

namespace {

using namespace icelab;

const Endpoint server = "203.0.113.10:3478"_endpoint;
const std::array endpoints{server,
                           "203.0.113.11:3479"_endpoint,  // the other one
                           "203.0.113.10:3479"_endpoint,
                           "203.0.113.11:3478"_endpoint,
                           "203.0.113.21:5001"_endpoint,  // mapped ones
                           "203.0.113.21:5002"_endpoint,
                           "203.0.113.22:5003"_endpoint,
                           "10.0.1.2:5001"_endpoint,  // the host's own
                           "10.0.1.2:5002"_endpoint,
                           "0.0.0.0:0"_endpoint,
                           "[2001:db8::10]:3478"_endpoint};

/// What one world answers: most is as it should be, so that discovery goes on.
class World {
 public:
  explicit World(FuzzInput& input) : input_(input) {}

  StunExchange ask(const StunQuery& query, const Endpoint& local) {
    constexpr int most_requests = 3;
    OpenExchange open(id_of(query), {.local = local, .query = query, .outcome = Silent{}},
                      most_requests);
    while (!open.is_settled()) {
      if (open.exchange().requests == most_requests) {
        open.give_up();
        break;
      }
      open.count_request();
      for (auto events = 1 + input_.below(2); events > 0; --events) happen(open);
    }
    if (input_.below(8) == 1) happen(open);  // afterwards
    return open.exchange();
  }

 private:
  TransactionId id_of(const StunQuery& query) {
    TransactionId id{};
    if (!query.classic) id = transaction_id({});
    id.back() = ++asked_;
    return id;
  }

  void happen(OpenExchange& open) {
    switch (input_.below(8)) {
      case 5:
        return;  // lost
      case 6:
        return open.take(make_undelivered(open));
      case 7:
        return input_.below(8) == 1 ? open.fail(ENETUNREACH) : take(open, bend(make_answer(open)));
      default:
        return take(open, make_answer(open));
    }
  }

  void take(OpenExchange& open, const std::vector<std::uint8_t>& bytes) {
    const auto message = StunMessage::parse(bytes);
    if (!message) return;
    const bool is_usual = input_.below(4) != 1;
    open.take(*message, is_usual ? open.exchange().query.expected_source() : pick());
  }

  std::vector<std::uint8_t> make_answer(const OpenExchange& open) {
    using namespace stun_attribute;
    const StunQuery& query = open.exchange().query;
    if (input_.below(8) == 7) {
      return stun_bytes(StunClass::error, StunMethod::binding, open.id(),
                        {error_code(static_cast<int>(300 + input_.below(256)))});
    }
    const Endpoint mapped = input_.below(2) == 0 ? endpoints[4] : pick();
    std::vector<StunAttributeBytes> attributes;
    const auto add = [&](const StunAttributeBytes& attribute) {
      if (input_.below(16) != 15) attributes.push_back(attribute);
    };
    if (mapped.address.is_v4())
      add(query.classic ? mapped_address(mapped) : xor_mapped_address(mapped));
    if (query.classic)
      return stun_bytes(StunClass::success, StunMethod::binding, open.id(), attributes);
    const bool is_honest = input_.below(8) != 7;
    add(response_origin(is_honest ? query.expected_source() : pick()));
    add(other_address(is_honest ? endpoints[1] : pick()));
    return stun_bytes(StunClass::success, StunMethod::binding, open.id(), attributes);
  }

  std::vector<std::uint8_t> bend(std::vector<std::uint8_t> bytes) {
    for (auto edits = 1 + input_.below(3); edits > 0; --edits) {
      const auto bit = static_cast<std::uint8_t>(1U << input_.below(8));
      bytes[input_.below(static_cast<std::uint32_t>(bytes.size()))] ^= bit;
    }
    return bytes;
  }

  Undelivered make_undelivered(const OpenExchange& open) {
    constexpr std::array errors{ECONNREFUSED, EHOSTUNREACH, EACCES, EMSGSIZE};
    quoted_.assign(input_.below(40), 0);
    for (size_t i = 4; i < quoted_.size() && i < 20; ++i) quoted_[i] = open.id()[i - 4];
    return {.destination = input_.below(8) == 1 ? pick() : open.exchange().query.server,
            .quoted = quoted_,
            .error = input_.one_of(errors),
            .is_hard = input_.below(2) == 1,
            .from = input_.below(2) == 1 ? std::optional(pick().address) : std::nullopt};
  }

  Endpoint pick() { return input_.one_of(endpoints); }

  FuzzInput& input_;
  std::uint8_t asked_ = 0;
  std::vector<std::uint8_t> quoted_;
};

/// The requests that NatDiscovery makes, each where the one before it allows it.
class Discovery {
 public:
  explicit Discovery(FuzzInput& input) : input_(input), world_(input) {}

  NatEvidence discover() {
    evidence_.contact = world_.ask({.server = server}, local(0));
    if (server_fault(evidence_)) return evidence_;
    other_ = evidence_.contact->answer()->other_address.value();
    evidence_.classic = world_.ask({.server = server, .classic = true}, local(0));
    for (auto rounds = 1 + input_.below(2); rounds > 0; --rounds)
      evidence_.rounds.push_back(round());
    if (server_fault(evidence_)) return evidence_;
    if (input_.below(2) == 1) {
      evidence_.opened_both = opened(other_, true);
      evidence_.opened_port = opened({server.address, other_.port}, false);
    }
    for (auto sources = 2 + input_.below(5); sources > 0; --sources)
      evidence_.mapping.push_back(series(sources));
    return evidence_;
  }

 private:
  [[nodiscard]] static Endpoint local(std::uint32_t port) {
    return {endpoints[7].address, static_cast<std::uint16_t>(5000 + port)};
  }

  FilteringTest filtering(bool change_address) {
    const Endpoint from{change_address ? other_.address : server.address, other_.port};
    FilteringTest test{world_.ask({.server = server}, local(1)), {}};
    if (test.primary.answer() != nullptr) {
      test.changed = world_.ask({.server = server,
                                 .change_address = change_address,
                                 .change_port = true,
                                 .answer_from = from},
                                local(1));
    }
    return test;
  }

  SilentRound round() {
    SilentRound round{filtering(true), filtering(false), {}};
    if (input_.below(2) == 0) return round;
    round.hairpin.emplace(HairpinTest{world_.ask({.server = server}, local(2)),
                                      world_.ask({.server = server}, local(3)),
                                      {},
                                      {}});
    auto& hairpin = *round.hairpin;
    if (!hairpin.receiver.mapped() || !hairpin.sender.mapped()) return round;
    hairpin.hairpin = world_.ask({.server = *hairpin.receiver.mapped()}, local(3));
    if (input_.below(2) == 1) hairpin.seen_from = input_.one_of(endpoints);
    return round;
  }

  OpenedTest opened(const Endpoint& from, bool change_address) {
    OpenedTest test{world_.ask({.server = server}, local(4)), {}, {}};
    test.other = world_.ask({.server = from}, local(4));
    if (test.primary.mapped() && test.primary.mapped() == test.other->mapped()) {
      test.changed = world_.ask({.server = server,
                                 .change_address = change_address,
                                 .change_port = true,
                                 .answer_from = from},
                                local(4));
    }
    return test;
  }

  MappingSeries series(std::uint32_t port) {
    return {.by_neighbor = input_.below(4) == 3,
            .primary = world_.ask({.server = server}, local(port)),
            .other_address = world_.ask({.server = {other_.address, server.port}}, local(port)),
            .other = world_.ask({.server = other_}, local(port))};
  }

  FuzzInput& input_;
  World world_;
  NatEvidence evidence_;
  Endpoint other_;
};

template <typename Value>
void check(const Finding<Value>& finding) {
  if (!finding)
    hold_printable(finding.unknown().to_string(), "why something is unknown can be told");
}

void check(const NatFindings& findings, const NatEvidence& evidence) {
  check(findings.server);
  check(findings.translated);
  check(findings.filtering);
  check(findings.mapping);
  check(findings.ports);
  check(findings.parity_preserved);
  check(findings.external_addresses);
  check(findings.hairpinning);
  check(findings.payload_rewritten);
  if (evidence.contact->answer() == nullptr)
    hold(!findings.server && !findings.mapping && !findings.filtering,
         "a server that does not answer tells nothing");
  if (findings.server)
    hold(findings.server->other.address != findings.server->primary.address,
         "the other address is another");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const NatEvidence evidence = Discovery(input).discover();
  for (const SilentRound& round : evidence.rounds) (void)is_doubtful(round);
  check(classify_nat(evidence), evidence);
  return 0;
}
