// What Linux kernels do as routers, beside what is said of them.

#include "harness/certify/certificate.h"
#include "harness/certify/setting.h"
#include "harness/scenario/behind.h"
#include "harness/scenario/catalogue.h"
#include "tests/lab/contained.h"
#include "tests/support/profiles.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class KernelCertify : public ContainedTest {
 protected:
  void SetUp() override {
    ContainedTest::SetUp();
    REQUIRE_KERNEL_ROUTERS();
  }
};

constexpr Witnesses only_sockets{.rfc5780 = false, .natdiscovery = false};

std::vector<std::string> differences(const std::vector<Property>& properties) {
  std::vector<std::string> lines;
  for (const auto& property : properties) {
    if (!property.agrees()) {
      lines.push_back(fmt::format("{}: claims {}, {}", property.name, property.claim,
                                  describe_measurement(property)));
    }
  }
  return lines;
}

std::vector<std::string> not_measured(const std::vector<Property>& properties) {
  std::vector<std::string> names;
  for (const auto& property : properties)
    if (property.testimonies.empty()) names.push_back(property.name);
  return names;
}

/// What is found of a kernel router that is said to be another NAT.
std::vector<std::string> lies(const NatBehavior& claimed, const KernelRouterBehavior& real) {
  return differences(certify(
      claimed, [&] { return make_in_setting(real, 1); }, only_sockets));
}

TEST_F(KernelCertify, FindsNothingWrongWithAnyThatHasAName) {
  for (const auto& name : names_of_single("engine")) {
    const auto router = std::get<KernelRouterBehavior>(parse_behind({name}, "certify")[0].behavior);
    EXPECT_THAT(differences(certify(
                    router, 1, {.rfc5780 = Witnesses::installed().rfc5780, .natdiscovery = false})),
                IsEmpty())
        << name;
  }
}

TEST_F(KernelCertify, FindsNothingWrongWhateverBecomesOfWhatComesToTheRouterItself) {
  for (const auto input : {RouterInput::accept, RouterInput::drop, RouterInput::reject}) {
    EXPECT_THAT(differences(certify(KernelRouterBehavior{.input = input}, 1, only_sockets)),
                IsEmpty())
        << to_string(input);
  }
}

TEST_F(KernelCertify, MeasuresTimeoutsOfSecondsByTheMachinesClockAndNoLongerOnes) {
  const auto measure = [](KernelNat nat) {
    return certify(KernelRouterBehavior{.nat = nat,
                                        .input = RouterInput::drop,
                                        .udp_timeout = 3s,
                                        .udp_stream_timeout = 4s,
                                        .tcp_established_timeout = 3s,
                                        .icmp_timeout = 3s},
                   1, only_sockets);
  };
  std::vector<std::future<std::vector<Property>>> routers;
  for (const auto nat : {KernelNat::masquerade, KernelNat::masquerade_random, KernelNat::full_cone})
    routers.push_back(std::async(std::launch::async, measure, nat));
  for (auto& router : routers) {
    const auto properties = router.get();
    EXPECT_THAT(differences(properties), IsEmpty());
    EXPECT_THAT(not_measured(properties), ElementsAre("TCP transitory lifetime"));
  }
  EXPECT_THAT(
      not_measured(certify(KernelRouterBehavior(), 1, only_sockets)),
      UnorderedElementsAre("mapping lifetime", "unanswered lifetime", "TCP established lifetime",
                           "TCP transitory lifetime", "ICMP query lifetime"));
}

TEST_F(KernelCertify, FindsOutWhatAKernelRouterIsNot) {
  const NatBehavior open = nat_behavior_of({});
  const NatBehavior random = nat_behavior_of({.nat = KernelNat::masquerade_random});
  const NatBehavior full_cone =
      nat_behavior_of({.nat = KernelNat::full_cone, .input = RouterInput::accept});
  EXPECT_THAT(lies(open, {.input = RouterInput::drop}),
              ElementsAre("early packet: claims steals-port, measured: ignored (both sides)",
                          "unsolicited SYN: claims reset, measured: drop (both sides)"));
  EXPECT_THAT(lies(full_cone, {}),
              ElementsAre("UDP filtering: claims endpoint-independent, measured: "
                          "address-and-port-dependent (both sides)"));
  EXPECT_THAT(lies(random, {}),
              Contains("port assignment: claims random, measured: preserve (both sides)"));
}

/// Our own emulation of it says of itself what the kernel does.
TEST_F(KernelCertify, FindsAKernelRouterToBeWhatTheProfileOfLinuxSays) {
  EXPECT_THAT(lies(nat_behavior("linux-masquerade"), {.input = RouterInput::accept}), IsEmpty());
  EXPECT_THAT(lies(nat_behavior("home-router"), {.input = RouterInput::reject}), IsEmpty());
}

/// A short life, claimed to be longer and shorter than it is.
TEST_F(KernelCertify, FindsOutALieAboutALifetime) {
  const auto told = [](std::chrono::seconds claimed) {
    const KernelRouterBehavior real{.udp_timeout = 3s, .udp_stream_timeout = 3s};
    return lies(nat_behavior_of({.udp_timeout = claimed}), real);
  };
  auto shorter = std::async(std::launch::async, told, 6s);
  EXPECT_THAT(told(1s), Contains("unanswered lifetime: claims 1 s, measured: longer (both sides)"));
  EXPECT_THAT(shorter.get(),
              Contains("unanswered lifetime: claims 6 s, measured: shorter (both sides)"));
}

}  // namespace
}  // namespace icelab
