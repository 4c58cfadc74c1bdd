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

/// One for each cause code, likewise: tests/golden/causes/CODE.
inline constexpr std::array golden_causes = {
    "blocked",       "filtered",        "hairpin-unsupported", "interface-dropped",
    "lost",          "mapping-expired", "mapping-mismatch",    "no-mapping",
    "no-permission", "no-response",     "port-exhausted",      "response-dropped",
    "turn-error",    "unroutable"};

inline std::string cause_folder(const std::string& code) {
  return ICELAB_SOURCE "/tests/golden/causes/" + code;
}

inline RunRecord read_recording(const std::string& folder) {
  const auto plans = plan_scenarios({folder + "/scenario.json"}, {});
  EXPECT_TRUE(plans.faults.empty());
  return read_run_record(read_file(folder + "/recording.json", 1 << 20), plans.runs.at(0));
}

inline RunRecord read_golden_recording(const std::string& name) {
  return read_recording(golden_folder(name));
}

/// As GoogleTest takes it for a test's name.
inline std::string recording_title(const testing::TestParamInfo<const char*>& recording) {
  std::string title = recording.param;
  std::ranges::replace(title, '-', '_');
  return title;
}

}  // namespace icelab
