#include "harness/run/event_schedule.h"

#include "harness/run/heartbeat.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

EventSpec reboot(const std::string& name, std::string_view after, Duration delay = {}) {
  return {.name = name, .after = std::string(after), .delay = delay, .action = Reboot{"alice.nat"}};
}

/// Events that note their names, on a loop that ends when the one called "last" has happened.
class EventScheduleTest : public testing::Test {
 protected:
  std::vector<std::string> run(const std::vector<EventSpec>& events,
                               const std::vector<std::string_view>& conditions) {
    EventSchedule schedule(loop_, events, [this](const EventSpec& event) {
      happened_.push_back(event.name);
      if (event.name == "last") loop_.quit();
    });
    for (const auto condition : conditions) schedule.reached(condition);
    loop_.run();
    times_ = schedule.happened();
    return happened_;
  }

  EventLoop loop_;
  std::vector<std::string> happened_;
  std::vector<std::optional<Instant>> times_;
};

TEST_F(EventScheduleTest, LetsEventsHappenAfterWhatTheyWaitFor) {
  EXPECT_THAT(run({reboot("first", when_started), reboot("never", when_selected),
                   reboot("second", "first", milliseconds(1)), reboot("last", "second")},
                  {when_started}),
              ElementsAre("first", "second", "last"));
  ASSERT_THAT(times_, SizeIs(4));
  EXPECT_FALSE(times_[1]);
  EXPECT_LE(times_[0].value(), times_[2].value());
  EXPECT_GE(times_[2].value() - times_[0].value(), milliseconds(1));
}

TEST_F(EventScheduleTest, LetsAnEventHappenOnceHoweverOftenItsConditionComes) {
  EXPECT_THAT(
      run({reboot("first", when_connected), reboot("last", when_connected, milliseconds(2))},
          {when_connected, when_connected}),
      ElementsAre("first", "last"));
}

TEST(Heartbeat, GoesToBothPeersFromTheFirstMoment) {
  EventLoop loop;
  std::vector<size_t> asked;
  Heartbeat heartbeat(loop, 7, [&](size_t peer, const std::string&) {
    asked.push_back(peer);
    return peer == 1;
  });
  heartbeat.start();
  heartbeat.start();
  EXPECT_THAT(asked, ElementsAre(0, 1));
  ASSERT_THAT(heartbeat.beats(), SizeIs(1)) << "what could not be sent is none";
  EXPECT_EQ(heartbeat.beats()[0].from, 1U);
}

TEST(Heartbeat, IsReceivedByTheOtherPeerForTheFirstTimeOnly) {
  EventLoop loop;
  Heartbeat heartbeat(loop, 7, [](size_t, const std::string&) { return true; });
  EXPECT_THAT(heartbeat.beats(), IsEmpty());
  heartbeat.start();
  const std::string from_alice = heartbeat.beats().at(0).text;
  EXPECT_FALSE(heartbeat.received(1, "something else"));
  EXPECT_FALSE(heartbeat.received(0, from_alice)) << "its own";
  EXPECT_TRUE(heartbeat.received(1, from_alice));
  EXPECT_FALSE(heartbeat.received(1, from_alice)) << "a duplicate";
  EXPECT_TRUE(heartbeat.beats().at(0).received);
}

}  // namespace
}  // namespace icelab
