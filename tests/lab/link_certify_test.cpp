// Links, certified: each option is what it says, and each lie is found out.

#include "harness/certify/certificate.h"
#include "harness/certify/setting.h"
#include "tests/lab/contained.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

class LinkCertify : public ContainedTest {};

constexpr BurstLoss bursts{.begin = 0.02, .end = 0.25};

/// "up loss: claims 0.05, measured 0.113" of what is not so.
std::vector<std::string> lies(const DuplexLinkBehavior& claimed, const DuplexLinkBehavior& real) {
  const auto properties = certify(
      claimed, [&] { return make_in_setting(real, 1); }, Witnesses{});
  std::vector<std::string> lines;
  for (const auto& property : properties) {
    if (property.agrees()) continue;
    lines.push_back(fmt::format("{}: claims {}, measured {}", property.name, property.claim,
                                property.testimonies.at(0).measured));
  }
  return lines;
}

/// Both directions alike.
std::vector<std::string> lies(const LinkBehavior& claimed, const LinkBehavior& real) {
  return lies(DuplexLinkBehavior{claimed, claimed}, DuplexLinkBehavior{real, real});
}

std::vector<std::string> names_of_properties(const LinkBehavior& link) {
  std::vector<std::string> names;
  for (const auto& property : certify(DuplexLinkBehavior{link, link}, 1, Witnesses{}))
    names.push_back(property.name);
  return names;
}

TEST_F(LinkCertify, FindsNothingWrongWithAnyOption) {
  const std::vector<LinkBehavior> links{{},
                                        {.delay = milliseconds(20), .jitter = milliseconds(8)},
                                        {.delay = milliseconds(30), .reorder = 0.1},
                                        {.loss = 0.05},
                                        {.burst_loss = bursts},
                                        {.rate = 1e6, .queue = 20000},
                                        {.duplicate = 0.03},
                                        {.corrupt = 0.1},
                                        {.mtu = 1300},
                                        {.mtu = 1300, .fragmentation_needed = false},
                                        {.delay = milliseconds(40),
                                         .jitter = milliseconds(10),
                                         .loss = 0.02,
                                         .duplicate = 0.01,
                                         .mtu = 1400}};
  std::uint64_t seed = 1;
  for (const auto& link : links) {
    for (const auto& property : certify(DuplexLinkBehavior{link, link}, seed++, Witnesses{})) {
      EXPECT_TRUE(property.agrees()) << property.name << ", claims " << property.claim << ", "
                                     << describe_measurement(property);
    }
  }
}

TEST_F(LinkCertify, AsksWhatAnOptionIsAbout) {
  EXPECT_THAT(names_of_properties({.delay = milliseconds(20)}),
              IsSupersetOf({"up delay", "up jitter", "up reordering", "down jitter"}));
  EXPECT_THAT(names_of_properties({.burst_loss = bursts}), Contains("up loss after a loss"));
  EXPECT_THAT(names_of_properties({.rate = 1e6, .queue = 20000}),
              IsSupersetOf({"up rate", "up queue", "down rate", "down queue"}));
  EXPECT_THAT(names_of_properties({.corrupt = 0.1}), Contains("down corrupt"));
  EXPECT_THAT(names_of_properties({.mtu = 1300}),
              IsSupersetOf({"up MTU", "up too big", "up may be cut"}));
}

TEST_F(LinkCertify, FindsOutALieAboutTime) {
  const LinkBehavior link{.delay = milliseconds(20)};
  EXPECT_THAT(lies(link, {.delay = milliseconds(10)}),
              Contains("up delay: claims 20 ms, measured shorter"));
  EXPECT_THAT(lies(link, {.delay = milliseconds(40)}),
              Contains("up delay: claims 20 ms, measured longer"));
  EXPECT_THAT(lies({}, link), Contains("down delay: claims none, measured longer"));
  EXPECT_THAT(lies(link, {.delay = milliseconds(20), .jitter = milliseconds(10)}),
              Contains("up jitter: claims none, measured some"));
  EXPECT_THAT(lies({.delay = milliseconds(20), .jitter = milliseconds(10)}, link),
              Contains("up jitter: claims 10 ms, measured none"));
  EXPECT_THAT(lies({.delay = milliseconds(30), .reorder = 0.2}, {.delay = milliseconds(30)}),
              Contains("up reordering: claims 0.2, measured 0.000"));
}

TEST_F(LinkCertify, FindsOutALieAboutTheOtherDirectionAlone) {
  EXPECT_THAT(
      lies(DuplexLinkBehavior{{.loss = 0.1}, {.loss = 0.1}}, DuplexLinkBehavior{{.loss = 0.1}, {}}),
      ElementsAre("down loss: claims 0.1, measured 0.000"));
}

TEST_F(LinkCertify, FindsOutALieAboutWhatGetsThrough) {
  using testing::StartsWith;
  EXPECT_THAT(lies({.loss = 0.05}, {.loss = 0.1}),
              Contains(StartsWith("up loss: claims 0.05, measured 0.1")));
  EXPECT_THAT(lies({.burst_loss = bursts}, {.loss = 0.0741}),
              Contains(StartsWith("up loss after a loss: claims 0.75, measured 0.0")));
  EXPECT_THAT(lies({.duplicate = 0.03}, {.duplicate = 0.1}),
              Contains(StartsWith("up duplicates: claims 0.03, measured 0.1")));
  EXPECT_THAT(lies({.corrupt = 0.1}, {.loss = 0.1}),
              Contains("up corrupt: claims 0.1, measured 0.000"));
}

TEST_F(LinkCertify, FindsOutALieAboutRateAndQueue) {
  const LinkBehavior link{.rate = 1e6, .queue = 20000};
  EXPECT_THAT(lies(link, {.rate = 5e5, .queue = 20000}),
              Contains("up rate: claims 1000 kbit/s, measured less"));
  EXPECT_THAT(lies(link, {.rate = 3e6, .queue = 20000}),
              Contains("up rate: claims 1000 kbit/s, measured more"));
  EXPECT_THAT(lies(link, {.rate = 1e6, .queue = 60000}),
              Contains("down queue: claims 20000 bytes, measured larger"));
  EXPECT_THAT(lies(link, {.rate = 1e6, .queue = 10000}),
              Contains("down queue: claims 20000 bytes, measured smaller"));
}

TEST_F(LinkCertify, FindsOutALieAboutTheMtu) {
  const LinkBehavior link{.mtu = 1300};
  EXPECT_THAT(lies(link, {.mtu = 1299}), Contains("up MTU: claims 1300 bytes, measured smaller"));
  EXPECT_THAT(lies(link, {.mtu = 1301}), Contains("up MTU: claims 1300 bytes, measured larger"));
  EXPECT_THAT(lies(link, {.mtu = 1300, .fragmentation_needed = false}),
              ElementsAre("up too big: claims told, measured black hole",
                          "down too big: claims told, measured black hole"));
}

}  // namespace
}  // namespace icelab
