// A NAT's behaviour in a scenario file: what every option is read as, and which make no sense.

#include "harness/scenario/nat_reader.h"

#include "harness/scenario/catalogue.h"
#include "src/base/file.h"
#include "tests/support/json_schema.h"
#include "tests/support/profiles.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Reading {
  std::optional<NatBehavior> nat;
  std::vector<std::string> faults;  // "/pointer: message"
};

Reading read(const std::string& text) {
  JsonFaults faults;
  const auto json = parse_json(text, faults);
  Reading reading{.nat = read_nat({json.value(), faults}), .faults = {}};
  for (const auto& fault : faults.list())
    reading.faults.push_back(fmt::format("{}: {}", fault.pointer, fault.message));
  return reading;
}

NatBehavior good(const std::string& text) {
  const auto reading = read(text);
  EXPECT_THAT(reading.faults, ElementsAre()) << text;
  return reading.nat.value_or(NatBehavior());
}

bool schema_accepts(const std::string& nat) {
  static const JsonSchema schema =
      JsonSchema::parse(read_file(ICELAB_SOURCE "/scenarios/schema/scenario.schema.json", 1 << 20));
  return schema.accepts(Json::parse(fmt::format(
      R"({{"peers": {{"alice": {{"agent": "libnice", "behind": [{{"nat": {}}}]}},
                      "bob": {{"agent": "libnice"}}}}, "expect": []}})",
      nat)));
}

TEST(NatReader, ReadsEveryOption) {
  const std::string text = R"({
    "mapping": "address-dependent", "filtering": "address-and-port-dependent",
    "port_assignment": "random", "port_parity": true, "port_overloading": true, "port_block": 64,
    "ports": [40000, 40999], "external_addresses": 4, "pooling": "arbitrary",
    "mappings_per_subscriber": 100, "hairpinning": "internal-source", "mapping_lifetime_s": 0.5, "unanswered_lifetime_s": 0.25,
    "refresh": "both", "early_packet": "blocks-source",
    "tcp": {"mapping": "address-and-port-dependent", "filtering": "address-dependent",
            "unsolicited_syn": "icmp-unreachable", "simultaneous_open": false,
            "established_lifetime_s": 432000, "transitory_lifetime_s": 20},
    "icmp": {"errors": "swallowed", "lifetime_s": 10},
    "fragments": "reassembled", "rewrites_payload": true })";
  const NatBehavior expected{
      .mapping = Dependence::address_dependent,
      .filtering = Dependence::address_and_port_dependent,
      .tcp_mapping = Dependence::address_and_port_dependent,
      .tcp_filtering = Dependence::address_dependent,
      .port_assignment = PortAssignment::random,
      .port_parity = true,
      .port_overloading = true,
      .port_block = 64,
      .ports = PortRange{40000, 40999},
      .external_addresses = 4,
      .pooling = Pooling::arbitrary,
      .mappings_per_subscriber = 100,
      .hairpinning = Hairpinning::internal_source,
      .mapping_lifetime = 500ms,
      .unanswered_lifetime = 250ms,
      .refresh = Refresh::both,
      .early_packet = EarlyPacket::blocks_source,
      .unsolicited_syn = UnsolicitedSyn::unreachable,
      .simultaneous_open = false,
      .tcp_established_lifetime = 432000s,
      .tcp_transitory_lifetime = 20s,
      .icmp_lifetime = 10s,
      .icmp_errors = IcmpErrors::swallowed,
      .fragments = Fragments::reassembled,
      .rewrites_payload = true,
  };
  EXPECT_EQ(good(text), expected);
  EXPECT_TRUE(schema_accepts(text));
}

template <typename Choice>
void reads_every_word_of(const std::string& before, const std::string& after,
                         Choice NatBehavior::*option) {
  for (std::size_t i = 0; i < words_of<Choice>.size(); ++i) {
    const std::string text = fmt::format("{}\"{}\"{}", before, words_of<Choice>[i], after);
    EXPECT_EQ(good(text).*option, static_cast<Choice>(i)) << text;
    EXPECT_TRUE(schema_accepts(text)) << text;
  }
}

TEST(NatReader, ReadsEveryChoice) {
  reads_every_word_of(R"({"mapping": )", "}", &NatBehavior::mapping);
  reads_every_word_of(R"({"filtering": )", "}", &NatBehavior::filtering);
  reads_every_word_of(R"({"port_assignment": )", "}", &NatBehavior::port_assignment);
  reads_every_word_of(R"({"on_clash": )", "}", &NatBehavior::on_clash);
  reads_every_word_of(R"({"external_addresses": 2, "pooling": )", "}", &NatBehavior::pooling);
  reads_every_word_of(R"({"hairpinning": )", "}", &NatBehavior::hairpinning);
  reads_every_word_of(R"({"refresh": )", "}", &NatBehavior::refresh);
  reads_every_word_of(R"({"early_packet": )", "}", &NatBehavior::early_packet);
  reads_every_word_of(R"({"tcp": {"unsolicited_syn": )", "}}", &NatBehavior::unsolicited_syn);
  reads_every_word_of(R"({"icmp": {"errors": )", "}}", &NatBehavior::icmp_errors);
  reads_every_word_of(R"({"fragments": )", "}", &NatBehavior::fragments);
}

TEST(NatReader, TakesFromTheProfileWhatIsLeftOut) {
  EXPECT_EQ(good("{}"), NatBehavior());
  NatBehavior expected = nat_behavior("carrier-grade");
  expected.port_block = 256;
  EXPECT_EQ(good(R"({"profile": "carrier-grade", "port_block": 256})"), expected);
}

TEST(NatReader, KnowsEveryNatOfTheCatalogueAndSoDoesTheSchema) {
  for (const std::string& name : names_of_single("nat")) {
    EXPECT_EQ(good(R"({"profile": ")" + name + "\"}"), good('"' + name + '"')) << name;
    EXPECT_TRUE(schema_accepts('"' + name + '"')) << name;
    EXPECT_TRUE(schema_accepts(R"({"profile": ")" + name + "\"}")) << name;
  }
}

struct BadNat {
  std::string text;
  std::string fault;
};

TEST(NatReader, SaysWhyOptionsMakeNoSenseTogether) {
  const BadNat table[] = {
      {R"({"port_block": 64})",
       "/port_block: a preserved port need not lie in its subscriber's block: port blocks need "
       "'sequential' or 'random' port assignment"},
      {R"({"profile": "carrier-grade", "port_assignment": "preserve"})",
       "/port_assignment: a preserved port need not lie in its subscriber's block: port blocks "
       "need 'sequential' or 'random' port assignment"},
      {R"({"port_assignment": "random", "on_clash": "next"})",
       "/on_clash: nothing clashes where ports are not preserved, but random: leave it out"},
      {R"({"port_assignment": "sequential", "port_block": 200, "ports": [40000, 40099]})",
       "/port_block: a block of 200 ports does not fit into the 100 from 40000 to 40099"},
      {R"({"profile": "carrier-grade", "ports": [40000, 40099]})",
       "/ports: a block of 128 ports does not fit into the 100 from 40000 to 40099"},
      {R"({"port_assignment": "random", "port_parity": true, "port_block": 1})",
       "/port_parity: a single port is either even or odd: parity needs two at least"},
      {R"({"port_parity": true, "ports": [40000, 40000]})",
       "/port_parity: a single port is either even or odd: parity needs two at least"},
      {R"({"pooling": "arbitrary"})",
       "/pooling: among a single external address nothing is arbitrary: pooling needs "
       "'external_addresses' above 1"},
      {R"({"refresh": "none", "unanswered_lifetime_s": 30})",
       "/unanswered_lifetime_s: what is never renewed gains nothing from an answer: an unanswered "
       "lifetime needs 'refresh' by 'outbound', 'inbound' or 'both'"},
      {R"({"profile": "linux-masquerade", "refresh": "none"})",
       "/refresh: what is never renewed gains nothing from an answer: an unanswered lifetime needs "
       "'refresh' by 'outbound', 'inbound' or 'both'"},
      {R"({"mapping_lifetime_s": 20, "unanswered_lifetime_s": 30})",
       "/unanswered_lifetime_s: an answer makes a mapping live longer, not shorter: the unanswered "
       "lifetime is at most 'mapping_lifetime_s'"},
      {R"({"ports": [40001, 40000]})",
       "/ports: no port is from 40001 to 40000: the first comes first"},
  };
  for (const BadNat& bad : table) {
    EXPECT_THAT(read(bad.text).faults, ElementsAre(bad.fault)) << bad.text;
    EXPECT_TRUE(schema_accepts(bad.text)) << "beyond what a schema can say: " << bad.text;
  }
}

TEST(NatReader, SaysWhatToWriteInstead) {
  const BadNat table[] = {
      {R"({"ports": [40000]})",
       "/ports: expected the first port and the last, such as [40000, 40099], found an array"},
      {R"({"ports": "40000-40099"})",
       "/ports: expected the first port and the last, such as [40000, 40099], found the string "
       "'40000-40099'"},
      {R"({"ports": [0, 70000]})",
       "/ports/0: expected a whole number from 1 to 65535, found the number 0"},
      {R"({"port_block": 0})",
       "/port_block: expected a whole number from 1 to 65535, found the number 0"},
      {R"({"mappings_per_subscriber": 0})",
       "/mappings_per_subscriber: expected a whole number from 1 to 65535, found the number 0"},
      {R"({"external_addresses": 17})",
       "/external_addresses: expected a whole number from 1 to 16, found the number 17"},
      {R"({"hairpinning": true})", "/hairpinning: expected a string, found true"},
      {R"({"refresh": "inbond"})",
       "/refresh: unknown refresh 'inbond'; did you mean 'inbound'? (known: outbound, inbound, "
       "both, none)"},
      {R"({"tcp": {"unsolicited_sin": "drop"}})",
       "/tcp/unsolicited_sin: unknown key; did you mean 'unsolicited_syn'?"},
      {R"({"tcp": "reset"})", "/tcp: expected an object, found the string 'reset'"},
      {R"({"tcp": {"transitory_lifetime_s": 0}})",
       "/tcp/transitory_lifetime_s: expected a number above 0 and up to 864000, found the number "
       "0"},
      {R"({"icmp": {"errors": "dropped"}})",
       "/icmp/errors: unknown errors 'dropped' (known: translated, swallowed)"},
  };
  for (const BadNat& bad : table) {
    EXPECT_THAT(read(bad.text).faults, testing::Contains(bad.fault)) << bad.text;
    EXPECT_FALSE(schema_accepts(bad.text)) << bad.text;
  }
}

TEST(NatReader, FindsOneMistakeOnce) {
  for (const char* text : {R"({"port_assignment": "randm", "port_block": 64})",
                           R"({"external_addresses": 99, "pooling": "arbitrary"})"})
    EXPECT_EQ(read(text).faults.size(), 1U) << "not a contradiction with a default as well";
}

}  // namespace
}  // namespace icelab
