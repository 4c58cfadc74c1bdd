#include "harness/scenario/scenario.h"

#include "src/base/utf8.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr size_t longest_pointer = 200;

}  // namespace

std::string RunPlan::full_name() const {
  return parameters.empty() ? scenario : fmt::format("{}/{}", scenario, name);
}

std::string Fault::to_string() const {
  const auto place = pointer.empty() ? "" : abbreviate(pointer, longest_pointer) + ": ";
  return to_printable(fmt::format("{}: {}{}", file, place, message));
}

}  // namespace icelab
