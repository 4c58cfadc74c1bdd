#include "src/base/hash.h"

#include <gtest/gtest.h>

namespace icelab {
namespace {

/// The examples of draft-eastlake-fnv, appendix C.
TEST(Fnv1a, IsThePublishedOne) {
  EXPECT_EQ(fnv1a(""), 0x811c9dc5U);
  EXPECT_EQ(fnv1a("a"), 0xe40c292cU);
  EXPECT_EQ(fnv1a("foobar"), 0xbf9cf968U);
}

}  // namespace
}  // namespace icelab
