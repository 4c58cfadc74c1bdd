#include "harness/scenario/plan.h"
#include "tests/support/profiles.h"
#include "tests/support/scenario_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// alice behind a NAT and a firewall, bob behind a link.
std::string with_events(const std::string& events, const std::string& expect = "[]") {
  return fmt::format(R"({{"servers": {{"relay": {{"kind": "coturn"}}}},
    "peers": {{"alice": {{"agent": "libnice", "behind": ["symmetric", "stateful-firewall"]}},
               "bob": {{"agent": "libnice", "behind": [{{"link": {{}}}}]}}}},
    "events": {}, "expect": {}}})",
                     events, expect);
}

std::vector<std::string> names_of(const std::vector<EventSpec>& events) {
  std::vector<std::string> names;
  names.reserve(events.size());
  for (const auto& event : events) names.push_back(event.name);
  return names;
}

std::vector<std::string> faults(const std::string& events, const std::string& expect = "[]") {
  return faults_in(plan_scenario_text(with_events(events, expect), "x.json", {}));
}

TEST(Events, AreCalledByWhatTheyDoUnlessTheyHaveAName) {
  const auto runs = plan(with_events(R"([
    {"reboot": "alice.nat"}, {"change_address": "alice.nat"}, {"expire": "alice.firewall"},
    {"replace": "alice.nat", "with": "full-cone"}, {"disconnect": "alice.eth0"}, {"connect": "bob.link"},
    {"stop": "relay"}, {"start": "relay"}, {"restart_ice": "bob"},
    {"name": "again", "reboot": "alice.nat"}, "none"])"));
  EXPECT_THAT(
      names_of(runs.at(0).events),
      ElementsAre("reboot alice.nat", "change address of alice.nat", "expire alice.firewall",
                  "replace alice.nat", "disconnect alice.eth0", "connect bob.link", "stop relay",
                  "start relay", "restart ICE of bob", "again"));
}

TEST(Events, LetNothingIntoTheWayOfIpv6ThatItDoesNotComeThrough) {
  const auto replaced_by = [](const std::string& box) {
    auto text = with_events(R"([{"replace": "bob.link", "with": )" + box + "}]");
    const std::string bob = R"("bob": {)";
    text.insert(text.find(bob) + bob.size(), R"("ip": "dual-stack", )");
    return faults_in(plan_scenario_text(text, "x.json", {}));
  };
  EXPECT_THAT(replaced_by(R"({"link": {"mtu": 1280}})"), IsEmpty());
  EXPECT_THAT(replaced_by(R"({"link": {"mtu": 1000}})"),
              ElementsAre("x.json: /events/0/with: no link with an MTU below 1280 carries IPv6 "
                          "(RFC 8200 section 5): leave \"ip\" out, or give it a larger one"));
}

TEST(Events, WaitForTheStartOrForWhatTheySay) {
  const auto runs = plan(with_events(R"([
    {"reboot": "alice.nat"}, {"name": "b", "after": "connected", "delay_ms": 250, "expire": "alice.nat"},
    {"after": "b", "restart_ice": "bob"}])"));
  const auto& events = runs.at(0).events;
  EXPECT_EQ(events.at(0).after, when_started);
  EXPECT_EQ(events.at(0).delay, Duration{});
  EXPECT_EQ(events.at(1).after, when_connected);
  EXPECT_EQ(events.at(1).delay, milliseconds(250));
  EXPECT_EQ(events.at(2).after, "b");
}

TEST(Events, ThatPassAreTwoOfWhichTheSecondPutsThingsBack) {
  const auto runs = plan(with_events(R"([
    {"disconnect": "bob.eth0", "for_ms": 700}, {"replace": "alice.nat", "with": "full-cone", "for_ms": 5}])"));
  const auto& events = runs.at(0).events;
  ASSERT_THAT(names_of(events), ElementsAre("disconnect bob.eth0", "disconnect bob.eth0 is over",
                                            "replace alice.nat", "replace alice.nat is over"));
  EXPECT_EQ(events[1].after, "disconnect bob.eth0");
  EXPECT_EQ(events[1].delay, milliseconds(700));
  EXPECT_TRUE(std::get<SetConnected>(events[1].action).connected);
  EXPECT_EQ(std::get<NatBehavior>(std::get<Replace>(events[3].action).behavior),
            nat_behavior("symmetric"));
}

TEST(Events, ThatPassPutBackWhatWasThereBeforeThem) {
  const auto runs = plan(with_events(R"([
    {"name": "a", "replace": "alice.nat", "with": "restricted-cone"},
    {"name": "b", "replace": "alice.nat", "with": "full-cone", "for_ms": 5}])"));
  EXPECT_EQ(std::get<NatBehavior>(std::get<Replace>(runs.at(0).events.at(2).action).behavior),
            nat_behavior("restricted-cone"));
}

TEST(Events, MayBeTheValuesOfAMatrix) {
  const auto runs = plan(
      with_events(R"(["${e}"])")
          .insert(1, R"("matrix": {"e": ["none", {"name": "reboot", "reboot": "alice.nat"}]},)"));
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_THAT(runs[0].events, SizeIs(0));
  EXPECT_THAT(names_of(runs[1].events), ElementsAre("reboot alice.nat"));
}

TEST(Events, OfUnknownTargetsAreToldWhatThereIs) {
  EXPECT_THAT(faults(R"([{"reboot": "alice.nut"}])"),
              ElementsAre("x.json: /events/0/reboot: unknown box 'alice.nut'; did you mean "
                          "'alice.nat'? (known: alice.nat, alice.firewall, bob.link)"));
  EXPECT_THAT(faults(R"([{"change_address": "bob.link"}])"),
              ElementsAre("x.json: /events/0/change_address: unknown NAT 'bob.link' (known: "
                          "alice.nat)"));
  EXPECT_THAT(faults(R"([{"disconnect": "carol.eth0"}])"),
              ElementsAre("x.json: /events/0/disconnect: unknown interface or box 'carol.eth0' "
                          "(known: alice.eth0, bob.eth0, alice.nat, alice.firewall, bob.link)"));
  EXPECT_THAT(faults(R"([{"stop": "alice"}])"),
              ElementsAre("x.json: /events/0/stop: unknown server 'alice' (known: relay)"));
  EXPECT_THAT(faults(R"([{"restart_ice": "relay"}])"),
              ElementsAre("x.json: /events/0/restart_ice: unknown peer 'relay' (known: alice, "
                          "bob)"));
  EXPECT_THAT(faults(R"([{"after": "later", "reboot": "alice.nat"}])"),
              ElementsAre("x.json: /events/0/after: unknown event 'later' (known: start, "
                          "connected, selected)"));
}

TEST(Events, ThatMakeNoSenseAreFaults) {
  EXPECT_THAT(faults(R"([{"reboot": "alice.nat", "stop": "relay"}])"),
              ElementsAre("x.json: /events/0: an event is one of reboot, change_address, expire, "
                          "replace, disconnect, connect, stop, start, restart_ice"));
  EXPECT_THAT(faults(R"([{"reboot": "alice.nat", "for_ms": 5}])"),
              ElementsAre("x.json: /events/0: 'reboot' does not pass: 'for_ms' makes no sense "
                          "here"));
  EXPECT_THAT(faults(R"([{"replace": "alice.nat", "with": "udp-blocked"}])"),
              ElementsAre("x.json: /events/0: 'alice.nat' cannot become a firewall: the hosts "
                          "behind it would need other addresses"));
  EXPECT_THAT(faults(R"([{"replace": "alice.nat", "with": "none"}])"),
              ElementsAre("x.json: /events/0/with: a box cannot be replaced by none"));
  EXPECT_THAT(faults(R"([{"replace": "alice.nat", "with": {"nat": "none"}}])"),
              ElementsAre("x.json: /events/0/with: a box cannot be replaced by none"));
  EXPECT_THAT(faults(R"([{"expire": "bob.link"}])"),
              ElementsAre("x.json: /events/0/expire: unknown box 'bob.link' (known: alice.nat, "
                          "alice.firewall)"));
  EXPECT_THAT(faults(R"([{"name": "a", "delay_ms": 20000, "reboot": "alice.nat"},
                         {"after": "a", "delay_ms": 10000, "expire": "alice.nat"}])"),
              ElementsAre("x.json: /events/1: 'expire alice.nat' would come after the run's "
                          "deadline of 30 s"));
  EXPECT_THAT(faults(R"([{"name": "a is over", "reboot": "alice.nat"},
                         {"name": "a", "disconnect": "alice.eth0", "for_ms": 5}])"),
              ElementsAre("x.json: /events/1: 'a is over' is there already; give it another "
                          "'name'"));
  EXPECT_THAT(faults(R"([{"reboot": "alice.nat", "with": "full-cone"}])"),
              ElementsAre("x.json: /events/0: 'with' belongs to 'replace'"));
  EXPECT_THAT(faults(R"([{"reboot": "alice.nat", "delay_ms": -1}])"),
              ElementsAre("x.json: /events/0/delay_ms: expected a whole number from 0 to 3600000, "
                          "found the number -1"));
  EXPECT_THAT(faults(R"([{"reboot": "alice.nat"}, {"reboot": "alice.nat"}])"),
              ElementsAre("x.json: /events/1: 'reboot alice.nat' is there already; give it "
                          "another 'name'"));
}

TEST(Events, ThatWouldWaitForThemselvesAreFaults) {
  EXPECT_THAT(faults(R"([{"name": "start", "reboot": "alice.nat"}])"),
              ElementsAre("x.json: /events/0: 'start' is there already; give it another 'name'"));
  EXPECT_THAT(faults(R"([{"name": "connected", "after": "connected", "reboot": "alice.nat"}])"),
              ElementsAre("x.json: /events/0: 'connected' is there already; give it another "
                          "'name'"));
  EXPECT_THAT(faults(R"([{"name": "", "after": "bogus", "reboot": "alice.nat"}])"),
              ElementsAre(testing::StartsWith("x.json: /events/0/after: unknown event 'bogus'")));
  EXPECT_THAT(faults(R"([{"name": "", "reboot": "alice.nat"}])"),
              ElementsAre("x.json: /events/0: an event's 'name' is not empty"));
}

TEST(Events, LetABoxBeWhateverItsOwnPeersIpVersionsAllow) {
  auto text = with_events(R"([{"replace": "alice.nat", "with": "linux-kernel-masquerade"}])");
  const std::string bob = R"("bob": {)";
  text.insert(text.find(bob) + bob.size(), R"("ip": "dual-stack", )");
  EXPECT_THAT(faults_in(plan_scenario_text(text, "x.json", {})), IsEmpty());
}

TEST(Events, AreWhatExpectationsSpeakOf) {
  constexpr auto reboot = R"([{"reboot": "alice.nat"}])";
  EXPECT_THAT(faults(reboot, R"([{"after": "reboot", "recovered": true}])"),
              ElementsAre("x.json: /expect/0/after: unknown event 'reboot' (known: reboot "
                          "alice.nat)"));
  EXPECT_THAT(faults(reboot, R"([{"recovered_within_ms": 100}])"),
              ElementsAre("x.json: /expect/0: what is noticed and recovered from needs 'after', "
                          "the name of an event"));
  EXPECT_THAT(faults(reboot, R"([{"after": "reboot alice.nat", "connected": true}])"),
              ElementsAre("x.json: /expect/0: 'connected' is about the beginning; after an event "
                          "say 'recovered'"));
  EXPECT_THAT(
      faults(reboot, R"([{"after": "reboot alice.nat", "recovered": false, "path": "relay"}])"),
      ElementsAre("x.json: /expect/0: contradicts itself: path relay, recovered false"));
  const auto runs = plan(with_events(
      reboot, R"([{"connected": false}, {"after": "reboot alice.nat", "recovered": true}])"));
  EXPECT_THAT(runs.at(0).expectations, SizeIs(2)) << "the beginning and an aftermath may differ";
}

}  // namespace
}  // namespace icelab
