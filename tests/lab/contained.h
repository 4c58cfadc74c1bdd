#pragma once

#include <gtest/gtest.h>

#include <string>

namespace icelab {

/// A test that makes namespaces itself. Its program contains itself once, before any thread is
/// started (main in contained_main.cpp); where the machine refuses, each of its tests is skipped
/// with the reason.
class ContainedTest : public testing::Test {
 public:
  static inline std::string refusal;  // why this machine cannot run labs; empty if it can

 protected:
  void SetUp() override {
    if (!refusal.empty()) GTEST_SKIP() << "this machine cannot run labs:\n" << refusal;
  }
};

}  // namespace icelab
