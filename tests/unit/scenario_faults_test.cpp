// What is wrong with a scenario is told in one clear message a fault, and the schema that editors
// use agrees with the parser.

#include "harness/scenario/plan.h"
#include "src/base/file.h"
#include "src/base/json_reader.h"
#include "tests/support/json_schema.h"
#include "tests/support/scenario_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

const std::string scenarios = ICELAB_SOURCE "/scenarios";

JsonSchema shipped_schema() {
  return JsonSchema::parse(read_file(scenarios + "/schema/scenario.schema.json", 1 << 20));
}

enum class Schema { refuses, accepts };  // accepts: what is wrong is beyond what a schema can say

struct BadInput {
  std::string name;
  std::string text;
  std::vector<std::string> faults;
  Schema schema = Schema::refuses;
};

std::ostream& operator<<(std::ostream& out, const BadInput& input) {
  return out << input.name;
}

class BadScenario : public testing::TestWithParam<BadInput> {};

TEST_P(BadScenario, GetsOneClearMessageAFault) {
  EXPECT_THAT(faults_in(plan_scenario_text(GetParam().text, "x.json", {})),
              testing::ElementsAreArray(GetParam().faults));
}

TEST_P(BadScenario, IsRefusedByTheSchemaWhereASchemaCan) {
  JsonFaults faults;
  const auto json = parse_json(GetParam().text, faults);
  if (!json || !faults.empty()) return;  // a schema speaks of JSON only
  EXPECT_EQ(shipped_schema().accepts(*json), GetParam().schema == Schema::accepts);
}

const std::vector<BadInput> bad_text = {
    {"Empty",
     "",
     {"x.json: not JSON at line 1, column 1: syntax error while parsing value - unexpected end of "
      "input; expected '[', '{', or a literal"}},
    {"NotJson",
     "{\n  \"peers\": oops\n}",
     {"x.json: not JSON at line 2, column 12: syntax error while parsing value - invalid literal; "
      "last read: '\"peers\": o'"}},
    {"TrailingComma",
     R"({"expect": [],})",
     {"x.json: not JSON at line 1, column 15: syntax error while parsing object key - unexpected "
      "'}'; expected string literal"}},
    {"OpenComment",
     "{} /* never",
     {"x.json: not JSON at line 1, column 12: syntax error while parsing value - invalid comment; "
      "missing closing '*/'; last read: '{} /* never'; expected end of input"}},
    {"NotUtf8",
     "{\"\xff\": 1}",
     {"x.json: not JSON at line 1, column 3: syntax error while parsing object key - invalid "
      "string: ill-formed UTF-8 byte; last read: '\"\xEF\xBF\xBD'; expected string literal"}},
    {"HugeNumber",
     R"({"deadline_s": 1e999})",
     {"x.json: not JSON at line 1, column 20: number overflow parsing '1e999'"}},
    {"Array", "[]", {"x.json: expected an object, found an array"}},
    {"Deep",
     std::string(100, '['),
     {"x.json: /0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: nested more than "
      "32 deep"}},
    {"KeyTwice",
     R"({"peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}, "alice": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers/alice: this key is written twice"}},
};

const std::vector<BadInput> bad_structure = {
    {"EmptyObject",
     "{}",
     {"x.json: missing key 'peers'",
      "x.json: missing key 'expect'; say for example [{\"connected\": true}], or [] to accept "
      "whatever happens"}},
    {"UnknownKey",
     with_peers(R"({"agent": "libnice", "behnd": []})"),
     {"x.json: /peers/alice/behnd: unknown key; did you mean 'behind'?"}},
    {"UnknownKeyNearNone",
     with_peers(R"({"agent": "libnice", "firewall": []})"),
     {"x.json: /peers/alice/firewall: unknown key; known here: agent, behind, network, uplinks, "
      "ip, ipv6_addresses"}},
    {"KeyWithSlashes",
     with_peers(R"({"agent": "libnice", "a/b~c": []})"),
     {"x.json: /peers/alice/a~1b~0c: unknown key; known here: agent, behind, network, uplinks, "
      "ip, ipv6_addresses"}},
    {"KeyWithEscapes",
     with_peers(R"({"agent": "libnice", "\u001b[31m": 1})"),
     {"x.json: /peers/alice/?[31m: unknown key; known here: agent, behind, network, uplinks, ip, "
      "ipv6_addresses"}},
    {"UnknownIpVersion",
     with_peers(R"({"agent": "libnice", "ip": "ipv5"})"),
     {"x.json: /peers/alice/ip: unknown ip 'ipv5'; did you mean 'ipv4'? (known: ipv4, dual-stack, "
      "ipv6)"}},
    {"OnePeer",
     R"({"peers": {"alice": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers: expected two peers, found 1"}},
    {"PeersArray",
     R"({"peers": [], "expect": []})",
     {"x.json: /peers: expected an object, found an array"}},
    {"PeersParameter",
     R"({"matrix": {"p": [{}]}, "peers": "${p}", "expect": []})",
     {"x.json: /peers: expected an object, found the string '${p}'"}},
    {"PeerName",
     R"({"peers": {"Alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers/Alice: a name is up to 32 small letters, digits and '-', a letter first"}},
    {"PeerNamedLikeServer",
     R"({"servers": {"bob": {"kind": "coturn"}}, "peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers/bob: a server has this name already"},
     Schema::accepts},
    {"NoAgent", with_peers("{}"), {"x.json: /peers/alice: missing key 'agent'"}},
    {"UnknownServer",
     R"({"servers": {"relay": {"kind": "cotrun"}}, "peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /servers/relay/kind: unknown kind 'cotrun'; did you mean 'coturn'? (known: "
      "coturn, tinyproxy, serve)"}},
    {"TwoServers",
     R"({"servers": {"one": {"kind": "coturn"}, "two": {"kind": "coturn"}}, "peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /servers/two: a lab has one coturn for now"},
     Schema::accepts},
    {"TitleNumber",
     with(R"("matrix": {"a": ["none"]}, "title": 5, "expect": [])"),
     {"x.json: /title: expected a string, found the number 5"}},
    {"DeadlineZero",
     with(R"("matrix": {"a": ["none"]}, "deadline_s": 0, "expect": [])"),
     {"x.json: /deadline_s: expected a number above 0 and up to 3600, found the number 0"}},
    {"DeadlineText",
     with(R"("matrix": {"a": ["none"]}, "deadline_s": "1 min", "expect": [])"),
     {"x.json: /deadline_s: expected a number above 0 and up to 3600, found the string '1 min'"}},
    {"ExpectMissing",
     with(R"("matrix": {"a": ["none"]})"),
     {"x.json: missing key 'expect'; say for example [{\"connected\": true}], or [] to accept "
      "whatever happens"}},
};

const std::vector<BadInput> bad_agents = {
    {"UnknownAgent",
     with_peers(R"({"agent": "libnce"})"),
     {"x.json: /peers/alice/agent: unknown agent 'libnce'; did you mean 'libnice'? (known: "
      "libnice, chromium, call-page)"}},
    {"SettingThatABrowserLacks",
     with_peers(R"({"agent": {"kind": "chromium", "pacing_ms": 50}})"),
     {"x.json: /peers/alice/agent/pacing_ms: Chromium does as it does: a page cannot set this"},
     Schema::accepts},
    {"SettingOfTheCallPagesServer",
     with_peers(R"({"agent": {"kind": "call-page", "turn": ["udp"]}})"),
     {"x.json: /peers/alice/agent/turn: the page's server tells it of all TURN servers that there "
      "are",
      "x.json: /peers/alice/agent: there is no call page: add a server of kind \"serve\"",
      "x.json: /peers: whoever is on the call page meets another there: both peers, or none"},
     Schema::accepts},
    {"CallPagePairByPair",
     R"({"servers": {"office": {"kind": "serve"}}, "pairs": "exhaustive",
         "peers": {"alice": {"agent": "call-page"}, "bob": {"agent": "call-page"}}, "expect": []})",
     {"x.json: /pairs: on the call page pairs are not tried one by one: agents meet by themselves"},
     Schema::accepts},
    {"AgentNumber",
     with_peers(R"({"agent": 7})"),
     {"x.json: /peers/alice/agent: expected an agent's name or an object, found the number 7"}},
    {"NoProgram",
     with_peers(R"({"agent": {"nomination": "regular"}})"),
     {"x.json: /peers/alice/agent: missing key 'kind' or 'command'"}},
    {"TwoPrograms",
     with_peers(R"({"agent": {"kind": "libnice", "command": ["true"]}})"),
     {"x.json: /peers/alice/agent: 'kind' and 'command' exclude each other"}},
    {"EmptyCommand",
     with_peers(R"({"agent": {"command": []}})"),
     {"x.json: /peers/alice/agent/command: a command is a program and up to 63 arguments"}},
    {"CommandNumber",
     with_peers(R"({"agent": {"command": ["sleep", 5]}})"),
     {"x.json: /peers/alice/agent/command/1: expected a string, found the number 5"}},
    {"CommandNul",
     with_peers(R"({"agent": {"command": ["a\u0000b"]}})"),
     {"x.json: /peers/alice/agent/command/0: not a word of a command"},
     Schema::accepts},
    {"Nomination",
     with_peers(R"({"agent": {"kind": "libnice", "nomination": "agressive"}})"),
     {"x.json: /peers/alice/agent/nomination: unknown nomination 'agressive'; did you mean "
      "'aggressive'? (known: regular, aggressive)"}},
    {"TurnTls",
     with_peers(R"({"agent": {"kind": "libnice", "turn": ["tls"]}})"),
     {"x.json: /peers/alice/agent/turn/0: unknown TURN transport 'tls' (known: udp, tcp, "
      "tcp-443)"}},
    {"TurnTwice",
     with_peers(R"({"agent": {"kind": "libnice", "turn": ["udp", "udp"]}})"),
     {"x.json: /peers/alice/agent/turn/1: 'udp' is there already"}},
    {"TurnText",
     with_peers(R"({"agent": {"kind": "libnice", "turn": "udp"}})"),
     {"x.json: /peers/alice/agent/turn: expected an array, found the string 'udp'"}},
    {"ForceRelayText",
     with_peers(R"({"agent": {"kind": "libnice", "force_relay": "yes"}})"),
     {"x.json: /peers/alice/agent/force_relay: expected true or false, found the string 'yes'"}},
    {"ProxyThatIsNone",
     with_peers(R"({"agent": {"kind": "libnice", "proxy": "relay", "turn": ["tcp-443"]}})"),
     {"x.json: /peers/alice/agent/proxy: unknown proxy 'relay'; there is none here"},
     Schema::accepts},
    {"ProxyWithoutTurnOverTcp",
     R"({"servers": {"p": {"kind": "tinyproxy"}, "relay": {"kind": "coturn"}}, "peers": {"alice": {"agent": {"kind": "libnice", "proxy": "p"}}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers/alice/agent/proxy: nothing goes through a proxy but TURN over TCP: add "
      "\"tcp-443\" to 'turn'"},
     Schema::accepts},
    {"ForceRelayNoTurn",
     with_peers(R"({"agent": {"kind": "libnice", "force_relay": true, "turn": []}})"),
     {"x.json: /peers/alice/agent: 'force_relay' without 'turn' leaves the agent no candidates"},
     Schema::accepts},
    {"NoTransport",
     with_peers(R"({"agent": {"kind": "libnice", "ice_udp": false}})"),
     {"x.json: /peers/alice/agent: without 'ice_udp' and 'ice_tcp' the agent has no candidates"},
     Schema::accepts},
    {"StunNoServer",
     R"({"peers": {"alice": {"agent": {"kind": "libnice", "stun": true}}, "bob": {"agent": "libnice"}}, "expect": []})",
     {"x.json: /peers/alice/agent: this agent is to use a server, and there is none under "
      "/servers"},
     Schema::accepts},
    {"PacingTooFast",
     with_peers(R"({"agent": {"kind": "libnice", "pacing_ms": 4}})"),
     {"x.json: /peers/alice/agent/pacing_ms: expected a whole number from 5 to 1000, found the "
      "number 4"}},
    {"PacingFraction",
     with_peers(R"({"agent": {"kind": "libnice", "pacing_ms": 20.5}})"),
     {"x.json: /peers/alice/agent/pacing_ms: expected a whole number from 5 to 1000, found the "
      "number 20.5"}},
    {"RetransmissionsHuge",
     with_peers(R"({"agent": {"kind": "libnice", "retransmissions": 18446744073709551615}})"),
     {"x.json: /peers/alice/agent/retransmissions: expected a whole number from 1 to 99, found the "
      "number 18446744073709551615"}},
};

std::string with_networks(const std::string& networks, const std::string& alice) {
  return with_peers(alice).insert(1, fmt::format(R"("networks": {},)", networks));
}

const std::vector<BadInput> bad_boxes = {
    {"UnknownNat",
     with_peers(R"({"agent": "libnice", "behind": ["symetric"]})"),
     {"x.json: /peers/alice/behind/0: unknown box 'symetric'; did you mean 'symmetric'? " +
      known_boxes}},
    {"Ipv4BehindNat64",
     with_peers(R"({"agent": "libnice", "behind": ["nat64"]})"),
     {"x.json: /peers/alice: no IPv4 comes through the nat64: say \"ip\": \"ipv6\", or put a clat "
      "between it and the host"},
     Schema::accepts},
    {"NatBehindNat64",
     with_peers(R"({"agent": "libnice", "ip": "ipv6", "behind": ["symmetric", "nat64"]})"),
     {"x.json: /peers/alice: this nat has no IPv4: that ends at the nat64 outside it"},
     Schema::accepts},
    {"ClatWithoutNat64",
     with_peers(R"({"agent": "libnice", "ip": "dual-stack", "behind": ["clat"]})"),
     {"x.json: /peers/alice: a clat needs a network of IPv6 only: put a nat64 outside it"},
     Schema::accepts},
    {"Nat66OfIpv4",
     with_peers(R"({"agent": "libnice", "behind": ["nat66"]})"),
     {R"(x.json: /peers/alice: a peer of IPv4 only: say "ip": "dual-stack" or "ipv6")"},
     Schema::accepts},
    {"Ipv6OverANarrowLink",
     with_peers(R"({"agent": "libnice", "ip": "dual-stack", "behind": [{"link": {"mtu": 1279}}]})"),
     {"x.json: /peers/alice: no link with an MTU below 1280 carries IPv6 (RFC 8200 section 5): "
      "leave \"ip\" out, or give it a larger one"},
     Schema::accepts},
    {"PrefixTranslatorInsideAnother",
     with_networks(R"({"home": {"behind": ["nptv6"]}})",
                   R"({"agent": "libnice", "ip": "ipv6", "network": "home", "behind": ["nptv6"]})"),
     {"x.json: /peers/alice: an nptv6 inside the nptv6 of 'home', which has no prefix for it: put "
      "both before one host, or leave one out"},
     Schema::accepts},
    {"Ipv6AddressesOfIpv4",
     with_peers(R"({"agent": "libnice", "ipv6_addresses": "router-advertisement"})"),
     {R"(x.json: /peers/alice: 'ipv6_addresses' of a peer of IPv4 only: )"
      R"(say "ip": "dual-stack" or "ipv6")"},
     Schema::accepts},
    {"UnknownIpv6Addresses",
     with_peers(R"({"agent": "libnice", "ip": "ipv6", "ipv6_addresses": "dhcp"})"),
     {"x.json: /peers/alice/ipv6_addresses: unknown ipv6_addresses 'dhcp' (known: static, "
      "static-and-link-local, router-advertisement)"}},
    {"UnknownNatNearNone",
     with_peers(R"({"agent": "libnice", "behind": ["wall"]})"),
     {"x.json: /peers/alice/behind/0: unknown box 'wall' " + known_boxes}},
    {"BehindText",
     with_peers(R"({"agent": "libnice", "behind": "symmetric"})"),
     {"x.json: /peers/alice/behind: expected an array, found the string 'symmetric'"}},
    {"BoxNull",
     with_peers(R"({"agent": "libnice", "behind": [null]})"),
     {"x.json: /peers/alice/behind/0: expected a box's name or an object, found null"}},
    {"BoxEmpty",
     with_peers(R"({"agent": "libnice", "behind": [{}]})"),
     {"x.json: /peers/alice/behind/0: a box is one of 'nat', 'nat66', 'nat64', 'nptv6', 'clat', "
      "'firewall', 'link' "
      "and 'boxes'"}},
    {"NatArray",
     with_peers(R"({"agent": "libnice", "behind": [{"nat": []}]})"),
     {"x.json: /peers/alice/behind/0/nat: expected a NAT's name or an object, found an array"}},
    {"Mapping",
     with_peers(R"({"agent": "libnice", "behind": [{"nat": {"mapping": "adress-dependent"}}]})"),
     {"x.json: /peers/alice/behind/0/nat/mapping: unknown mapping 'adress-dependent'; did you mean "
      "'address-dependent'? "
      "(known: endpoint-independent, address-dependent, address-and-port-dependent)"}},
    {"ProfileNone",
     with_peers(R"({"agent": "libnice", "behind": [{"nat": {"profile": "none"}}]})"),
     {"x.json: /peers/alice/behind/0/nat/profile: unknown NAT 'none' (known: " + known_nats + ")"}},
    {"Lifetime",
     with_peers(R"({"agent": "libnice", "behind": [{"nat": {"mapping_lifetime_s": -1}}]})"),
     {"x.json: /peers/alice/behind/0/nat/mapping_lifetime_s: expected a number above 0 and up to "
      "86400, found the number -1"}},
    {"NineBoxes",
     with_peers(
         R"({"agent": "libnice", "behind": ["symmetric","symmetric","symmetric","symmetric","symmetric","symmetric","symmetric","symmetric","symmetric"]})"),
     {"x.json: /peers/alice/behind/8: at most 8 boxes, one behind the other"},
     Schema::accepts},
};

/// Peers of these networks.
const std::vector<BadInput> bad_networks = {
    {"UnknownNetwork",
     with_networks(R"({"home": {}})", R"({"agent": "libnice", "network": "hone"})"),
     {"x.json: /peers/alice/network: unknown network 'hone'; did you mean 'home'? (known: home)"},
     Schema::accepts},
    {"NetworkInItself",
     with_networks(R"({"home": {"network": "home"}})", R"({"agent": "libnice"})"),
     {"x.json: /networks/home/network: unknown network 'home'; there is none here"},
     Schema::accepts},
    {"NetworkCalledAsAPeer",
     with_networks(R"({"alice": {}})", R"({"agent": "libnice"})"),
     {"x.json: /peers/alice: a network has this name already"},
     Schema::accepts},
    {"NetworkCalledAsAServer",
     with_networks(R"({"relay": {}})", R"({"agent": "libnice"})"),
     {"x.json: /networks/relay: a server has this name already"},
     Schema::accepts},
    {"NetworkWithABadName",
     with_networks(R"({"My Home": {}})", R"({"agent": "libnice"})"),
     {"x.json: /networks/My Home: a name is up to 32 small letters, digits and '-', a letter "
      "first"}},
    {"NetworkWithAnUnknownBox",
     with_networks(R"({"home": {"behind": ["symetric"]}})", R"({"agent": "libnice"})"),
     {"x.json: /networks/home/behind/0: unknown box 'symetric'; did you mean 'symmetric'? " +
      known_boxes}},
    {"UplinksAndBehind",
     with_peers(R"({"agent": "libnice", "behind": [], "uplinks": {"wlan0": {}}})"),
     {"x.json: /peers/alice: 'uplinks' say themselves what they are behind, and in which "
      "network"}},
    {"NoUplinks",
     with_peers(R"({"agent": "libnice", "uplinks": {}})"),
     {"x.json: /peers/alice/uplinks: a peer has 1 to 4 uplinks"}},
    {"UplinkCalledLoopback",
     with_peers(R"({"agent": "libnice", "uplinks": {"lo": {}}})"),
     {"x.json: /peers/alice/uplinks/lo: an interface's name is up to 15 small letters, digits and "
      "'-', a letter first, and not 'lo'"},
     Schema::accepts},
    {"UplinkWithALongName",
     with_peers(R"({"agent": "libnice", "uplinks": {"a-very-long-name": {}}})"),
     {"x.json: /peers/alice/uplinks/a-very-long-name: an interface's name is up to 15 small "
      "letters, digits and '-', a letter first, and not 'lo'"}},
};

const std::vector<BadInput> bad_matrices = {
    {"EmptyMatrix",
     with(R"("matrix": {}, "expect": [])"),
     {"x.json: /matrix: an empty matrix has no cell; give it parameters, or leave it out",
      "x.json: /peers/alice/behind/0: unknown parameter 'a'; there is none here"}},
    {"EmptyParameter",
     with(R"("matrix": {"a": []}, "expect": [{"when": {"a": "none"}, "connected": true}])"),
     {"x.json: /matrix/a: an empty array leaves the matrix without a cell; give it values"}},
    {"ParameterText",
     with(R"("matrix": {"a": "none"}, "expect": [])"),
     {"x.json: /matrix/a: expected an array, found the string 'none'"}},
    {"ParameterName",
     with(R"("matrix": {"a": ["none"], "1": ["x"]}, "expect": [])"),
     {"x.json: /matrix/1: a parameter's name is up to 32 letters, digits, '-' and '_', a letter "
      "first"}},
    {"ValueNull",
     with(R"("matrix": {"a": ["none", null]}, "expect": [])"),
     {"x.json: /matrix/a/1: expected a string, a number, true, false or an object, found null"}},
    {"ValueEmpty",
     with(R"("matrix": {"a": ["none", ""]}, "expect": [])"),
     {"x.json: /matrix/a/1: an empty value has no name; give it one"}},
    {"ValueTwice",
     with(R"("matrix": {"a": ["none", "none"]}, "expect": [])"),
     {"x.json: /matrix/a/1: there is another value called 'none'"},
     Schema::accepts},
    {"ValueNameNumber",
     with(R"("matrix": {"a": [{"name": 1, "nat": "none"}]}, "expect": [])"),
     {"x.json: /matrix/a/0/name: expected a string, found the number 1"}},
    {"ValueControl",
     with(R"("matrix": {"a": ["none", "no\nne"]}, "expect": [])"),
     {"x.json: /matrix/a/1: a value's name holds a control character"},
     Schema::accepts},
    {"UnknownParameter",
     with(R"("matrix": {"b": ["none"]}, "expect": [])"),
     {"x.json: /peers/alice/behind/0: unknown parameter 'a'; did you mean 'b'? (known: b)"},
     Schema::accepts},
    {"OpenParameter",
     with_peers(R"({"agent": "libnice", "behind": ["${a"]})"),
     {"x.json: /peers/alice/behind/0: '${' without its '}'"}},
    {"ObjectInText",
     with_peers(R"({"agent": {"command": ["x", "-${a}-"]}})")
         .insert(1, R"("matrix": {"a": [{"name": "n"}]},)"),
     {"x.json: /peers/alice/agent/command/1: ${a} is an object, which cannot be part of a string"},
     Schema::accepts},
    {"BadValueIsToldOnce",
     R"({"matrix": {"a": ["none", "symetric"], "b": ["none", "symmetric"]},
        "peers": {"alice": {"agent": "libnice", "behind": ["${a}", "${b}"]}, "bob": {"agent": "libnice", "behind": ["${a}"]}}, "expect": []})",
     {"x.json: /matrix/a/1: unknown box 'symetric'; did you mean 'symmetric'? " + known_boxes},
     Schema::accepts},
    {"BadMemberOfValue",
     with(R"("matrix": {"a": [{"name": "slow", "nat": {"maping": 1}}]}, "expect": [])"),
     {"x.json: /matrix/a/0/nat/maping: unknown key; did you mean 'mapping'?"},
     Schema::accepts},
    {"WrongTypeOfValue",
     with_peers(R"({"agent": {"kind": "libnice", "pacing_ms": "${t}"}})")
         .insert(1, R"("matrix": {"t": [20, "fast"]},)"),
     {"x.json: /matrix/t/1: expected a whole number from 5 to 1000, found the string 'fast'"},
     Schema::accepts},
};

const std::vector<BadInput> bad_expectations = {
    {"ExpectObject",
     with(R"("matrix": {"a": ["none"]}, "expect": {})"),
     {"x.json: /expect: expected an array, found an object"}},
    {"ExhaustivePairsOfANetworkThatChanges",
     R"({"peers": {"alice": {"agent": "libnice", "behind": ["full-cone"]},
                  "bob": {"agent": "libnice"}},
         "events": [{"after": "connected", "reboot": "alice.nat"}], "pairs": "exhaustive",
         "expect": []})",
     {"x.json: /pairs: pairs are tried one by one where the network stays as it is, without "
      "'events'"},
     Schema::accepts},
    {"PairsOfSomeOtherChoice",
     R"({"peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "pairs": "all",
         "expect": []})",
     {"x.json: /pairs: unknown choice of pairs 'all' (known: usual, exhaustive)"}},
    {"ExpectsSomeWord",
     R"({"peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": "anything"})",
     {"x.json: /expect: unknown expectation 'anything' (known: possible)"}},
    {"ExpectsThePossibleOfANetworkThatChanges",
     R"({"peers": {"alice": {"agent": "libnice", "behind": ["full-cone"]},
                  "bob": {"agent": "libnice"}},
         "events": [{"after": "connected", "reboot": "alice.nat"}], "expect": "possible"})",
     {"x.json: /expect: 'possible' is about a network that stays as it is; where there are events, "
      "say what is expected"},
     Schema::accepts},
    {"ExpectsNothing",
     with(R"("matrix": {"a": ["none"]}, "expect": [{"when": {"a": "none"}}])"),
     {"x.json: /expect/0: expects nothing; say 'connected' or 'path'"}},
    {"Path",
     with(R"("matrix": {"a": ["none"]}, "expect": [{"path": "relayed"}])"),
     {"x.json: /expect/0/path: unknown path 'relayed'; did you mean 'relay'? (known: direct, "
      "relay, none)"}},
    {"WhenParameter",
     with(R"("matrix": {"a": ["none"]}, "expect": [{"when": {"c": "none"}, "connected": true}])"),
     {"x.json: /expect/0/when/c: unknown parameter 'c'; did you mean 'a'? (known: a)"},
     Schema::accepts},
    {"WhenValue",
     with(
         R"("matrix": {"a": ["none", "symmetric"]}, "expect": [{"connected": true}, {"when": {"a": "symetric"}, "path": "relay"}])"),
     {"x.json: /expect/1/when/a: unknown value of 'a': 'symetric'; did you mean 'symmetric'? "
      "(known: none, symmetric)"},
     Schema::accepts},
    {"WhenEmpty",
     with(
         R"("matrix": {"a": ["none"]}, "expect": [{"connected": true}, {"when": {"a": []}, "path": "relay"}])"),
     {"x.json: /expect/1/when/a: an empty array is for no cell"}},
    {"WhenObject",
     with(
         R"("matrix": {"a": ["none"]}, "expect": [{"connected": true}, {"when": {"a": {}}, "path": "relay"}])"),
     {"x.json: /expect/1/when/a: expected a value of 'a' or an array of them, found an object"}},
    {"Uncovered",
     with(
         R"("matrix": {"a": ["none", "full-cone", "symmetric"]}, "expect": [{"when": {"a": "none"}, "connected": true}])"),
     {"x.json: /expect: nothing is expected in full-cone"},
     Schema::accepts},
    {"ContradictsItself",
     with(
         R"("matrix": {"a": ["none", "symmetric"]}, "expect": [{"connected": false, "path": "direct"}])"),
     {"x.json: /expect/0: contradicts itself: connected false, path direct"},
     Schema::accepts},
    {"Contradiction",
     with(
         R"("matrix": {"a": ["none", "full-cone", "symmetric"]}, "expect": [{"connected": true}, {"when": {"a": ["full-cone", "symmetric"]}, "path": "none"}])"),
     {"x.json: /expect/1: path none: contradicts /expect/0 (connected true) in full-cone"},
     Schema::accepts},
    {"TwoPaths",
     with(
         R"("matrix": {"a": ["none", "symmetric"]}, "expect": [{"path": "direct"}, {"when": {"a": "symmetric"}, "path": "relay"}])"),
     {"x.json: /expect/1: path relay: contradicts /expect/0 (path direct) in symmetric"},
     Schema::accepts},
};

std::string name_of(const testing::TestParamInfo<BadInput>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Text, BadScenario, testing::ValuesIn(bad_text), name_of);
INSTANTIATE_TEST_SUITE_P(Structure, BadScenario, testing::ValuesIn(bad_structure), name_of);
INSTANTIATE_TEST_SUITE_P(Agents, BadScenario, testing::ValuesIn(bad_agents), name_of);
INSTANTIATE_TEST_SUITE_P(Boxes, BadScenario, testing::ValuesIn(bad_boxes), name_of);
INSTANTIATE_TEST_SUITE_P(Networks, BadScenario, testing::ValuesIn(bad_networks), name_of);
INSTANTIATE_TEST_SUITE_P(Matrices, BadScenario, testing::ValuesIn(bad_matrices), name_of);
INSTANTIATE_TEST_SUITE_P(Expectations, BadScenario, testing::ValuesIn(bad_expectations), name_of);

TEST(ScenarioFaults, TooManyCellsAreToldTogetherWithWhatElseIsWrong) {
  std::string values = R"("none", "symetric")";
  for (int i = 0; i < 99; ++i) values += fmt::format(", {}", i);
  const auto text = with(
      fmt::format(R"("matrix": {{"n": [{}], "a": ["none", "symetric"], "m": [{}]}}, "expect": [])",
                  values, values));
  EXPECT_THAT(faults_in(plan_scenario_text(text, "x.json", {})),
              ElementsAre("x.json: /matrix: more than 10000 cells; split the scenario",
                          testing::StartsWith("x.json: /matrix/a/1: unknown box 'symetric'")));
}

TEST(ScenarioFaults, WithoutEndAreCutAfterAHundred) {
  std::string members = R"("expect": [])";
  for (int i = 0; i < 500; ++i) members += fmt::format(R"(, "key{}": 1)", i);
  const auto faults = faults_in(plan_scenario_text(with(members), "x.json", {}));
  ASSERT_THAT(faults, SizeIs(101));
  EXPECT_EQ(faults.back(), "x.json: more than 100 faults: the rest is not shown");
}

TEST(ScenarioSchema, AcceptsGoodScenarios) {
  const auto schema = shipped_schema();
  for (
      const auto& text :
      {with_peers(
           R"({"agent": {"kind": "${k}", "stun": "${s}", "pacing_ms": "${t}", "turn": ["${u}"]}, "behind": ["${n}-cone", {"nat": "${n}"}]})"),
       with(
           R"("matrix": {"a": ["none", 1, true, {"name": "x"}]}, "title": "t", "deadline_s": 0.5, "expect": [{"when": {"a": ["none", 1]}, "path": "none"}])")}) {
    JsonFaults faults;
    EXPECT_TRUE(schema.accepts(parse_json(text, faults).value())) << text;
  }
}

TEST(ScenarioSchema, AcceptsTheShippedScenariosAndSoDoesTheParser) {
  const auto result = plan_scenarios({scenarios}, {});
  EXPECT_TRUE(result.faults.empty());
  EXPECT_FALSE(result.runs.empty());
  const auto schema = shipped_schema();
  for (const auto& entry : std::filesystem::directory_iterator(scenarios)) {
    if (entry.path().extension() != ".json") continue;
    JsonFaults faults;
    EXPECT_TRUE(schema.accepts(parse_json(read_file(entry.path(), 1 << 20), faults).value()))
        << entry.path();
  }
}

}  // namespace
}  // namespace icelab
