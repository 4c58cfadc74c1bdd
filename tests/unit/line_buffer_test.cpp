#include "src/base/line_buffer.h"

#include "tests/support/growth.h"

#include <gmock/gmock.h>

#include <vector>

namespace icelab {
namespace {

using testing::ElementsAre;

/// The lines in a text that arrives in pieces of so many bytes.
std::vector<std::string> lines_of(std::string_view text, size_t piece) {
  LineBuffer buffer;
  std::vector<std::string> lines;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    buffer.append(text.substr(0, piece));
    while (const auto line = buffer.next_line()) lines.emplace_back(*line);
  }
  return lines;
}

TEST(LineBuffer, GivesTheSameLinesHoweverTheyArrive) {
  for (const size_t piece : {1U, 2U, 3U, 100U})
    EXPECT_THAT(lines_of("one\n\nthree\nunfinished", piece), ElementsAre("one", "", "three"));
}

TEST(LineBuffer, CountsTheLineThatIsNotFinished) {
  LineBuffer buffer;
  buffer.append("whole\nhalf");
  EXPECT_EQ(buffer.next_line(), "whole");
  EXPECT_EQ(buffer.next_line(), std::nullopt);
  EXPECT_EQ(buffer.unfinished(), 4U);
  buffer.clear();
  EXPECT_EQ(buffer.unfinished(), 0U);
  buffer.append("next\n");
  EXPECT_EQ(buffer.next_line(), "next");
}

TEST(LineBuffer, CostsInProportionToALineThatArrivesByteByByte) {
  const auto make_line = [](size_t size) { return std::string(size, 'x'); };
  const auto read = [](std::string_view text) { lines_of(text, 1); };
  EXPECT_LT(growth_for_eight_times(make_line, 1 << 20, read), most_for_linear);
}

}  // namespace
}  // namespace icelab
