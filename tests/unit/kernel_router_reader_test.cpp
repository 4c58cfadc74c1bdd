// Kernel routers in a scenario file: what is read, and what is told where it makes no sense.

#include "harness/scenario/kernel_router_reader.h"

#include "harness/scenario/behind.h"
#include "src/base/error.h"
#include "src/base/file.h"
#include "tests/support/json_schema.h"
#include "tests/support/scenario_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

KernelRouterBehavior read(const std::string& text) {
  return std::get<KernelRouterBehavior>(parse_behind({text}, "alice").at(0).behavior);
}

std::string fault_of(const std::string& text) {
  try {
    parse_behind({text}, "alice");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

bool schema_accepts(const std::string& box) {
  static const JsonSchema schema(
      Json::parse(read_file(ICELAB_SOURCE "/scenarios/schema/scenario.schema.json", 1 << 20)));
  return schema.accepts(Json::parse(fmt::format(
      R"({{"peers": {{"alice": {{"agent": "libnice", "behind": [{}]}},
                      "bob": {{"agent": "libnice"}}}}, "expect": []}})",
      box)));
}

TEST(KernelRouterReader, ReadsEveryOption) {
  const std::string text = R"({
    "engine": "linux", "nat": "full-cone", "input": "drop", "udp_timeout_s": 3,
    "udp_stream_timeout_s": 5, "tcp_established_timeout_s": 864000, "icmp_timeout_s": 4 })";
  EXPECT_EQ(read(text), (KernelRouterBehavior{.nat = KernelNat::full_cone,
                                              .input = RouterInput::drop,
                                              .udp_timeout = 3s,
                                              .udp_stream_timeout = 5s,
                                              .tcp_established_timeout = 864000s,
                                              .icmp_timeout = 4s}));
  EXPECT_TRUE(schema_accepts(text));
}

TEST(KernelRouterReader, ReadsEveryChoice) {
  for (const auto word : words_of<KernelNat>) {
    const auto text = fmt::format(R"({{"engine": "linux", "nat": "{}"}})", word);
    EXPECT_EQ(to_string(read(text).nat), word);
    EXPECT_TRUE(schema_accepts(text)) << text;
  }
  for (const auto word : words_of<RouterInput>) {
    const auto text = fmt::format(R"({{"engine": "linux", "input": "{}"}})", word);
    EXPECT_EQ(to_string(read(text).input), word);
    EXPECT_TRUE(schema_accepts(text)) << text;
  }
}

TEST(KernelRouterReader, LeavesToTheKernelWhatIsLeftOut) {
  EXPECT_EQ(read(R"({"engine": "linux"})"), KernelRouterBehavior());
}

TEST(KernelRouterReader, CallsItANatWithTheOthers) {
  const auto boxes = parse_behind({R"({"engine": "linux"})", "symmetric"}, "alice");
  EXPECT_EQ(boxes[0].name, "alice.nat1");
  EXPECT_EQ(boxes[1].name, "alice.nat2");
}

struct BadRouter {
  std::string text, fault;
};

TEST(KernelRouterReader, SaysWhatToWriteInstead) {
  const BadRouter table[] = {
      {R"({"engine": "linx"})", "/engine: unknown engine 'linx'; did you mean 'linux'?"},
      {R"({"engine": "linux", "nat": "symmetric"})", "/nat: unknown nat 'symmetric'"},
      {R"({"engine": "linux", "nat": {"mapping": "endpoint-independent"}})",
       "/nat: expected a string, found an object"},
      {R"({"engine": "linux", "filtering": "endpoint-independent"})", "/filtering: unknown key"},
      {R"({"engine": "linux", "input": "drp"})",
       "/input: unknown input 'drp'; did you mean 'drop'?"},
      {R"({"engine": "linux", "udp_timeout_s": 0.5})",
       "/udp_timeout_s: expected a whole number from 1 to 86400"},
  };
  for (const BadRouter& bad : table) {
    EXPECT_THAT(fault_of(bad.text), HasSubstr(bad.fault)) << bad.text;
    EXPECT_FALSE(schema_accepts(bad.text)) << bad.text;
  }
}

TEST(KernelRouterReader, SaysWhyTimeoutsMakeNoSenseTogether) {
  EXPECT_EQ(fault_of(R"({"engine": "linux", "udp_timeout_s": 300})"),
            "box 1: /udp_timeout_s: 'udp_stream_timeout_s' is 120 and 'udp_timeout_s' 300: a "
            "conversation would be forgotten sooner than a packet that nobody has answered");
  EXPECT_THAT(fault_of(R"({"engine": "linux", "udp_stream_timeout_s": 10})"),
              HasSubstr("/udp_stream_timeout_s: "));
}

TEST(KernelRouterReader, SaysThatNoIpv6ComesThrough) {
  const auto faults = [](const std::string& ip, const std::string& behind) {
    return faults_in(plan_scenario_text(
        with_peers(
            fmt::format(R"({{"agent": "libnice", "ip": "{}", "behind": [{}]}})", ip, behind)),
        "x.json", {}));
  };
  EXPECT_THAT(faults("dual-stack", R"("ipv6-firewall", {"engine": "linux"})"),
              ElementsAre("x.json: /peers/alice: no IPv6 comes through a kernel router: leave "
                          "\"ip\" out, or put one of icelab's own NATs in its place"));
  EXPECT_THAT(faults("ipv4", R"("ipv6-firewall", {"engine": "linux"})"), testing::IsEmpty());
}

TEST(KernelRouterReader, LetsANatAndAKernelRouterTakeEachOthersPlace) {
  const auto runs = plan(R"({"peers": {
      "alice": {"agent": "libnice", "behind": ["symmetric"]},
      "bob": {"agent": "libnice", "behind": ["linux-kernel-masquerade"]}},
    "events": [{"replace": "alice.nat", "with": "linux-kernel-masquerade", "for_ms": 100},
               {"replace": "bob.nat", "with": "symmetric"}, {"change_address": "bob.nat"}],
    "expect": []})");
  EXPECT_EQ(runs.at(0).events.size(), 4U);
}

}  // namespace
}  // namespace icelab
