// Firewalls and links as a scenario describes them, and what is told where a description makes no
// sense.

#include "harness/scenario/box_reader.h"

#include "harness/scenario/behind.h"
#include "src/base/error.h"
#include "tests/support/profiles.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

template <typename Behavior>
Behavior read(const std::string& text) {
  const auto boxes = parse_behind({text}, "host");
  EXPECT_THAT(boxes, SizeIs(1));
  return std::get<Behavior>(boxes.at(0).behavior);
}

std::string fault_of(const std::string& text) {
  try {
    parse_behind({text}, "host");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

std::vector<std::string> names(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (const auto& box : parse_behind(words, "host")) result.push_back(box.name);
  return result;
}

TEST(Boxes, AreCalledByTheirKindAndNumberedWhereThereAreSeveralOfOne) {
  EXPECT_THAT(names({"symmetric", "udp-blocked", R"({"link": {}})"}),
              ElementsAre("host.nat", "host.firewall", "host.link"));
  EXPECT_THAT(names({"symmetric", "udp-blocked", "full-cone", "none"}),
              ElementsAre("host.nat1", "host.firewall", "host.nat2"));
}

TEST(Boxes, MayBeSeveralInThePlaceOfOne) {
  EXPECT_THAT(
      names({R"({"boxes": ["symmetric", {"boxes": ["full-cone", "web-only"]}]})", "symmetric"}),
      ElementsAre("host.nat1", "host.nat2", "host.firewall", "host.nat3"));
  EXPECT_THAT(names({R"({"boxes": []})"}), IsEmpty());
}

TEST(Boxes, AreNotTwoThingsAtOnce) {
  EXPECT_EQ(
      fault_of(R"({"nat": "symmetric", "link": {}})"),
      "box 1: a box is one of 'nat', 'nat66', 'nat64', 'nptv6', 'clat', 'firewall', 'link' and "
      "'boxes'");
  EXPECT_EQ(fault_of(R"({"boxes": ["symmetric"], "link": {}})"),
            "box 1: /link: unknown key; known here: boxes");
}

TEST(FirewallReader, KnowsProfilesByName) {
  const FirewallBehavior web_only{
      .udp = {.all = false}, .tcp = {.all = false, .some = {80, 443}}, .icmp = false};
  EXPECT_EQ(read<FirewallBehavior>("web-only"), web_only);
  EXPECT_EQ(read<FirewallBehavior>(R"({"firewall": "web-only"})"), web_only);
}

TEST(Boxes, OfIpv6HaveNamesOrTheOptionsOfANat) {
  EXPECT_EQ(read<Nat66Behavior>("nat66").nat, nat_behavior("home-router"));
  EXPECT_EQ(read<Nat66Behavior>(R"({"nat66": "symmetric"})").nat, nat_behavior("symmetric"));
  EXPECT_EQ(read<Nat64Behavior>(R"({"nat64": {"port_assignment": "random"}})").nat.port_assignment,
            PortAssignment::random);
  EXPECT_THAT(names({"clat", "nptv6", "nat64"}),
              ElementsAre("host.clat", "host.nptv6", "host.nat64"));
}

TEST(FirewallReader, ReadsWhatIsAllowed) {
  const auto firewall = read<FirewallBehavior>(
      R"({"firewall": {"outgoing_udp": "none", "outgoing_tcp": [80, 443], "icmp": false,
                       "incoming_udp": "allowed", "incoming_tcp": "allowed", "refusal": "rejected",
                       "filtering": "address-dependent", "udp_lifetime_s": 120,
                       "ip": "ipv6", "incoming_echo": "allowed"}})");
  EXPECT_TRUE(read<FirewallBehavior>("hotel-portal").captive_portal);
  const FirewallBehavior expected{.families = Families::ipv6,
                                  .udp = {.all = false},
                                  .tcp = {.all = false, .some = {80, 443}},
                                  .icmp = false,
                                  .incoming_echo = Unsolicited::allowed,
                                  .incoming_udp = Unsolicited::allowed,
                                  .incoming_tcp = Unsolicited::allowed,
                                  .filtering = Dependence::address_dependent,
                                  .refusal = Refusal::rejected,
                                  .udp_lifetime = minutes(2)};
  EXPECT_EQ(firewall, expected);
}

TEST(FirewallReader, ChangesAProfileWhereItIsTold) {
  auto expected = behavior_of<FirewallBehavior>("web-only");
  expected.icmp = true;
  EXPECT_EQ(read<FirewallBehavior>(R"({"firewall": {"profile": "web-only", "icmp": true}})"),
            expected);
}

TEST(FirewallReader, SaysWhatMakesNoSense) {
  EXPECT_EQ(fault_of(R"({"firewall": {"outgoing_tcp": []}})"),
            "box 1: /firewall/outgoing_tcp: no ports; say \"none\"");
  EXPECT_EQ(fault_of(R"({"firewall": {"outgoing_tcp": [80, 443], "captive_portal": true}})"),
            "box 1: /firewall: TCP to port 80 is allowed out, so a captive portal has nothing to "
            "answer: leave 80 out of 'outgoing_tcp'");
  EXPECT_EQ(fault_of(R"({"firewall": {"outgoing_tcp": [0]}})"),
            "box 1: /firewall/outgoing_tcp/0: expected a whole number from 1 to 65535, found the "
            "number 0");
  EXPECT_EQ(fault_of(R"({"firewall": {"outgoing_tcp": "web"}})"),
            "box 1: /firewall/outgoing_tcp: unknown set of ports 'web' (known: all, none)");
  EXPECT_EQ(fault_of(R"({"firewall": 1})"),
            "box 1: /firewall: expected a firewall's name or an object, found the number 1");
}

TEST(LinkReader, ReadsBothDirectionsAndThenEachOfThem) {
  const auto link = read<DuplexLinkBehavior>(
      R"({"link": {"delay_ms": 40, "jitter_ms": 5, "loss": 0.01, "rate_kbps": 2000, "queue_bytes": 30000,
                   "burst_loss": {"begin": 0.01, "end": 0.2, "loss_during": 0.9},
                   "reorder": 0.02, "duplicate": 0.03, "corrupt": 0.04,
                   "mtu": 1280, "fragmentation_needed": false,
                   "up": {"rate_kbps": 500}, "down": {"delay_ms": 20}}})");
  LinkBehavior both{.delay = milliseconds(40),
                    .jitter = milliseconds(5),
                    .loss = 0.01,
                    .burst_loss = BurstLoss{.begin = 0.01, .end = 0.2, .loss_during = 0.9},
                    .rate = 2000000,
                    .queue = 30000,
                    .reorder = 0.02,
                    .duplicate = 0.03,
                    .corrupt = 0.04,
                    .mtu = 1280,
                    .fragmentation_needed = false};
  LinkBehavior up = both, down = both;
  up.rate = 500000;
  down.delay = milliseconds(20);
  EXPECT_EQ(link, (DuplexLinkBehavior{.up = up, .down = down}));
}

TEST(LinkReader, SaysWhatMakesNoSense) {
  const auto fault = [](const std::string& members) {
    return fault_of(R"({"link": {)" + members + "}}");
  };
  EXPECT_EQ(
      fault(R"("delay_ms": -1)"),
      "box 1: /link/delay_ms: packets arrive after they were sent, and within a minute: from 0 "
      "to 60000");
  EXPECT_EQ(fault(R"("loss": 1.5)"),
            "box 1: /link/loss: a probability is from 0, never, to 1, always");
  EXPECT_EQ(fault(R"("up": {"corrupt": -0.1})"),
            "box 1: /link/up/corrupt: a probability is from 0, never, to 1, always");
  EXPECT_EQ(
      fault(R"("jitter_ms": 5)"),
      "box 1: /link: 'jitter_ms' above 'delay_ms': packets would arrive before they were sent");
  EXPECT_EQ(
      fault(R"("rate_kbps": 100, "queue_bytes": 67108865)"),
      "box 1: /link/queue_bytes: expected a whole number from 1 to 67108864, found the number "
      "67108865");
  EXPECT_EQ(fault(R"("queue_bytes": 5000)"),
            "box 1: /link: 'queue_bytes' without 'rate_kbps': nothing ever waits on a link without "
            "limit");
  EXPECT_EQ(fault(R"("fragmentation_needed": false)"),
            "box 1: /link: 'fragmentation_needed' without 'mtu': no packet is too big");
  EXPECT_EQ(fault(R"("burst_loss": {"begin": 0.1})"), "box 1: /link/burst_loss: missing key 'end'");
  EXPECT_EQ(fault(R"("burst_loss": {"begin": 0.1, "end": 0})"),
            "box 1: /link/burst_loss/end: a burst that never ends is a link that breaks: say so by "
            "an event, 'disconnect'");
  EXPECT_EQ(fault(R"("queue_bytes": 5000, "up": {"rate_kbps": 100})"),
            "box 1: /link: 'queue_bytes' without 'rate_kbps': nothing ever waits on a link without "
            "limit");
  EXPECT_EQ(fault(R"("mtu": 60)"),
            "box 1: /link/mtu: expected a whole number from 68 to 65535, found the number 60");
  EXPECT_EQ(fault_of(R"({"link": "slow"})"),
            "box 1: /link: expected an object, found the string 'slow'");
}

}  // namespace
}  // namespace icelab
