#include "src/base/utf8.h"

#include <gtest/gtest.h>

namespace icelab {
namespace {

constexpr char32_t replacement = 0xFFFD;

char32_t first(std::string_view text) {
  return take_code_point(text);
}

TEST(Utf8, ReadsSequencesOfEveryLength) {
  EXPECT_EQ(first("a"), U'a');
  EXPECT_EQ(first("\xC3\xA4"), U'\u00E4');
  EXPECT_EQ(first("\xE2\x89\xA0"), U'\u2260');
  EXPECT_EQ(first("\xF0\x9F\x98\x80"), U'\U0001F600');
}

TEST(Utf8, WritesWhatItReads) {
  for (const char32_t value :
       {U'a', U'\u07FF', U'\u0800', U'\uFFFD', U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    append_code_point(text, value);
    EXPECT_EQ(first(text), value);
    EXPECT_EQ(count_code_points(text), 1U);
  }
}

TEST(Utf8, ReplacesEveryByteThatIsNot) {
  EXPECT_EQ(first("\x80"), replacement);              // a continuation first
  EXPECT_EQ(first("\xC3"), replacement);              // cut short
  EXPECT_EQ(first("\xC0\xAF"), replacement);          // overlong
  EXPECT_EQ(first("\xED\xA0\x80"), replacement);      // half of a surrogate pair
  EXPECT_EQ(first("\xF4\x90\x80\x80"), replacement);  // beyond Unicode
  EXPECT_EQ(to_printable("\xE2\x89x"), "\xEF\xBF\xBD\xEF\xBF\xBDx");
}

TEST(Utf8, MakesControlCharactersVisible) {
  EXPECT_EQ(to_printable("a\n\t\x1b[0m\x7F\xC2\x9B"),
            "a??"
            "?[0m??");
  EXPECT_EQ(to_printable("\xC3\xA4 \xE2\x89\xA0"), "\xC3\xA4 \xE2\x89\xA0");
}

TEST(Utf8, AbbreviatesByCodePoints) {
  EXPECT_EQ(abbreviate("\xC3\xA4\xC3\xA4", 2), "\xC3\xA4\xC3\xA4");
  EXPECT_EQ(abbreviate("\xC3\xA4\xC3\xA4\xC3\xA4", 2), "\xC3\xA4\xC3\xA4...");
}

}  // namespace
}  // namespace icelab
