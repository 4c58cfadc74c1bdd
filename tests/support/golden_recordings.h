#pragma once

#include "harness/scenario/plan.h"
#include "src/base/file.h"
#include "tests/support/run_record_json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace icelab {

/// Runs of the lab, made once by bin/observer_recordings: tests/golden/observer/NAME.
inline constexpr std::array golden_recordings = {
    "direct", "relay",      "turn-over-tcp", "ice-tcp", "ice-tcp-behind-nats", "regular-nomination",
    "no-way", "force-relay"};

inline std::string golden_folder(const std::string& name) {
  return ICELAB_SOURCE "/tests/golden/observer/" + name;
}

inline RunRecord read_golden_recording(const std::string& name) {
  const std::string folder = golden_folder(name);
  const auto plans = plan_scenarios({folder + "/scenario.json"}, {});
  EXPECT_TRUE(plans.faults.empty());
  return read_run_record(read_file(folder + "/recording.json", 1 << 20), plans.runs.at(0));
}

/// As GoogleTest takes it for a test's name.
inline std::string recording_title(const testing::TestParamInfo<const char*>& recording) {
  std::string title = recording.param;
  std::ranges::replace(title, '-', '_');
  return title;
}

}  // namespace icelab
