#include "src/probe/nat_findings.h"

#include <fmt/format.h>

#include <array>

namespace icelab {
namespace {

/// An enumeration's words, in the order of its declaration.
template <typename Choice, size_t count>
std::string_view word(const std::array<std::string_view, count>& words, Choice choice) {
  return words.at(static_cast<size_t>(choice));
}

}  // namespace

std::string Unknown::to_string() const {
  if (detail.empty()) return std::string(icelab::to_string(reason));
  return fmt::format("{}: {}", icelab::to_string(reason), detail);
}

std::string_view to_string(Unknown::Reason reason) {
  return word(
      std::to_array<std::string_view>({"blocked", "lossy", "server unfit", "hidden", "not tested"}),
      reason);
}

std::string_view to_string(MappingBehavior behavior) {
  return word(std::to_array<std::string_view>({"endpoint-independent", "address-dependent",
                                               "address-and-port-dependent", "varies"}),
              behavior);
}

std::string_view to_string(FilteringBehavior behavior) {
  return word(std::to_array<std::string_view>(
                  {"endpoint-independent", "address-dependent", "address-and-port-dependent"}),
              behavior);
}

std::string_view to_string(PortRule rule) {
  return word(std::to_array<std::string_view>({"preserved", "sequential", "random"}), rule);
}

std::string_view to_string(AddressPooling pooling) {
  return word(std::to_array<std::string_view>({"one address", "paired", "arbitrary"}), pooling);
}

std::string_view to_string(HairpinSource source) {
  return word(std::to_array<std::string_view>({"none", "external", "internal", "other"}), source);
}

}  // namespace icelab
