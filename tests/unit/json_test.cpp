#include "src/base/json_reader.h"
#include "tests/support/growth.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string parsed(std::string_view text, JsonAuthor author, JsonFaults& faults) {
  const auto json = parse_json(text, faults, author);
  return json ? to_line(*json) : "";
}

TEST(Json, OfAProgramTakesTheLastOfEqualKeysInTheFirstOnesPlace) {
  JsonFaults faults;
  EXPECT_EQ(parsed(R"({"a":1,"b":[2],"a":{"c":3}})", JsonAuthor::program, faults),
            R"({"a":{"c":3},"b":[2]})");
  EXPECT_THAT(faults.list(), IsEmpty());
}

TEST(Json, OfAPersonTellsEachKeyThatIsWrittenTwiceOnce) {
  JsonFaults faults;
  parsed(R"({"x":[0,{"a":1,"a":2,"a":3,"b/":1,"b/":2}]})", JsonAuthor::person, faults);
  EXPECT_THAT(faults.list(), ElementsAre(JsonFault{"/x/1/a", "this key is written twice"},
                                         JsonFault{"/x/1/b~1", "this key is written twice"}));
}

TEST(Json, MayBeCommentedByAPersonAlone) {
  JsonFaults faults;
  EXPECT_EQ(parsed("[1] // one", JsonAuthor::person, faults), "[1]");
  EXPECT_THAT(faults.list(), IsEmpty());
  EXPECT_EQ(parsed("[1] // one", JsonAuthor::program, faults), "");
  EXPECT_FALSE(faults.empty());
}

TEST(Json, OfAProgramHasNoMoreValuesThanAnyMessage) {
  JsonFaults faults;
  EXPECT_NE(parsed(object_of_many_keys(1 << 18), JsonAuthor::program, faults), "");
  EXPECT_EQ(parsed(object_of_many_keys(1 << 20), JsonAuthor::program, faults), "");
  EXPECT_THAT(faults.list(), ElementsAre(JsonFault{"", "of more than 50000 values"}));
}

/// A text of about so many bytes, and what it is.
struct Shape {
  std::string name;
  std::string (*make)(size_t size);
};

class JsonCost : public testing::TestWithParam<Shape> {};

TEST_P(JsonCost, GrowsAsTheTextDoes) {
  for (const auto author : {JsonAuthor::person, JsonAuthor::program}) {
    const auto read = [&](std::string_view text) {
      JsonFaults faults;
      parse_json(text, faults, author);
    };
    EXPECT_LT(growth_for_eight_times(GetParam().make, 1 << 16, read), most_for_linear);
  }
}

/// Every member is visited, two levels deep.
TEST_P(JsonCost, GrowsAsTheTextDoesForWhoReadsItsMembers) {
  const auto read = [&](std::string_view text) {
    JsonFaults faults;
    const auto json = parse_json(text, faults, JsonAuthor::program);
    for (const auto& [key, member] : JsonReader(*json, faults).members()) {
      if (member.json().is_object()) static_cast<void>(member.members());
    }
  };
  EXPECT_LT(growth_for_eight_times(GetParam().make, 1 << 16, read), most_for_linear);
}

INSTANTIATE_TEST_SUITE_P(Of, JsonCost,
                         testing::Values(Shape{"ManyKeys", object_of_many_keys},
                                         Shape{"OneKey", object_of_one_key},
                                         Shape{"ALongKey", object_below_a_long_key}),
                         [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace icelab
