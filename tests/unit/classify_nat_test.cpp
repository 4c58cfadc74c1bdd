#include "src/probe/classify_nat.h"

#include "tests/support/packets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cerrno>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

using Reason = Unknown::Reason;

// A server with its four endpoints, and a host behind a NAT.
const Endpoint server = "203.0.113.10:3478"_endpoint;
const Endpoint other_port = "203.0.113.10:3479"_endpoint;
const Endpoint other_address = "203.0.113.11:3478"_endpoint;
const Endpoint other = "203.0.113.11:3479"_endpoint;
const Endpoint host = "10.0.1.2:5000"_endpoint;
const Endpoint neighbor = "10.0.1.3:5000"_endpoint;
const Endpoint external = "198.51.100.1:40000"_endpoint;

Endpoint with_port(Endpoint endpoint, int port) {
  endpoint.port = static_cast<std::uint16_t>(port);
  return endpoint;
}

StunExchange silent(const StunQuery& query) {
  return {.local = host, .query = query, .outcome = Silent{}, .requests = 7};
}

StunExchange refused(const StunQuery& query, int error, std::optional<IpAddress> from) {
  return {.local = host, .query = query, .outcome = Refused{error, from}, .requests = 1};
}

StunExchange answered(const StunQuery& query, const Endpoint& mapped = external) {
  StunMessage message;
  message.message_class = StunClass::success;
  message.xor_mapped_address = mapped;
  message.mapped_address = mapped;
  message.response_origin = query.expected_source();
  message.other_address = other;
  return {.local = host,
          .query = query,
          .outcome = Answered{message, query.expected_source()},
          .requests = 1,
          .answers = 1};
}

/// After as many requests, all but one of them lost.
StunExchange answered_after(int requests, const StunQuery& query) {
  auto exchange = answered(query);
  exchange.requests = requests;
  return exchange;
}

StunMessage& message_of(StunExchange& exchange) {
  return std::get<Answered>(exchange.outcome).message;
}

const StunQuery plain{.server = server};
const StunQuery change_both{
    .server = server, .change_address = true, .change_port = true, .answer_from = other};
const StunQuery change_port{.server = server, .change_port = true, .answer_from = other_port};

SilentRound round(bool both_answered, bool port_answered) {
  return {
      .change_both = {answered(plain), both_answered ? answered(change_both) : silent(change_both)},
      .change_port = {answered(plain), port_answered ? answered(change_port) : silent(change_port)},
      .hairpin = {}};
}

SilentRound lossy_round(bool both_answered, bool port_answered) {
  auto lossy = round(both_answered, port_answered);
  lossy.change_port.primary = answered_after(3, plain);
  return lossy;
}

MappingSeries series(const Endpoint& local, const Endpoint& first, const Endpoint& second,
                     const Endpoint& third) {
  MappingSeries result{.primary = answered(plain, first),
                       .other_address = answered({.server = other_address}, second),
                       .other = answered({.server = other}, third)};
  result.by_neighbor = local.address == neighbor.address;
  for (auto* exchange : {&result.primary, &*result.other_address, &*result.other})
    exchange->local = local;
  return result;
}

/// A source port mapped to the same external endpoint for all.
MappingSeries one_mapping(int local_port, const Endpoint& mapped) {
  return series(with_port(host, local_port), mapped, mapped, mapped);
}

/// Everything answered, nothing translated oddly: an endpoint-independent NAT.
NatEvidence easy() {
  NatEvidence evidence;
  evidence.contact = answered(plain);
  evidence.rounds = {round(true, true)};
  evidence.mapping = {one_mapping(5000, external)};
  return evidence;
}

NatFindings with_contact(const StunExchange& contact) {
  NatEvidence evidence = easy();
  evidence.contact = contact;
  return classify_nat(evidence);
}

NatFindings with_rounds(const std::vector<SilentRound>& rounds) {
  NatEvidence evidence = easy();
  evidence.rounds = rounds;
  return classify_nat(evidence);
}

NatFindings with_mapping(const std::vector<MappingSeries>& mapping) {
  NatEvidence evidence = easy();
  evidence.mapping = mapping;
  return classify_nat(evidence);
}

template <typename Value>
void expect_unknown(const Finding<Value>& finding, Reason reason, const std::string& part) {
  ASSERT_FALSE(finding);
  EXPECT_EQ(to_string(finding.unknown().reason), to_string(reason));
  EXPECT_THAT(finding.unknown().detail, HasSubstr(part));
}

void expect_all_unknown(const NatFindings& findings, Reason reason, const std::string& part) {
  expect_unknown(findings.server, reason, part);
  expect_unknown(findings.translated, reason, part);
  expect_unknown(findings.filtering, reason, part);
  expect_unknown(findings.mapping, reason, part);
  expect_unknown(findings.ports, reason, part);
  expect_unknown(findings.parity_preserved, reason, part);
  expect_unknown(findings.external_addresses, reason, part);
  expect_unknown(findings.hairpinning, reason, part);
  expect_unknown(findings.payload_rewritten, reason, part);
  EXPECT_THAT(findings.mappings, testing::IsEmpty());
}

// The server

TEST(ClassifyServer, IsFitIfItDoesAsRfc5780Asks) {
  const NatFindings findings = classify_nat(easy());
  ASSERT_TRUE(findings.server);
  EXPECT_EQ(findings.server->primary, server);
  EXPECT_EQ(findings.server->other, other);
}

TEST(ClassifyServer, IsNotTestedWithoutEvidence) {
  expect_all_unknown(classify_nat({}), Reason::not_tested, "");
}

TEST(ClassifyServer, IsBlockedIfNothingIsAnswered) {
  expect_all_unknown(with_contact(silent(plain)), Reason::blocked,
                     "no answer from 203.0.113.10:3478 to 7 requests");
}

TEST(ClassifyServer, IsUnfitIfItsHostSaysThatNobodyListens) {
  expect_all_unknown(with_contact(refused(plain, ECONNREFUSED, server.address)),
                     Reason::server_unfit, "nobody listens at 203.0.113.10:3478");
}

TEST(ClassifyServer, IsBlockedIfARouterRefuses) {
  expect_all_unknown(with_contact(refused(plain, ECONNREFUSED, "10.0.1.1"_address)),
                     Reason::blocked, "10.0.1.1 says of 203.0.113.10:3478: Connection refused");
  expect_all_unknown(with_contact(refused(plain, EHOSTUNREACH, server.address)), Reason::blocked,
                     "No route to host");
}

TEST(ClassifyServer, IsBlockedIfThisMachineWillNotSend) {
  expect_all_unknown(with_contact(refused(plain, ENETUNREACH, {})), Reason::blocked,
                     "cannot send to 203.0.113.10:3478: Network is unreachable");
}

TEST(ClassifyServer, IsUnfitIfItAnswersWithAnError) {
  StunExchange contact = silent(plain);
  contact.outcome = ErrorResponse{401, server};
  expect_all_unknown(with_contact(contact), Reason::server_unfit, "error 401");
}

TEST(ClassifyServer, IsUnfitIfItAnswersFromElsewhere) {
  StunExchange contact = silent(plain);
  contact.elsewhere = {{StunMessage{}, other}};
  expect_all_unknown(with_contact(contact), Reason::server_unfit,
                     "it answered from 203.0.113.11:3479");
}

TEST(ClassifyServer, IsUnfitIfItHasNoOtherAddress) {
  StunExchange contact = answered(plain);
  message_of(contact).other_address.reset();
  expect_all_unknown(with_contact(contact), Reason::server_unfit, "no OTHER-ADDRESS");
}

TEST(ClassifyServer, IsUnfitUnlessItsAddressAndPortBothDiffer) {
  for (const Endpoint& wrong : {server, other_port, other_address, "[2001:db8::1]:3479"_endpoint}) {
    StunExchange contact = answered(plain);
    message_of(contact).other_address = wrong;
    expect_all_unknown(with_contact(contact), Reason::server_unfit,
                       "its OTHER-ADDRESS " + wrong.to_string());
  }
}

TEST(ClassifyServer, IsUnfitIfItsResponseOriginIsUntrueOrMissing) {
  StunExchange contact = answered(plain);
  message_of(contact).response_origin = other;
  expect_all_unknown(with_contact(contact), Reason::server_unfit,
                     "says that it answered from 203.0.113.11:3479, but the answer came from "
                     "203.0.113.10:3478");
  message_of(contact).response_origin.reset();
  expect_all_unknown(with_contact(contact), Reason::server_unfit, "no RESPONSE-ORIGIN");
}

TEST(ClassifyServer, IsUnfitIfItsAnswerIsOfRfc3489) {
  StunExchange contact = answered(plain);
  message_of(contact).plain_mapped_address = external;
  message_of(contact).xor_mapped_address.reset();
  expect_all_unknown(with_contact(contact), Reason::server_unfit, "no XOR-MAPPED-ADDRESS");
}

TEST(ClassifyServer, IsUnfitIfItIgnoresChangeRequests) {
  SilentRound ignoring = round(false, false);
  ignoring.change_both.changed->elsewhere = {{StunMessage{}, server}};
  expect_all_unknown(with_rounds({ignoring}), Reason::server_unfit,
                     "to answer from 203.0.113.11:3479, it answered from 203.0.113.10:3478");
}

TEST(ClassifyServer, IsUnfitIfItDoesNotKnowChangeRequests) {
  SilentRound refusing = round(false, false);
  refusing.change_port.changed->outcome = ErrorResponse{420, server};
  expect_all_unknown(with_rounds({refusing}), Reason::server_unfit, "error 420");
}

TEST(ClassifyServer, IsUnfitIfAChangedAnswerLiesAboutItsOrigin) {
  SilentRound lying = round(true, true);
  message_of(*lying.change_both.changed).response_origin = server;
  expect_all_unknown(with_rounds({lying}), Reason::server_unfit, "says that it answered from");
}

TEST(ClassifyServer, IsUnfitIfItNeverAnswersAtItsOtherEndpoints) {
  auto evidence = easy();
  evidence.mapping[0].other_address = silent({.server = other_address});
  expect_all_unknown(classify_nat(evidence), Reason::server_unfit,
                     "it does not answer at 203.0.113.11:3478");
  evidence = easy();
  evidence.mapping[0].other = refused({.server = other}, ECONNREFUSED, other.address);
  expect_all_unknown(classify_nat(evidence), Reason::server_unfit,
                     "it does not answer at 203.0.113.11:3479");
}

TEST(ClassifyServer, IsUnfitIfItDoesNotAnswerAtTheOtherPortThatItWasToAnswerFrom) {
  auto evidence = easy();
  evidence.rounds = {round(false, false)};
  evidence.opened_port = {answered(plain), silent({.server = other_port}), {}};
  expect_all_unknown(classify_nat(evidence), Reason::server_unfit,
                     "it does not answer at 203.0.113.10:3479");
}

TEST(ClassifyServer, IsUnfitIfItDoesNotAnswerFromTheOtherEndpointThoughNothingFilters) {
  auto evidence = easy();
  evidence.rounds = {round(false, false)};
  evidence.opened_both = {answered(plain), answered({.server = other}), silent(change_both)};
  expect_all_unknown(classify_nat(evidence), Reason::server_unfit,
                     "it does not answer from 203.0.113.11:3479");
}

TEST(ClassifyServer, IsFitIfItAnswersFromTheOtherEndpointOnceThatIsLetIn) {
  auto evidence = easy();
  evidence.rounds = {round(false, false)};
  evidence.opened_both = {answered(plain), answered({.server = other}), answered(change_both)};
  EXPECT_TRUE(classify_nat(evidence).server);
  // With another mapping for the other endpoint the question cannot be asked.
  evidence.opened_both = {answered(plain), answered({.server = other}), {}};
  EXPECT_TRUE(classify_nat(evidence).server);
}

TEST(ClassifyServer, IsNotCalledUnfitForSilenceWherePacketsAreLost) {
  auto evidence = easy();
  evidence.contact = answered_after(4, plain);
  evidence.mapping[0].other = silent({.server = other});
  expect_all_unknown(classify_nat(evidence), Reason::lossy, "does not answer");
}

TEST(ClassifyServer, IsFitIfItAnsweredOnlySomeSourcePorts) {
  auto evidence = easy();
  evidence.mapping.push_back(one_mapping(5001, external));
  evidence.mapping[0].other = silent({.server = other});
  const auto findings = classify_nat(evidence);
  ASSERT_TRUE(findings.mapping);
  EXPECT_EQ(findings.mapping->sources, 1);
  EXPECT_EQ(findings.mapping->incomplete, 1);
}

// RFC 5780 section 4.4: filtering

TEST(ClassifyFiltering, FollowsSection44) {
  using enum FilteringBehavior;
  struct Case {
    bool both_answered, port_answered;
    FilteringBehavior expected;
  };
  for (const Case& c :
       {Case{true, true, endpoint_independent}, Case{true, false, endpoint_independent},
        Case{false, true, address_dependent}, Case{false, false, address_and_port_dependent}}) {
    const auto findings = with_rounds({round(c.both_answered, c.port_answered)});
    ASSERT_TRUE(findings.filtering) << findings.filtering.unknown().to_string();
    EXPECT_EQ(*findings.filtering, c.expected);
  }
}

TEST(ClassifyFiltering, IsUnknownIfSilenceMayBeLoss) {
  expect_unknown(with_rounds({lossy_round(false, false)}).filtering, Reason::lossy, "silence");
  expect_unknown(with_rounds({lossy_round(false, true)}).filtering, Reason::lossy, "silence");
}

TEST(ClassifyFiltering, IsKnownByAnAnswerEvenWherePacketsAreLost) {
  const auto findings = with_rounds({lossy_round(true, false)});
  ASSERT_TRUE(findings.filtering);
  EXPECT_EQ(*findings.filtering, FilteringBehavior::endpoint_independent);
}

TEST(ClassifyFiltering, TakesTheAnswersOfEveryRoundAndTheSilenceOfAQuietOne) {
  using enum FilteringBehavior;
  EXPECT_EQ(*with_rounds({lossy_round(false, false), round(false, false)}).filtering,
            address_and_port_dependent);
  EXPECT_EQ(*with_rounds({lossy_round(false, true), round(false, false)}).filtering,
            address_dependent);
  EXPECT_EQ(*with_rounds({lossy_round(true, false), round(false, false)}).filtering,
            endpoint_independent);
}

TEST(ClassifyFiltering, DoubtsSilenceThatWasBrokenTooLate) {
  SilentRound late = round(false, false);
  late.change_both.changed->answers = 1;
  expect_unknown(with_rounds({late}).filtering, Reason::lossy, "silence");
}

TEST(ClassifyFiltering, DoubtsARoundThatCouldNotAsk) {
  SilentRound mute = round(false, false);
  mute.change_both = {silent(plain), {}};
  expect_unknown(with_rounds({mute}).filtering, Reason::lossy, "silence");
}

TEST(ClassifyFiltering, IsUnknownIfTheQuestionWasRefused) {
  SilentRound refusing = round(false, false);
  refusing.change_both.changed = refused(change_both, EHOSTUNREACH, "10.0.1.1"_address);
  expect_unknown(with_rounds({refusing}).filtering, Reason::blocked, "10.0.1.1 says");
}

TEST(ClassifyFiltering, IsKnownOfAFirewallWithoutANat) {
  NatEvidence evidence;
  evidence.contact = answered(plain, host);
  evidence.rounds = {round(false, false)};
  for (auto* test : {&evidence.rounds[0].change_both, &evidence.rounds[0].change_port})
    test->primary = answered(plain, host);
  evidence.mapping = {one_mapping(5000, host)};
  const auto findings = classify_nat(evidence);
  EXPECT_FALSE(*findings.translated);
  EXPECT_EQ(*findings.filtering, FilteringBehavior::address_and_port_dependent);
}

// RFC 5780 section 4.3: mapping

TEST(ClassifyMapping, FollowsSection43) {
  using enum MappingBehavior;
  // Which of the three tests have the same mapped address: every way that there is.
  const Endpoint a = external;
  const Endpoint b = with_port(external, 40001);
  const Endpoint c = with_port(external, 40002);
  EXPECT_EQ(with_mapping({series(host, a, a, a)}).mapping->behavior, endpoint_independent);
  EXPECT_EQ(with_mapping({series(host, a, b, b)}).mapping->behavior, address_dependent);
  EXPECT_EQ(with_mapping({series(host, a, b, c)}).mapping->behavior, address_and_port_dependent);
  // Equal by chance: the port alone made a difference elsewhere.
  EXPECT_EQ(with_mapping({series(host, a, a, b)}).mapping->behavior, address_and_port_dependent);
  EXPECT_EQ(with_mapping({series(host, a, b, a)}).mapping->behavior, address_and_port_dependent);
}

TEST(ClassifyMapping, TellsWhetherAddressOrPortVaries) {
  const Endpoint port = with_port(external, 40001);
  const Endpoint address = "198.51.100.2:40000"_endpoint;
  const Endpoint both = "198.51.100.2:40001"_endpoint;
  const auto varies = [](const Endpoint& second) {
    const auto findings = with_mapping({series(host, external, second, second)});
    return std::pair(findings.mapping->address_varies, findings.mapping->port_varies);
  };
  EXPECT_EQ(varies(external), std::pair(false, false));
  EXPECT_EQ(varies(port), std::pair(false, true));
  EXPECT_EQ(varies(address), std::pair(true, false));
  EXPECT_EQ(varies(both), std::pair(true, true));
}

TEST(ClassifyMapping, VariesIfSourcePortsDoNotAgree) {
  const auto findings = with_mapping(
      {one_mapping(5000, external),
       series(with_port(host, 5001), external, with_port(external, 1), with_port(external, 2))});
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::varies);
  EXPECT_EQ(findings.mapping->sources, 2);
}

TEST(ClassifyMapping, ShowsByANeighborWhatPortPreservationHid) {
  const Endpoint preserved = with_port(external, 5000);
  const auto alone = with_mapping({one_mapping(5000, preserved)});
  EXPECT_EQ(alone.mapping->behavior, MappingBehavior::endpoint_independent);
  EXPECT_FALSE(alone.mapping->clash_tested);
  const auto both = with_mapping({one_mapping(5000, preserved),
                                  series(neighbor, with_port(external, 61001),
                                         with_port(external, 61002), with_port(external, 61003))});
  EXPECT_EQ(both.mapping->behavior, MappingBehavior::varies);
  EXPECT_TRUE(both.mapping->clash_tested);
}

TEST(ClassifyMapping, IsUnknownIfNoSourcePortWasAnsweredWhole) {
  auto first = one_mapping(5000, external);
  first.other = silent({.server = other});
  auto second = one_mapping(5001, external);
  second.other_address = silent({.server = other_address});
  const auto findings = with_mapping({first, second});
  expect_unknown(findings.mapping, Reason::lossy, "of 2 source ports none");
}

TEST(ClassifyMapping, IsNotTestedWithoutSourcePorts) {
  expect_unknown(with_mapping({}).mapping, Reason::not_tested, "");
}

// RFC 4787 sections 4.1 and 4.2: ports and addresses

std::vector<MappingSeries> mapped_to(const std::vector<int>& ports) {
  std::vector<MappingSeries> all;
  all.reserve(ports.size());
  int local = 5000;
  for (const int port : ports) all.push_back(one_mapping(local++, with_port(external, port)));
  return all;
}

TEST(ClassifyPorts, ArePreserved) {
  const auto findings = with_mapping(mapped_to({5000, 5001, 5002}));
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  EXPECT_EQ(findings.ports->preserved, 3);
}

TEST(ClassifyPorts, ArePreservedThoughOneWasTaken) {
  const auto findings = with_mapping(mapped_to({5000, 61234, 5002, 5003}));
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  EXPECT_EQ(findings.ports->preserved, 3);
  EXPECT_EQ(findings.ports->sources, 4);
}

TEST(ClassifyPorts, ArePreservedForTheFirstDestinationOfASymmetricNat) {
  const auto findings = with_mapping({series(with_port(host, 5000), with_port(external, 5000),
                                             with_port(external, 1), with_port(external, 9)),
                                      series(with_port(host, 5001), with_port(external, 5001),
                                             with_port(external, 7), with_port(external, 3))});
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
}

TEST(ClassifyPorts, AreNotMistakenForANeighborsThatHadToClash) {
  const auto findings =
      with_mapping({one_mapping(5000, with_port(external, 5000)),
                    series(neighbor, with_port(external, 61001), with_port(external, 61001),
                           with_port(external, 61001))});
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  EXPECT_EQ(findings.ports->sources, 1);
}

struct Sequence {
  std::vector<int> ports;
  PortRule rule;
  int step;
};

TEST(ClassifyPorts, AreSequentialByTheirCommonStep) {
  for (const Sequence& c : {Sequence{{1024, 1025, 1026, 1027}, PortRule::sequential, 1},
                            Sequence{{1024, 1026, 1028, 1030}, PortRule::sequential, 2},
                            Sequence{{1030, 1029, 1028, 1027}, PortRule::sequential, -1},
                            // another host made some in between
                            Sequence{{1024, 1025, 1029, 1030, 1031}, PortRule::sequential, 1},
                            // the ports began anew
                            Sequence{{65534, 65535, 1024, 1025, 1026}, PortRule::sequential, 1},
                            // one was overtaken by the next
                            Sequence{{10, 11, 13, 12, 14, 15, 16, 17}, PortRule::sequential, 1},
                            Sequence{{40017, 20100, 61003, 1999}, PortRule::random, 0},
                            Sequence{{40017, 40020, 61003, 1999, 33000}, PortRule::random, 0},
                            // all over a block of ports
                            Sequence{{10, 90, 45, 46, 70, 12, 99, 50}, PortRule::random, 0}}) {
    const auto findings = with_mapping(mapped_to(c.ports));
    ASSERT_TRUE(findings.ports);
    EXPECT_EQ(to_string(findings.ports->rule), to_string(c.rule)) << c.ports[0];
    EXPECT_EQ(findings.ports->step, c.step) << c.ports[0];
  }
}

TEST(ClassifyPorts, CountOneMappingOfASymmetricNatAfterTheOther) {
  const auto at = [](int port) { return with_port(external, port); };
  const auto findings = with_mapping({series(with_port(host, 5000), at(1024), at(1025), at(1026)),
                                      series(with_port(host, 5001), at(1027), at(1028), at(1029))});
  EXPECT_EQ(findings.ports->rule, PortRule::sequential);
  EXPECT_EQ(findings.ports->step, 1);
  EXPECT_THAT(findings.mappings, testing::SizeIs(6));
}

TEST(ClassifyPorts, AreSequentialOnEachExternalAddress) {
  const auto at = [](const char* address, int port) {
    return Endpoint{*IpAddress::parse(address), static_cast<std::uint16_t>(port)};
  };
  std::vector<MappingSeries> all;
  all.reserve(8);
  for (int i = 0; i < 4; ++i) {
    all.push_back(one_mapping(5000 + i, at("198.51.100.1", 2000 + i)));
    all.push_back(one_mapping(6000 + i, at("198.51.100.2", 40000 + i)));
  }
  EXPECT_EQ(with_mapping(all).ports->rule, PortRule::sequential);
}

TEST(ClassifyPorts, AreUnknownFromTooFewMappings) {
  expect_unknown(with_mapping(mapped_to({1024, 1025, 1026})).ports, Reason::not_tested, "too few");
}

TEST(ClassifyParity, IsKnownFromManyMappingsOfBothKinds) {
  std::vector<int> ports;
  ports.reserve(16);
  for (int i = 0; i < 16; ++i) ports.push_back(20000 + 1000 * (i % 7) + i);
  auto evidence = easy();
  evidence.mapping = mapped_to(ports);
  EXPECT_TRUE(*classify_nat(evidence).parity_preserved);

  ports[15] += 1;
  evidence.mapping = mapped_to(ports);
  EXPECT_FALSE(*classify_nat(evidence).parity_preserved);

  ports.resize(14);
  evidence.mapping = mapped_to(ports);
  expect_unknown(classify_nat(evidence).parity_preserved, Reason::not_tested, "too few");
}

TEST(ClassifyParity, IsUnknownIfAllSourcePortsWereEven) {
  auto evidence = easy();
  evidence.mapping.clear();
  for (int i = 0; i < 20; ++i)
    evidence.mapping.push_back(one_mapping(6000 + 2 * i, with_port(external, 40000 - 4 * i)));
  expect_unknown(classify_nat(evidence).parity_preserved, Reason::not_tested, "too few");
}

TEST(ClassifyPooling, TellsOneAddressFromPairedAndFromArbitrary) {
  const Endpoint second = "198.51.100.2:40007"_endpoint;
  const auto one = with_mapping({one_mapping(5001, external)});
  EXPECT_EQ(one.external_addresses->pooling, AddressPooling::one_address);
  EXPECT_THAT(one.external_addresses->addresses, ElementsAre(external.address));

  const auto paired =
      with_mapping({one_mapping(5000, external), series(neighbor, second, second, second)});
  EXPECT_EQ(paired.external_addresses->pooling, AddressPooling::paired);

  const auto arbitrary = with_mapping({one_mapping(5000, external), one_mapping(5001, second)});
  EXPECT_EQ(arbitrary.external_addresses->pooling, AddressPooling::arbitrary);
  EXPECT_THAT(arbitrary.external_addresses->addresses,
              ElementsAre(external.address, second.address));
  EXPECT_EQ(arbitrary.mapping->behavior, MappingBehavior::endpoint_independent);
}

TEST(ClassifyTranslation, IsThereIfTheMappedAddressIsNotOurs) {
  EXPECT_TRUE(*classify_nat(easy()).translated);
}

// RFC 5780 section 4.5: hairpinning

HairpinTest hairpin(std::optional<Endpoint> seen_from) {
  HairpinTest test{.receiver = answered(plain, external),
                   .sender = answered(plain, with_port(external, 40001)),
                   .hairpin = silent({.server = external}),
                   .seen_from = seen_from};
  test.sender.local = with_port(host, 5001);
  return test;
}

/// Between two hosts.
HairpinTest hairpin_of_neighbor() {
  HairpinTest test = hairpin({});
  test.sender.local = neighbor;
  return test;
}

NatEvidence with_hairpin(const std::optional<Endpoint>& seen_from) {
  NatEvidence evidence = easy();
  evidence.rounds[0].hairpin = hairpin(seen_from);
  return evidence;
}

TEST(ClassifyHairpinning, TellsUnderWhichSourceThePacketCameBack) {
  struct Case {
    Endpoint from;
    HairpinSource source;
  };
  for (const Case& c : {Case{with_port(external, 40001), HairpinSource::external},
                        Case{with_port(external, 50000), HairpinSource::external},
                        Case{with_port(host, 5001), HairpinSource::internal},
                        Case{"192.0.2.77:1"_endpoint, HairpinSource::other}}) {
    const auto findings = classify_nat(with_hairpin(c.from));
    EXPECT_EQ(findings.hairpinning->source, c.source);
    EXPECT_THAT(findings.hairpinning->seen_from, Optional(c.from));
  }
}

TEST(ClassifyHairpinning, IsNoneIfNothingCameBackFromANeighbor) {
  NatEvidence evidence = easy();
  evidence.rounds[0].hairpin = hairpin_of_neighbor();
  const auto findings = classify_nat(evidence);
  EXPECT_EQ(findings.hairpinning->source, HairpinSource::none);
  EXPECT_EQ(findings.hairpinning->seen_from, std::nullopt);
}

TEST(ClassifyHairpinning, TellsTheInternalSourceOfANeighbor) {
  NatEvidence evidence = easy();
  evidence.rounds[0].hairpin = hairpin_of_neighbor();
  evidence.rounds[0].hairpin->seen_from = neighbor;
  EXPECT_EQ(classify_nat(evidence).hairpinning->source, HairpinSource::internal);
}

TEST(ClassifyHairpinning, IsHiddenIfOneHostAloneHearsNothing) {
  expect_unknown(classify_nat(with_hairpin({})).hairpinning, Reason::hidden, "one host alone");
}

TEST(ClassifyHairpinning, IsNoneIfTheNatRefuses) {
  NatEvidence evidence = with_hairpin({});
  evidence.rounds[0].hairpin->hairpin =
      refused({.server = external}, ECONNREFUSED, external.address);
  EXPECT_EQ(classify_nat(evidence).hairpinning->source, HairpinSource::none);
}

TEST(ClassifyHairpinning, IsHiddenWhereFilteringAloneWouldExplainTheSilence) {
  const Endpoint b = with_port(external, 2);
  struct Case {
    bool open_filter, one_mapping, is_hidden;
  };
  for (const Case& c : {Case{true, true, false}, Case{true, false, false}, Case{false, true, false},
                        Case{false, false, true}}) {
    NatEvidence evidence = easy();
    evidence.rounds = {round(c.open_filter, true)};
    evidence.rounds[0].hairpin = hairpin_of_neighbor();
    if (!c.one_mapping) evidence.mapping = {series(host, external, b, b)};
    const auto findings = classify_nat(evidence);
    if (c.is_hidden) {
      expect_unknown(findings.hairpinning, Reason::hidden, "filtered in any case");
    } else {
      EXPECT_EQ(findings.hairpinning->source, HairpinSource::none);
    }
  }
}

TEST(ClassifyHairpinning, IsNotTestedIfNotAskedForOrWithoutANat) {
  expect_unknown(classify_nat(easy()).hairpinning, Reason::not_tested, "not asked for");
  NatEvidence evidence = with_hairpin({});
  evidence.rounds[0].hairpin->receiver = answered(plain, host);
  evidence.rounds[0].hairpin->hairpin.reset();
  expect_unknown(classify_nat(evidence).hairpinning, Reason::not_tested, "no NAT");
}

TEST(ClassifyHairpinning, IsUnknownWherePacketsAreLost) {
  NatEvidence evidence = with_hairpin({});
  evidence.rounds[0].change_both.primary = answered_after(2, plain);
  expect_unknown(classify_nat(evidence).hairpinning, Reason::lossy, "silence");
}

TEST(ClassifyHairpinning, IsKnownByAnyRound) {
  NatEvidence evidence = with_hairpin(with_port(external, 40001));
  evidence.rounds.push_back(round(true, true));
  EXPECT_EQ(classify_nat(evidence).hairpinning->source, HairpinSource::external);
}

// RFC 8489 section 14.2: what XOR-MAPPED-ADDRESS is for

TEST(ClassifyPayload, IsRewrittenIfThePlainAddressDiffers) {
  NatEvidence evidence = easy();
  message_of(*evidence.contact).plain_mapped_address = with_port(host, external.port);
  EXPECT_TRUE(*classify_nat(evidence).payload_rewritten);
  message_of(*evidence.contact).plain_mapped_address = external;
  EXPECT_FALSE(*classify_nat(evidence).payload_rewritten);
}

TEST(ClassifyPayload, ComparesTheAnswerOfRfc3489WithTheOneOfTheSameMapping) {
  NatEvidence evidence = easy();
  evidence.classic = answered({.server = server, .classic = true});
  message_of(*evidence.classic).xor_mapped_address.reset();
  message_of(*evidence.classic).response_origin.reset();
  message_of(*evidence.classic).plain_mapped_address = external;
  EXPECT_FALSE(*classify_nat(evidence).payload_rewritten);
  message_of(*evidence.classic).plain_mapped_address = host;
  EXPECT_TRUE(*classify_nat(evidence).payload_rewritten);
}

TEST(ClassifyPayload, IsNotTestedIfTheServerSendsNoPlainAddress) {
  NatEvidence evidence = easy();
  expect_unknown(classify_nat(evidence).payload_rewritten, Reason::not_tested, "MAPPED-ADDRESS");
  evidence.classic = silent({.server = server, .classic = true});
  expect_unknown(classify_nat(evidence).payload_rewritten, Reason::not_tested, "MAPPED-ADDRESS");
}

// When to repeat

TEST(Doubt, IsThereOnlyWhereSilenceMattersAndPacketsWereLost) {
  EXPECT_FALSE(is_doubtful(round(false, false)));
  EXPECT_TRUE(is_doubtful(lossy_round(false, false)));
  EXPECT_TRUE(is_doubtful(lossy_round(false, true)));
  EXPECT_FALSE(is_doubtful(lossy_round(true, true)));

  auto late = round(false, false);  // slow, but nothing was lost
  late.change_port.primary = answered_after(3, plain);
  late.change_port.primary.answers = 3;
  EXPECT_FALSE(is_doubtful(late));

  auto hairpinning = lossy_round(true, true);
  hairpinning.hairpin = hairpin({});
  EXPECT_TRUE(is_doubtful(hairpinning));
  hairpinning.hairpin = hairpin(external);
  EXPECT_FALSE(is_doubtful(hairpinning));
}

TEST(Unknown, SaysItsReasonAndDetail) {
  EXPECT_EQ((Unknown{Reason::server_unfit, "it is odd"}.to_string()), "server unfit: it is odd");
  EXPECT_EQ((Unknown{Reason::not_tested, ""}.to_string()), "not tested");
}

}  // namespace
}  // namespace icelab
