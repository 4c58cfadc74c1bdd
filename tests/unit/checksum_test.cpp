#include "src/net/checksum.h"

#include "tests/support/packets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

TEST(Checksum, AddsUpTheExampleOfRfc1071) {
  const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_finish(checksum_add(0, bytes)), 0xffff - 0xddf2);
}

TEST(Checksum, PadsAnOddByteWithZeroOnItsRight) {
  const Bytes odd{0x12, 0x34, 0x56};
  const Bytes even{0x12, 0x34, 0x56, 0x00};
  EXPECT_EQ(checksum_add(0, odd), checksum_add(0, even));
}

TEST(Checksum, OfNothingIsAllOnes) {
  EXPECT_EQ(checksum_finish(0), 0xffff);
}

RC_GTEST_PROP(Checksum, IsTheSumWordByWord, (const Bytes& bytes)) {
  RC_ASSERT(checksum_finish(checksum_add(0, bytes)) == internet_checksum(bytes));
}

RC_GTEST_PROP(Checksum, MayBeAddedUpInParts, (const Bytes& bytes, std::uint8_t cut)) {
  const std::size_t at = bytes.empty() ? 0 : (cut % bytes.size()) & ~std::size_t{1};
  const auto parts =
      checksum_add(checksum_add(0, std::span(bytes).first(at)), std::span(bytes).subspan(at));
  RC_ASSERT(checksum_finish(parts) == checksum_finish(checksum_add(0, bytes)));
}

RC_GTEST_PROP(Checksum, UpdatedForAWordEqualsTheFullRecomputation,
              (std::uint16_t first, std::uint16_t second, std::uint16_t replacement)) {
  // Like a header: never all zero, which is the one case where the two forms of zero differ.
  Bytes bytes{0x45, 0x00, 0, 0, 0, 0};
  const auto put = [&](std::size_t at, std::uint16_t word) {
    bytes[at] = static_cast<std::uint8_t>(word >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(word);
  };
  put(2, first);
  put(4, second);
  const std::uint16_t before = internet_checksum(bytes);
  put(4, replacement);
  RC_ASSERT(checksum_update(before, second, replacement) == internet_checksum(bytes));
}

}  // namespace
}  // namespace icelab
