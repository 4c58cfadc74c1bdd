#include "src/serve/forwarded.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace icelab {
namespace {

struct Case {
  const char* name;
  std::string header;
  std::string client;  // empty: it does not tell
};
class Forwarded : public testing::TestWithParam<Case> {};

TEST_P(Forwarded, TellsTheClient) {
  const std::vector<IpPrefix> proxies{*IpPrefix::parse("10.0.0.0/8"),
                                      *IpPrefix::parse("2001:db8:1::/48")};
  const auto client = forwarded_client(GetParam().header, proxies);
  EXPECT_EQ(client ? client->to_string() : "", GetParam().client);
}

INSTANTIATE_TEST_SUITE_P(
    , Forwarded,
    testing::Values(
        Case{"OfIpv4", "for=192.0.2.1", "192.0.2.1"},
        Case{"OfIpv6", R"(for="[2001:db8::1]")", "2001:db8::1"},
        Case{"WithAPort", R"(for="192.0.2.1:4711")", "192.0.2.1"},
        Case{"OfIpv6WithAPort", R"(for="[2001:db8::1]:4711")", "2001:db8::1"},
        Case{"AmongOtherParameters", R"(proto=https; For = 192.0.2.1 ;by="a;b,c")", "192.0.2.1"},
        Case{"BehindTrustedProxies", "for=192.0.2.1, for=10.0.0.1, for=10.2.3.4", "192.0.2.1"},
        Case{"NotWhatAClientWroteItself", "for=198.51.100.7, for=192.0.2.1", "192.0.2.1"},
        Case{"WhichIsATrustedOneItself", "for=10.0.0.1", "10.0.0.1"},
        Case{"OrNobody", "for=unknown", ""}, Case{"OrAnAlias", "for=_hidden", ""},
        Case{"NotBeyondAnAlias", "for=192.0.2.1, for=_hidden", ""},
        Case{"NotWithoutFor", "proto=https", ""}, Case{"NotOfNothing", "", ""},
        Case{"NotOfAQuoteThatDoesNotEnd", R"(for="192.0.2.1, for=192.0.2.2)", ""},
        Case{"NotOfAQuoteThatHidesAProxy", R"(for=198.51.100.7;x=", for=192.0.2.1)", ""},
        Case{"NotOfAQuoteThatHidesAQuotedOne", R"(for=198.51.100.7;x=", for="[2001:db8::1]")", ""},
        Case{"NotOfAnEscapeThatHidesAProxy", R"(for=198.51.100.7;x="\, for=192.0.2.1)", ""},
        Case{"NotOfSeparators", ",;=,\"", ""}, Case{"NotOfAnEscapeAtTheEnd", "for=\"\\", ""}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace icelab
