#include "src/net/fragments.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

const Endpoint host = "10.0.1.2:5000"_endpoint;
const Endpoint server = "203.0.113.10:443"_endpoint;

/// Puts the content back together by the offsets in the headers.
Bytes reassembled(const std::vector<Packet>& fragments) {
  Bytes content;
  for (const auto& fragment : fragments) {
    const auto bytes = fragment.bytes();
    const std::size_t offset = ((bytes[6] << 8 | bytes[7]) & 0x1fffU) * 8U;
    content.resize(std::max(content.size(), offset + bytes.size() - 20));
    std::ranges::copy(bytes.subspan(20), content.begin() + static_cast<ssize_t>(offset));
  }
  return content;
}

RC_GTEST_PROP(Fragments, HoldTheWholeContentAndNoneIsLargerThanTheMtu,
              (std::uint16_t size, std::uint16_t limit)) {
  const std::size_t mtu = 68 + limit % 1500;
  const std::string payload =
      *rc::gen::container<std::string>(size % 5000, rc::gen::arbitrary<char>());
  const Packet whole = udp_packet(host, server, payload);
  RC_ASSERT(may_be_fragmented(whole));
  const auto fragments = fragment(whole, mtu);
  for (const auto& each : fragments) {
    RC_ASSERT(each.bytes().size() <= mtu);
    RC_ASSERT(internet_checksum(each.bytes().first(20)) == 0);
    const bool is_last = &each == &fragments.back();
    RC_ASSERT(((each.bytes()[6] & 0x20) == 0) == is_last);
  }
  const auto content = whole.bytes().subspan(20);
  RC_ASSERT(reassembled(fragments) == Bytes(content.begin(), content.end()));
}

TEST(Fragments, OfAFragmentLieWhereItLay) {
  const Packet whole = udp_packet(host, server, std::string(3000, 'x'));
  std::vector<Packet> finest;
  for (const auto& coarse : fragment(whole, 1500)) {
    for (auto& fine : fragment(coarse, 500)) finest.push_back(std::move(fine));
  }
  const auto content = whole.bytes().subspan(20);
  EXPECT_EQ(reassembled(finest), Bytes(content.begin(), content.end()));
  for (std::size_t i = 0; i < finest.size(); ++i)
    EXPECT_EQ((finest[i].bytes()[6] & 0x20) == 0, i + 1 == finest.size());
}

TEST(Fragments, AreForbiddenByDontFragment) {
  const Packet plain = udp_packet(host, server, "x");
  EXPECT_FALSE(may_be_fragmented(*Packet::parse(
      ip_bytes(17, host.address, server.address, plain.bytes().subspan(20), 0x4000))));
}

}  // namespace
}  // namespace icelab
