#include "netns/fabric/port_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace icelab {
namespace {

using testing::Optional;

constexpr PortRange unprivileged{1024, 65535};

TEST(PortPool, GivesTheFirstFreePortAtOrAfterTheOneAskedFor) {
  PortPool pool(unprivileged);
  EXPECT_THAT(pool.next_free(unprivileged, 5000, Parity::any), Optional(5000));
  pool.take(5000);
  pool.take(5001);
  EXPECT_THAT(pool.next_free(unprivileged, 5000, Parity::any), Optional(5002));
}

TEST(PortPool, GoesOnAtTheBeginningOfTheRange) {
  PortPool pool({7000, 7003});
  for (const std::uint16_t port : {7002, 7003}) pool.take(port);
  EXPECT_THAT(pool.next_free({7000, 7003}, 7002, Parity::any), Optional(7000));
  EXPECT_THAT(pool.next_free({7000, 7003}, 65536, Parity::any), Optional(7000));
  EXPECT_THAT(pool.next_free({7000, 7003}, 80, Parity::any), Optional(7000));
}

TEST(PortPool, KeepsToAPartOfTheRange) {
  PortPool pool(unprivileged);
  for (const std::uint16_t port : {7000, 7001}) pool.take(port);
  EXPECT_EQ(pool.next_free({7000, 7001}, 7000, Parity::any), std::nullopt);
}

TEST(PortPool, GivesEvenOrOddPortsWhereAskedTo) {
  PortPool pool({7000, 7003});
  EXPECT_THAT(pool.next_free({7000, 7003}, 7001, Parity::even), Optional(7002));
  EXPECT_THAT(pool.next_free({7000, 7003}, 7003, Parity::even), Optional(7000));
  for (const std::uint16_t port : {7000, 7002}) pool.take(port);
  EXPECT_EQ(pool.next_free({7000, 7003}, 7000, Parity::even), std::nullopt);
  EXPECT_THAT(pool.next_free({7000, 7003}, 7000, Parity::odd), Optional(7001));
}

TEST(PortPool, GivesEveryPortOnceAndThenNone) {
  PortPool pool(unprivileged);
  std::set<std::uint16_t> taken;
  std::uint16_t last = 40000;
  for (int i = unprivileged.first; i <= unprivileged.last; ++i) {
    const auto port = pool.next_free(unprivileged, last, Parity::any);
    ASSERT_TRUE(port);
    EXPECT_TRUE(taken.insert(*port).second) << *port;
    pool.take(last = *port);
  }
  EXPECT_FALSE(pool.next_free(unprivileged, 40000, Parity::any));
  EXPECT_TRUE(pool.is_free(443)) << "a privileged port of one's own is still free";
  pool.release(2000);
  EXPECT_THAT(pool.next_free(unprivileged, 40000, Parity::any), Optional(2000));
}

TEST(PortPool, NeverGivesPortZero) {
  EXPECT_FALSE(PortPool(unprivileged).is_free(0));
}

}  // namespace
}  // namespace icelab
