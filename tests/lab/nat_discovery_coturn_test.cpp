#include "netns/linux/process.h"
#include "src/base/path.h"
#include "src/probe/nat_discovery.h"
#include "tests/support/scripted_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A real coturn on two loopback addresses of its own.
class NatDiscoveryCoturnTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("turnserver"))
      GTEST_SKIP() << "coturn is not installed: no 'turnserver' in PATH";
    const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
    coturn.emplace(ProgramSpec{
        .arguments = {"turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--stun-only",
                      "--log-file=stdout", "--pidfile=/dev/null", "--userdb=:memory:", "-m", "1",
                      "--listening-ip=" + first.address.to_string(),
                      "--listening-ip=" + second.address.to_string(),
                      fmt::format("--listening-port={}", first.port)},
        .environment = {},
        .output = nowhere.get(),
        .error = nowhere.get()});
    await_coturn();
  }

  /// Until it answers at every endpoint that it will be asked at.
  void await_coturn() {
    StunSocket socket(loop, bound_socket({client, 0}));
    const auto alternate = static_cast<std::uint16_t>(first.port + 1);
    for (const Endpoint& endpoint :
         {first, second, Endpoint{first.address, alternate}, Endpoint{second.address, alternate}}) {
      const Instant give_up = now() + 30s;
      while (!is_answered(socket, endpoint)) {
        ASSERT_LT(now(), give_up) << "coturn does not answer at " << endpoint.to_string();
        ASSERT_FALSE(coturn->poll()) << "coturn has ended";
      }
    }
  }

  bool is_answered(StunSocket& socket, const Endpoint& endpoint) {
    const Retransmission patient{.rto = 20ms, .most_requests = 2, .last_wait = 1};
    EventLoop::Watch pause;  // a refusal comes at once
    const StunTransaction transaction(loop, socket, {.server = endpoint}, patient,
                                      [&] { pause = loop.after(10ms, [&] { loop.quit(); }); });
    loop.run();
    return transaction.exchange().answer() != nullptr;
  }

  NatFindings discover_at(const Endpoint& server) {
    std::optional<NatFindings> findings;
    const NatDiscovery discovery(
        loop, server,
        [this](std::uint16_t port) {
          return bound_socket({client, port});
        },
        {.retransmission = {.rto = 20ms}},
        [&](NatFindings found) {
          findings = std::move(found);
          loop.quit();
        });
    loop.run();
    return *findings;
  }

  const Endpoint first{loopback_address(1), 3478};
  const Endpoint second{loopback_address(2), 3478};
  const IpAddress client = loopback_address(10);
  EventLoop loop;
  std::optional<ChildProcess> coturn;
};

TEST_F(NatDiscoveryCoturnTest, IsFitAtItsFirstAddress) {
  const NatFindings findings = discover_at(first);
  ASSERT_TRUE(findings.server) << findings.server.unknown().to_string();
  EXPECT_EQ(findings.server->other.address, second.address);
  EXPECT_FALSE(*findings.translated);
  ASSERT_TRUE(findings.filtering) << findings.filtering.unknown().to_string();
  EXPECT_EQ(*findings.filtering, FilteringBehavior::endpoint_independent);
  ASSERT_TRUE(findings.mapping) << findings.mapping.unknown().to_string();
  EXPECT_EQ(findings.mapping->behavior, MappingBehavior::endpoint_independent);
  EXPECT_EQ(findings.mapping->incomplete, 0);
  EXPECT_EQ(findings.ports->rule, PortRule::preserved);
  ASSERT_TRUE(findings.payload_rewritten) << findings.payload_rewritten.unknown().to_string();
  EXPECT_FALSE(*findings.payload_rewritten);
}

TEST_F(NatDiscoveryCoturnTest, IsUnfitAtItsSecondAddressWhichItGivesAsTheOtherOne) {
  const NatFindings findings = discover_at(second);
  ASSERT_FALSE(findings.server);
  EXPECT_EQ(findings.server.unknown().reason, Unknown::Reason::server_unfit);
  EXPECT_THAT(findings.server.unknown().detail, HasSubstr("is not another address"));
}

}  // namespace
}  // namespace icelab
