#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace icelab {

/// Compares with tests/golden/NAME. ICELAB_UPDATE_GOLDEN=1 in the environment writes the file anew
/// instead: read its diff before you commit it.
inline void expect_golden(const std::string& name, const std::string& content) {
  const std::string path = std::string(ICELAB_SOURCE "/tests/golden/") + name;
  if (std::getenv("ICELAB_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << content;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << "no golden file " << path << "; ICELAB_UPDATE_GOLDEN=1 writes it";
  const std::string golden((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
  EXPECT_EQ(content, golden) << "differs from tests/golden/" << name;
}

}  // namespace icelab
