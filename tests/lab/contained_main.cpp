#include "netns/linux/containment.h"
#include "netns/linux/host.h"
#include "src/base/error.h"
#include "tests/lab/contained.h"

#include <gmock/gmock.h>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests)) {
    try {
      icelab::contain_process();
      static_cast<void>(icelab::Host::create({}));
    } catch (const icelab::MachineError& error) {
      icelab::ContainedTest::refusal = error.what();
    }
  }
  return RUN_ALL_TESTS();
}
