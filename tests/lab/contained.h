#pragma once

#include "netns/linux/kernel_router.h"
#include "src/base/error.h"

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

/// The same of one that needs a kernel router.
inline std::string why_no_kernel_router() {
  try {
    require_kernel_routers();
    return {};
  } catch (const MachineError& error) {
    return error.what();
  }
}

/// Skips the test, with the reason, where this machine's kernel cannot be a router.
#define REQUIRE_KERNEL_ROUTERS() \
  if (IsSkipped()) return;       \
  if (const auto why = why_no_kernel_router(); !why.empty()) GTEST_SKIP() << why

}  // namespace icelab
