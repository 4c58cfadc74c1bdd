// The networks that have names: each file of scenarios/profiles is sound, and the schema knows it.

#include "harness/scenario/catalogue.h"

#include "harness/scenario/box_reader.h"
#include "src/base/file.h"
#include "src/base/json_reader.h"
#include "tests/support/json_schema.h"
#include "tests/support/profiles.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::filesystem::path folder = std::filesystem::path(ICELAB_SOURCE) / "scenarios/profiles";

Json written(const std::string& name) {
  JsonFaults faults;
  auto json = parse_json(read_file(folder / (name + ".json"), 1 << 20), faults);
  EXPECT_THAT(faults.list(), IsEmpty()) << name;
  return json.value_or(Json());
}

bool schema_accepts_box(const Json& box) {
  static const JsonSchema schema =
      JsonSchema::parse(read_file(ICELAB_SOURCE "/scenarios/schema/scenario.schema.json", 1 << 20));
  const Json agent = "libnice";
  return schema.accepts({{"peers",
                          {{"alice", {{"agent", agent}, {"behind", Json::array({box})}}},
                           {"bob", {{"agent", agent}}}}},
                         {"expect", Json::array()}});
}

TEST(Catalogue, HoldsEveryFileOfItsFolderAndNoOther) {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    files.push_back(file.path().stem());
  std::ranges::sort(files);
  std::vector<std::string> names;
  for (const auto& profile : catalogue()) names.push_back(profile.name);
  EXPECT_EQ(names, files);
}

TEST(Catalogue, SaysNothingButADescriptionAndBoxes) {
  for (const auto& profile : catalogue()) {
    const Json file = written(profile.name);
    std::vector<std::string> keys;
    for (const auto& [key, value] : file.items()) keys.push_back(key);
    EXPECT_THAT(keys, ElementsAre("description", "behind")) << profile.name;
    EXPECT_THAT(profile.description, Not(IsEmpty())) << profile.name;
    EXPECT_EQ(profile.description.find('\n'), std::string::npos) << profile.name;
  }
}

TEST(Catalogue, HasABoxOrMoreForEachNameAndFindsNoFaultWithThem) {
  for (const auto& profile : catalogue())
    EXPECT_THAT(parse_behind({profile.name}, "host"), Not(IsEmpty())) << profile.name;
}

TEST(Catalogue, IsKnownToTheSchemaNameByNameAndBoxByBox) {
  for (const auto& profile : catalogue()) {
    EXPECT_TRUE(schema_accepts_box(profile.name)) << profile.name;
    for (const auto& box : profile.behind) EXPECT_TRUE(schema_accepts_box(box)) << profile.name;
  }
  EXPECT_FALSE(schema_accepts_box("no-such-network"));
}

TEST(Catalogue, CitesASourceInEveryFile) {
  for (const auto& profile : catalogue()) {
    EXPECT_TRUE(profile.text.starts_with("// ")) << profile.name << ": says first what it is";
    const bool cites = profile.text.find("RFC ") != std::string_view::npos ||
                       profile.text.find(".com") != std::string_view::npos ||
                       profile.text.find(".org") != std::string_view::npos ||
                       profile.text.find("of the kernel") != std::string_view::npos;
    EXPECT_TRUE(cites) << profile.name;
  }
}

// What the four names of RFC 3489 section 5 have always meant.
TEST(Catalogue, HasTheFourNatsOfRfc3489) {
  constexpr auto independent = Dependence::endpoint_independent;
  constexpr auto by_both = Dependence::address_and_port_dependent;
  EXPECT_EQ(nat_behavior("full-cone"), NatBehavior{});
  EXPECT_EQ(nat_behavior("restricted-cone"),
            (NatBehavior{.filtering = Dependence::address_dependent}));
  EXPECT_EQ(nat_behavior("port-restricted-cone"),
            (NatBehavior{.mapping = independent, .filtering = by_both}));
  EXPECT_EQ(nat_behavior("symmetric"), (NatBehavior{.mapping = by_both, .filtering = by_both}));
}

TEST(Catalogue, HasNetworksOfSeveralBoxes) {
  const auto boxes = parse_behind({"mobile-carrier"}, "alice");
  ASSERT_EQ(boxes.size(), 2);
  EXPECT_EQ(boxes[0].name, "alice.clat");
  EXPECT_EQ(boxes[1].name, "alice.nat64");
}

}  // namespace
}  // namespace icelab
