#include "src/net/address.h"

#include "src/net/prefix.h"
#include "tests/support/packets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <unordered_set>

namespace icelab {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const std::string text : {"0.0.0.0", "10.0.1.2", "255.255.255.255", "2001:db8::1",
                                 "::", "::1", "64:ff9b::192.0.2.1", "64:ff9b:0:1::c000:201"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text :
       {""sv, "10.0.0"sv, "10.0.0.256"sv, "1.2.3.4 "sv, "010.0.0.1"sv, "2001:db8:::1"sv,
        "fe80::1%eth0"sv, "localhost"sv, "1.2.3.4\0junk"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, TakesAMappedIpv4AddressForTheIpv4AddressItMaps) {
  EXPECT_EQ("::ffff:192.0.2.1"_address, "192.0.2.1"_address);
  EXPECT_TRUE("::ffff:192.0.2.1"_address.is_v4());
  EXPECT_FALSE("::192.0.2.1"_address.is_v4());
}

TEST(IpAddress, KnowsThePrivateRangesByTheirFirstAndLastAddress) {
  for (const char* text :
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
        "192.168.255.255", "100.64.0.0", "100.127.255.255", "169.254.0.0", "169.254.255.255",
        "127.0.0.1", "::1", "fc00::", "fdff:ffff::1", "fe80::1", "febf::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  }
  for (const char* text : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0",
                           "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0",
                           "203.0.113.10", "2001:db8::1", "fbff::1", "fe00::1", "fec0::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
  }
}

TEST(IpAddress, KnowsWhatStaysOnALinkAndWhatRoutersSendOn) {
  for (const char* text : {"fe80::1", "febf::1", "169.254.3.4"})
    EXPECT_TRUE(IpAddress::parse(text)->is_link_local()) << text;
  for (const char* text : {"ff02::2", "ff0e::1", "224.0.0.1", "239.255.255.255"})
    EXPECT_TRUE(IpAddress::parse(text)->is_multicast()) << text;
  for (const char* text :
       {"fe80::1", "ff02::2", "::", "::1", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"})
    EXPECT_FALSE(IpAddress::parse(text)->is_forwardable()) << text;
  for (const char* text :
       {"2001:db8::1", "fd00::1", "64:ff9b::192.0.2.1", "203.0.113.1", "10.0.0.1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_forwardable()) << text;
    EXPECT_FALSE(IpAddress::parse(text)->is_multicast()) << text;
    EXPECT_FALSE(IpAddress::parse(text)->is_link_local()) << text;
  }
}

TEST(IpPrefix, ContainsWhatBeginsWithItsBits) {
  const auto contains = [](const char* prefix, const char* address) {
    return IpPrefix::parse(prefix)->contains(*IpAddress::parse(address));
  };
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(contains("2001:db8:0:4::/62", "2001:db8:0:7::1"));
  EXPECT_FALSE(contains("2001:db8:0:4::/62", "2001:db8:0:8::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "203.0.113.1"));
  EXPECT_TRUE(contains("2001:db8::1/128", "2001:db8::1"));
  EXPECT_FALSE(contains("2001:db8::1/128", "2001:db8::"));
  EXPECT_TRUE(contains("10.0.1.0/24", "10.0.1.255"));
  EXPECT_FALSE(contains("10.0.1.0/24", "10.0.2.0"));
}

TEST(IpPrefix, IsReadAndWritten) {
  EXPECT_EQ(IpPrefix::parse("2001:db8::/32")->to_string(), "2001:db8::/32");
  for (const char* text : {"", "/", "2001:db8::", "2001:db8::/", "2001:db8::/129", "10.0.0.0/33",
                           "10.0.0.0/-1", "10.0.0.0/8x", "x/8"})
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
}

TEST(IpPrefix, EmbedsIpv4AsRfc6052DoesIt) {
  // Section 2.4's examples for 96 bits.
  EXPECT_EQ(embed({"2001:db8:122:344::"_address, 96}, "192.0.2.33"_address),
            "2001:db8:122:344::192.0.2.33"_address);
  EXPECT_EQ(embed(well_known_prefix(), "192.0.2.33"_address), "64:ff9b::192.0.2.33"_address);
  EXPECT_EQ(embedded("64:ff9b::192.0.2.33"_address), "192.0.2.33"_address);
  EXPECT_EQ(well_known_prefix().to_string(), "64:ff9b::0.0.0.0/96");
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const std::string text : {"192.0.2.1:0", "192.0.2.1:65535", "[2001:db8::1]:80"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1",
                           "192.0.2.1:+1", "192.0.2.1:80x", "192.0.2.1: 80", "[192.0.2.1]:80",
                           "2001:db8::1:80", "[]:80", "[2001:db8::1]", "[2001:db8::1:80"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

RC_GTEST_PROP(IpAddress, IsReadBackAsWritten, (std::uint32_t bits)) {
  const auto address = IpAddress::v4(bits);
  RC_ASSERT(address.is_v4());
  RC_ASSERT(address.v4_bits() == bits);
  RC_ASSERT(IpAddress::parse(address.to_string()) == address);
}

RC_GTEST_PROP(IpAddress, KeepsTheBytesOfIpv6, ()) {
  std::array<std::uint8_t, 16> bytes{};
  for (auto& byte : bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  const auto address = IpAddress::v6(bytes);
  RC_ASSERT(address.bytes() == bytes);
  RC_ASSERT(IpAddress::parse(address.to_string()) == address);
}

TEST(Endpoint, HashesTellPortsAndAddressesApart) {
  std::unordered_set<std::size_t> hashes;
  constexpr std::hash<Endpoint> hash;
  for (std::uint32_t host = 0; host < 64; ++host) {
    for (std::uint16_t port = 1024; port < 1088; ++port)
      hashes.insert(hash({IpAddress::v4(0x0a000200 + host), port}));
  }
  EXPECT_EQ(hashes.size(), 64U * 64U);
}

}  // namespace
}  // namespace icelab
