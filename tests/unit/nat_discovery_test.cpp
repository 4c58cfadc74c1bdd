#include "src/probe/nat_discovery.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"
#include "tests/support/packets.h"
#include "tests/support/scripted_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Reason = Unknown::Reason;
using Request = ScriptedServer::Request;
using Answer = ScriptedServer::Answer;
using Filtering = ScriptedServer::Filtering;

const IpAddress outside = "198.51.100.1"_address;

class NatDiscoveryTest : public testing::Test {
 protected:
  NatFindings discover() { return discover_at(server.primary); }

  NatFindings discover_at(const Endpoint& primary) {
    std::optional<NatFindings> findings;
    NatDiscovery discovery(loop, primary, sockets, settings, [&](NatFindings found) {
      findings = std::move(found);
      loop.quit();
    });
    loop.run();
    evidence = discovery.evidence();
    return *findings;
  }

  static SocketFactory sockets_on(const IpAddress& address) {
    return [address](std::uint16_t port) { return bound_socket({address, port}); };
  }

  /// A NAT that gives out one port after the other.
  void map_sequentially(const std::function<Endpoint(const Endpoint&)>& part_that_matters) {
    server.mapping = [this, part_that_matters](const Endpoint& source, const Endpoint& to) {
      const auto [entry, is_new] =
          mapped_.try_emplace({source, part_that_matters(to)}, Endpoint{outside, next_port_});
      if (is_new) ++next_port_;
      return entry->second;
    };
  }

  /// The index of the first request for which this holds.
  template <typename Condition>
  [[nodiscard]] std::ptrdiff_t first(const Condition& condition) const {
    return std::ranges::find_if(server.requests(), condition) - server.requests().begin();
  }

  EventLoop loop;
  ScriptedServer server{loop};
  SocketFactory sockets = sockets_on(loopback_address(10));
  DiscoverySettings settings{.retransmission = {.rto = 2ms}, .source_ports = 4};
  NatEvidence evidence;

 private:
  std::map<std::pair<Endpoint, Endpoint>, Endpoint> mapped_;
  std::uint16_t next_port_ = 2001;
};

Endpoint nothing(const Endpoint&) {
  return {};
}
Endpoint address(const Endpoint& to) {
  return {to.address, 0};
}
Endpoint address_and_port(const Endpoint& to) {
  return to;
}

TEST_F(NatDiscoveryTest, FindsNothingInTheWayOnTheOpenInternet) {
  const NatFindings findings = discover();
  ASSERT_TRUE(findings.server) << findings.server.unknown().to_string();
  EXPECT_EQ(findings.server->other, server.other);
  EXPECT_FALSE(*findings.translated);
  EXPECT_EQ(*findings.filtering, FilteringBehavior::endpoint_independent);
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::endpoint_independent);
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  EXPECT_EQ(findings.external_addresses->pooling, AddressPooling::one_address);
  EXPECT_FALSE(*findings.payload_rewritten);
  EXPECT_EQ(findings.hairpinning.unknown().reason, Reason::not_tested);
}

TEST_F(NatDiscoveryTest, FindsAFirewallWithoutANat) {
  server.filtering = Filtering::by_address_and_port;
  const NatFindings findings = discover();
  EXPECT_FALSE(*findings.translated);
  EXPECT_EQ(*findings.filtering, FilteringBehavior::address_and_port_dependent);
}

struct Cell {
  Endpoint (*mapping)(const Endpoint&);
  MappingBehavior mapping_behavior;
  Filtering filtering;
  FilteringBehavior filtering_behavior;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Cell& cell, std::ostream* out) {
  *out << to_string(cell.mapping_behavior) << " mapping, " << to_string(cell.filtering_behavior)
       << " filtering";
}

std::vector<Cell> every_cell() {
  std::vector<Cell> cells;
  for (const auto& [mapping, mapping_behavior] :
       {std::pair(&nothing, MappingBehavior::endpoint_independent),
        std::pair(&address, MappingBehavior::address_dependent),
        std::pair(&address_and_port, MappingBehavior::address_and_port_dependent)}) {
    for (const auto& [filtering, filtering_behavior] :
         {std::pair(Filtering::none, FilteringBehavior::endpoint_independent),
          std::pair(Filtering::by_address, FilteringBehavior::address_dependent),
          std::pair(Filtering::by_address_and_port, FilteringBehavior::address_and_port_dependent)})
      cells.push_back({mapping, mapping_behavior, filtering, filtering_behavior});
  }
  return cells;
}

class EveryCell : public NatDiscoveryTest, public testing::WithParamInterface<Cell> {};

TEST_P(EveryCell, IsToldFromTheOthers) {
  const Cell& cell = GetParam();
  map_sequentially(cell.mapping);
  server.filtering = cell.filtering;
  const NatFindings findings = discover();
  ASSERT_TRUE(findings.server) << findings.server.unknown().to_string();
  ASSERT_TRUE(findings.filtering && findings.mapping && findings.ports);
  EXPECT_TRUE(*findings.translated);
  EXPECT_EQ(*findings.filtering, cell.filtering_behavior);
  EXPECT_EQ(findings.mapping->behavior, cell.mapping_behavior);
  EXPECT_FALSE(findings.mapping->address_varies);
  EXPECT_EQ(findings.mapping->port_varies,
            cell.mapping_behavior != MappingBehavior::endpoint_independent);
  EXPECT_EQ(findings.ports->rule, PortRule::sequential);
  EXPECT_EQ(findings.ports->step, 1);
}

INSTANTIATE_TEST_SUITE_P(MappingAndFiltering, EveryCell, testing::ValuesIn(every_cell()),
                         [](const auto& cell) {
                           std::string name = std::string(to_string(cell.param.mapping_behavior)) +
                                              "_" +
                                              std::string(to_string(cell.param.filtering_behavior));
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_F(NatDiscoveryTest, SendsNothingToTheOtherEndpointsBeforeFilteringIsKnown) {
  map_sequentially(nothing);
  server.filtering = Filtering::by_address_and_port;
  discover();
  const auto last_test =
      first([](const Request& r) { return r.message.change_address && r.seen == 7; });
  const auto elsewhere = first([&](const Request& r) { return r.asked != server.primary; });
  ASSERT_LT(elsewhere, std::ssize(server.requests()));
  EXPECT_LT(last_test, elsewhere);
}

TEST_F(NatDiscoveryTest, UsesAFreshSocketForEachTest) {
  map_sequentially(nothing);
  server.filtering = Filtering::by_address_and_port;
  discover();
  const auto& round = evidence.rounds.at(0);
  std::vector<Endpoint> used{evidence.contact->local, round.change_both.primary.local,
                             round.change_port.primary.local, evidence.opened_both->primary.local,
                             evidence.opened_port->primary.local};
  for (const auto& series : evidence.mapping) used.push_back(series.primary.local);
  std::ranges::sort(used);
  EXPECT_EQ(std::ranges::adjacent_find(used), used.end());
  EXPECT_EQ(round.change_both.changed->local, round.change_both.primary.local);
}

TEST_F(NatDiscoveryTest, WaitsForAllSilencesAtTheSameTime) {
  map_sequentially(nothing);
  server.filtering = Filtering::by_address_and_port;
  discover();
  const auto both = [](int seen) {
    return [seen](const Request& r) {
      return r.message.change_address && r.message.change_port && r.seen == seen;
    };
  };
  const auto port = [](int seen) {
    return [seen](const Request& r) {
      return !r.message.change_address && r.message.change_port && r.seen == seen;
    };
  };
  EXPECT_LT(first(both(1)), first(port(7)));
  EXPECT_LT(first(port(1)), first(both(7)));
  EXPECT_THAT(evidence.rounds, SizeIs(1));
}

// Packets that are lost

TEST_F(NatDiscoveryTest, FindsOutByAnswersThoughFirstPacketsAreLost) {
  map_sequentially(address);
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen <= 2; };
  const NatFindings findings = discover();
  EXPECT_EQ(*findings.filtering, FilteringBehavior::endpoint_independent);
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::address_dependent);
}

TEST_F(NatDiscoveryTest, BelievesNoSilenceWherePacketsAreLostHoweverOftenItTries) {
  server.filtering = Filtering::by_address_and_port;
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen <= 2; };
  const NatFindings findings = discover();
  EXPECT_EQ(findings.filtering.unknown().reason, Reason::lossy);
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::endpoint_independent);
  EXPECT_THAT(evidence.rounds, SizeIs(3));
}

TEST_F(NatDiscoveryTest, TriesAgainUntilNothingIsLost) {
  server.filtering = Filtering::by_address;
  int transactions = 0;
  server.bend = [&](const Request& request, Answer& answer) {
    if (request.seen == 1) ++transactions;
    answer.is_lost = request.seen == 1 && transactions < 5;  // until after the first round's begin
  };
  const NatFindings findings = discover();
  ASSERT_TRUE(findings.filtering) << findings.filtering.unknown().to_string();
  EXPECT_EQ(*findings.filtering, FilteringBehavior::address_dependent);
  EXPECT_THAT(evidence.rounds, SizeIs(2));
}

// Servers of which nothing can be inferred

struct Fault {
  std::string name;
  std::function<void(const Request&, Answer&)> bend;
  Reason reason;
  std::string detail;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

std::vector<Fault> every_fault() {
  const auto changes = [](const Request& request) {
    return request.message.change_address || request.message.change_port;
  };
  return {
      {"IsSilent", [](const auto&, Answer& answer) { answer.is_lost = true; }, Reason::blocked,
       "no answer from"},
      {"AnswersWithOtherIds", [](const auto&, Answer& answer) { answer.id[7] ^= 1; },
       Reason::blocked, "no answer from"},
      {"AnswersGarbage",
       [](const auto&, Answer& answer) {
         answer.raw = {0x80, 0x60, 1, 2, 3};
       },
       Reason::blocked, "no answer from"},
      {"AnswersFromElsewhere", [](const auto&, Answer& answer) { answer.from.port ^= 1; },
       Reason::server_unfit, "it answered from"},
      {"AnswersWithErrors", [](const auto&, Answer& answer) { answer.error = 500; },
       Reason::server_unfit, "error 500"},
      {"HasNoOtherAddress", [](const auto&, Answer& answer) { answer.other.reset(); },
       Reason::server_unfit, "no OTHER-ADDRESS"},
      {"HasOneAddressOnly",
       [](const Request& request, Answer& answer) {
         answer.other = Endpoint{request.asked.address, answer.other->port};
         answer.from = request.asked;
         answer.origin = answer.from;
       },
       Reason::server_unfit, "is not another address"},
      {"LiesAboutItsOrigin", [](const auto&, Answer& answer) { answer.origin = answer.other; },
       Reason::server_unfit, "it says that it answered from"},
      {"IgnoresChangeRequests",
       [](const Request& request, Answer& answer) {
         answer.from = request.asked;
         answer.origin = request.asked;
       },
       Reason::server_unfit, "it answered from"},
      {"ChangesThePortAlone",
       [](const Request& request, Answer& answer) {
         answer.from.address = request.asked.address;
         answer.origin = answer.from;
       },
       Reason::server_unfit, "it answered from"},
      {"DropsChangeRequests",
       [=](const Request& request, Answer& answer) { answer.is_lost = changes(request); },
       Reason::server_unfit, "it does not answer from"},
      {"DoesNotKnowChangeRequests",
       [=](const Request& request, Answer& answer) {
         if (!changes(request)) return;
         answer.from = request.asked;
         answer.error = 420;
       },
       Reason::server_unfit, "error 420"},
      {"DoesNotAnswerAtItsOtherAddress",
       [](const Request& request, Answer& answer) {
         answer.is_lost = request.asked.address == loopback_address(2);
       },
       Reason::server_unfit, "it does not answer at"},
  };
}

class UnfitServer : public NatDiscoveryTest, public testing::WithParamInterface<Fault> {};

TEST_P(UnfitServer, LetsNothingBeInferred) {
  server.bend = GetParam().bend;
  const NatFindings findings = discover();
  ASSERT_FALSE(findings.server);
  EXPECT_EQ(to_string(findings.server.unknown().reason), to_string(GetParam().reason));
  EXPECT_THAT(findings.server.unknown().detail, HasSubstr(GetParam().detail));
  EXPECT_FALSE(findings.translated);
  EXPECT_FALSE(findings.filtering);
  EXPECT_FALSE(findings.mapping);
  EXPECT_FALSE(findings.ports);
  EXPECT_FALSE(findings.hairpinning);
  EXPECT_FALSE(findings.payload_rewritten);
}

INSTANTIATE_TEST_SUITE_P(Server, UnfitServer, testing::ValuesIn(every_fault()),
                         [](const auto& fault) { return fault.param.name; });

TEST_F(NatDiscoveryTest, TellsARefusalFromSilence) {
  const NatFindings findings = discover_at({loopback_address(3), 3478});
  EXPECT_EQ(findings.server.unknown().reason, Reason::server_unfit);
  EXPECT_THAT(findings.server.unknown().detail, HasSubstr("nobody listens"));
}

// Ports and addresses

TEST_F(NatDiscoveryTest, FindsParityFromBothKindsOfSourcePorts) {
  settings.source_ports = 16;
  std::uint16_t next = 30001;
  server.mapping = [&](const Endpoint& source, const Endpoint&) {
    next = static_cast<std::uint16_t>(next + 977);
    return Endpoint{outside, static_cast<std::uint16_t>((next & ~1U) | (source.port & 1U))};
  };
  const NatFindings findings = discover();
  ASSERT_TRUE(findings.parity_preserved) << findings.parity_preserved.unknown().to_string();
  EXPECT_TRUE(*findings.parity_preserved);
  EXPECT_EQ(findings.ports->rule, PortRule::random);
}

TEST_F(NatDiscoveryTest, AsksForOneMappingAfterTheOtherThoughPacketsAreLost) {
  // So that the order of ports is the order of requests.
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen == 1; };
  discover();
  const auto of = [](const StunExchange& exchange, int seen) {
    return [&exchange, seen](const Request& r) {
      return r.source == exchange.local && r.asked == exchange.query.server && r.seen == seen;
    };
  };
  for (size_t i = 0; i + 1 < evidence.mapping.size(); ++i) {
    const auto& series = evidence.mapping[i];
    EXPECT_LT(first(of(series.primary, 2)), first(of(*series.other_address, 1)));
    EXPECT_LT(first(of(*series.other_address, 2)), first(of(*series.other, 1)));
    EXPECT_LT(first(of(*series.other, 1)), first(of(evidence.mapping[i + 1].primary, 2)));
  }
}

TEST_F(NatDiscoveryTest, AddsASourcePortIfAllAreEven) {
  std::uint16_t port = 40000;
  sockets = [&](std::uint16_t asked) {
    if (asked == 0) port = static_cast<std::uint16_t>(port + 2);
    return bound_socket({loopback_address(10), asked == 0 ? port : asked});
  };
  discover();
  ASSERT_THAT(evidence.mapping, SizeIs(5));
  EXPECT_EQ(evidence.mapping.back().primary.local.port % 2, 1);
}

TEST_F(NatDiscoveryTest, FindsSeveralExternalAddresses) {
  server.mapping = [](const Endpoint& source, const Endpoint& to) {
    const bool second = to.address == loopback_address(2);
    return Endpoint{second ? "198.51.100.2"_address : outside, source.port};
  };
  const NatFindings findings = discover();
  EXPECT_TRUE(findings.mapping->address_varies);
  EXPECT_FALSE(findings.mapping->port_varies);
  EXPECT_EQ(findings.external_addresses->pooling, AddressPooling::arbitrary);
  EXPECT_THAT(findings.external_addresses->addresses, ElementsAre(outside, "198.51.100.2"_address));
}

TEST_F(NatDiscoveryTest, FindsThatSourcePortsAreNotTreatedAlike) {
  settings.source_ports = 6;
  int sources = 0;
  std::map<Endpoint, int> order;
  server.mapping = [&](const Endpoint& source, const Endpoint& to) {
    const auto [entry, is_new] = order.try_emplace(source, sources);
    if (is_new) ++sources;
    const bool symmetric = entry->second % 2 == 1 && to != server.primary;
    return Endpoint{outside, static_cast<std::uint16_t>(symmetric ? 61000 + to.port : source.port)};
  };
  EXPECT_EQ(discover().mapping->behavior, MappingBehavior::varies);
}

TEST_F(NatDiscoveryTest, MakesANeighborClash) {
  settings.neighbor = sockets_on(loopback_address(11));
  std::uint16_t next = 50000;
  server.mapping = [&](const Endpoint& source, const Endpoint&) {
    return Endpoint{outside, source.address == loopback_address(11) ? ++next : source.port};
  };
  const NatFindings findings = discover();
  EXPECT_TRUE(findings.mapping->clash_tested);
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::varies);
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  const size_t own = evidence.mapping.size() / 2;
  for (size_t i = 0; i < own; ++i) {
    EXPECT_EQ(evidence.mapping[own + i].primary.local.port, evidence.mapping[i].primary.local.port);
    EXPECT_TRUE(evidence.mapping[own + i].by_neighbor);
  }
}

TEST_F(NatDiscoveryTest, GoesOnWithoutSourcePortsThatAreNotAnswered) {
  settings.source_ports = 3;
  std::set<Endpoint> known;
  server.bend = [&](const Request& request, Answer& answer) {
    // As a NAT does whose limit of mappings is reached: contact, two tests, and two more.
    if (known.size() < 5) known.insert(request.source);
    answer.is_lost = !known.contains(request.source);
  };
  const NatFindings findings = discover();
  ASSERT_TRUE(findings.mapping) << findings.mapping.unknown().to_string();
  EXPECT_EQ(findings.mapping->sources, 2);
  EXPECT_GE(findings.mapping->incomplete, 1);
}

// Payloads

TEST_F(NatDiscoveryTest, FindsThatPayloadsAreRewritten) {
  const Endpoint inside{loopback_address(10), 9};
  map_sequentially(nothing);
  server.bend = [&](const Request&, Answer& answer) {
    if (answer.plain_mapped) answer.plain_mapped = inside;
  };
  EXPECT_TRUE(*discover().payload_rewritten);
}

TEST_F(NatDiscoveryTest, FindsThatPayloadsAreLeftAlone) {
  map_sequentially(nothing);
  EXPECT_FALSE(*discover().payload_rewritten);
}

TEST_F(NatDiscoveryTest, DoesNotKnowOfPayloadsIfTheServerIgnoresRfc3489) {
  map_sequentially(nothing);
  server.bend = [](const Request&, Answer& answer) { answer.is_lost = !answer.mapped; };
  const NatFindings findings = discover();
  EXPECT_EQ(findings.payload_rewritten.unknown().reason, Reason::not_tested);
  EXPECT_EQ(*findings.filtering, FilteringBehavior::endpoint_independent);
}

// Hairpinning

/// External endpoints that are real sockets: what one inside host sends there reaches the other
/// under the external endpoint of the first, if this NAT does that.
class HairpinningNat {
 public:
  enum class Does { nothing, hairpins, only_what_was_asked_for };
  HairpinningNat(EventLoop& loop, Does does) : loop_(loop), does_(does) {}

  Endpoint map(const Endpoint& inside) {
    if (const auto found = external_.find(inside); found != external_.end()) return found->second;
    const Endpoint outside_endpoint{loopback_address(20), next_port_++};
    external_[inside] = outside_endpoint;
    auto& place = places_[outside_endpoint];
    place.inside = inside;
    place.socket = bound_socket(outside_endpoint);
    place.watch = loop_.on_readable(place.socket.get(), [this, &place] { forward(place); });
    return outside_endpoint;
  }

 private:
  struct Place {
    Endpoint inside;
    Descriptor socket;
    EventLoop::Watch watch;
    std::set<Endpoint> sent_to = {};
  };

  void forward(Place& to) {
    std::array<char, 1500> buffer{};
    SocketAddress from;
    const auto length =
        recvfrom(to.socket.get(), buffer.data(), buffer.size(), 0, from.get(), from.size_pointer());
    const Endpoint source = from.endpoint().value();
    const Endpoint own = map(to.inside);
    Place& sender = places_.at(map(source));
    sender.sent_to.insert(own);
    const bool filtered =
        does_ == Does::only_what_was_asked_for && !to.sent_to.contains(map(source));
    if (length < 0 || does_ == Does::nothing || filtered) return;
    const SocketAddress address(to.inside);
    sendto(sender.socket.get(), buffer.data(), static_cast<size_t>(length), 0, address.get(),
           address.size());
  }

  EventLoop& loop_;
  Does does_;
  std::map<Endpoint, Endpoint> external_;
  std::map<Endpoint, Place> places_;
  std::uint16_t next_port_ = 20001;
};

class HairpinningTest : public NatDiscoveryTest {
 protected:
  Finding<HairpinSeen> discover_hairpinning(HairpinningNat::Does does) {
    HairpinningNat nat(loop, does);
    settings.hairpinning = true;
    server.mapping = [&](const Endpoint& source, const Endpoint&) { return nat.map(source); };
    return discover().hairpinning;
  }
};

TEST_F(HairpinningTest, IsSeenUnderTheExternalSource) {
  const auto finding = discover_hairpinning(HairpinningNat::Does::hairpins);
  ASSERT_TRUE(finding) << finding.unknown().to_string();
  EXPECT_EQ(finding->source, HairpinSource::external);
  EXPECT_EQ(finding->seen_from, evidence.rounds.at(0).hairpin->sender.mapped());
}

TEST_F(HairpinningTest, IsSeenThroughAFilterThatWasOpened) {
  const auto finding = discover_hairpinning(HairpinningNat::Does::only_what_was_asked_for);
  ASSERT_TRUE(finding) << finding.unknown().to_string();
  EXPECT_EQ(finding->source, HairpinSource::external);
}

TEST_F(HairpinningTest, IsNoneIfNothingComesBackFromTheNeighbor) {
  settings.neighbor = sockets_on(loopback_address(11));
  const auto finding = discover_hairpinning(HairpinningNat::Does::nothing);
  ASSERT_TRUE(finding) << finding.unknown().to_string();
  EXPECT_EQ(finding->source, HairpinSource::none);
  EXPECT_TRUE(evidence.rounds.at(0).hairpin->hairpin->is_silent());
}

TEST_F(HairpinningTest, IsNotRepeatedOnceItWasSeen) {
  server.filtering = Filtering::by_address_and_port;
  server.bend = [](const Request& request, Answer& answer) { answer.is_lost = request.seen == 1; };
  EXPECT_TRUE(discover_hairpinning(HairpinningNat::Does::hairpins));
  ASSERT_THAT(evidence.rounds, SizeIs(3));
  EXPECT_TRUE(evidence.rounds[0].hairpin);
  EXPECT_FALSE(evidence.rounds[1].hairpin);
  EXPECT_FALSE(evidence.rounds[2].hairpin);
}

TEST_F(HairpinningTest, IsSeenFromTheNeighbor) {
  settings.neighbor = sockets_on(loopback_address(11));
  const auto finding = discover_hairpinning(HairpinningNat::Does::only_what_was_asked_for);
  ASSERT_TRUE(finding) << finding.unknown().to_string();
  EXPECT_EQ(finding->source, HairpinSource::external);
  EXPECT_EQ(evidence.rounds.at(0).hairpin->sender.local.address, loopback_address(11));
}

TEST_F(HairpinningTest, IsHiddenIfNothingComesBackToTheOneHostThereIs) {
  const auto finding = discover_hairpinning(HairpinningNat::Does::nothing);
  ASSERT_FALSE(finding);
  EXPECT_EQ(finding.unknown().reason, Reason::hidden);
}

TEST_F(HairpinningTest, IsNoneIfTheNatRefuses) {
  settings.hairpinning = true;
  server.mapping = [](const Endpoint& source, const Endpoint&) {
    return Endpoint{loopback_address(21), source.port};
  };
  const auto finding = discover().hairpinning;
  ASSERT_TRUE(finding) << finding.unknown().to_string();
  EXPECT_EQ(finding->source, HairpinSource::none);
}

TEST_F(HairpinningTest, IsNotTestedWithoutANat) {
  settings.hairpinning = true;
  EXPECT_EQ(discover().hairpinning.unknown().reason, Reason::not_tested);
}

// Using it

TEST_F(NatDiscoveryTest, MayBeDestroyedByWhatItCallsBack) {
  std::unique_ptr<NatDiscovery> discovery;
  discovery = std::make_unique<NatDiscovery>(loop, server.primary, sockets, settings,
                                             [&](const NatFindings&) {
                                               discovery.reset();
                                               loop.quit();
                                             });
  loop.run();
  EXPECT_EQ(discovery, nullptr);
}

TEST_F(NatDiscoveryTest, MayBeDestroyedInMidTest) {
  server.filtering = Filtering::by_address_and_port;
  auto discovery = std::make_unique<NatDiscovery>(
      loop, server.primary, sockets, settings, [](const NatFindings&) { FAIL() << "it went on"; });
  server.bend = [&](const Request& request, Answer&) {
    if (request.message.change_address && request.seen == 2) loop.quit();
  };
  loop.run();
  discovery.reset();
  const auto end = loop.after(settings.retransmission.silence(), [&] { loop.quit(); });
  loop.run();
}

TEST_F(NatDiscoveryTest, PassesOnWhatKeepsItFromOpeningSockets) {
  sockets = [](std::uint16_t) -> Descriptor { throw SystemError("open a UDP socket", EMFILE); };
  EXPECT_THROW(discover(), SystemError);
  sockets = sockets_on("0.0.0.0"_address);
  EXPECT_THROW(discover(), std::invalid_argument);
}

}  // namespace
}  // namespace icelab
