#include "netns/fabric/port_pool.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace icelab {
namespace {

TEST(PortPool, GivesThePreferredPortWhereItIsFree) {
  PortPool pool(1);
  EXPECT_EQ(pool.take(5000), 5000);
  EXPECT_EQ(pool.take(80), 80);
}

TEST(PortPool, GivesARandomUnprivilegedPortOnAClash) {
  PortPool pool(1);
  pool.take(80);
  const auto port = pool.take(80);
  ASSERT_TRUE(port);
  EXPECT_GE(*port, 1024);
}

TEST(PortPool, NeverGivesPortZero) {
  PortPool pool(1);
  const auto port = pool.take(0);
  ASSERT_TRUE(port);
  EXPECT_GE(*port, 1024);
}

TEST(PortPool, GivesTheSamePortsForTheSameSeedAndOthersForAnother) {
  const auto ports = [](std::uint64_t seed) {
    PortPool pool(seed);
    std::vector<std::uint16_t> taken(20);
    for (auto& port : taken) port = pool.take(0).value();
    return taken;
  };
  EXPECT_EQ(ports(7), ports(7));
  EXPECT_NE(ports(7), ports(8));
}

TEST(PortPool, GivesEveryUnprivilegedPortOnceAndThenNone) {
  PortPool pool(3);
  std::set<std::uint16_t> taken;
  for (int i = 1024; i < 65536; ++i) {
    const auto port = pool.take(0);
    ASSERT_TRUE(port);
    EXPECT_TRUE(taken.insert(*port).second) << *port;
  }
  EXPECT_TRUE(pool.is_exhausted());
  EXPECT_FALSE(pool.take(0));
  EXPECT_EQ(pool.take(443), 443) << "a privileged port of one's own is still free";
  pool.release(2000);
  EXPECT_EQ(pool.take(443), 2000);
}

}  // namespace
}  // namespace icelab
