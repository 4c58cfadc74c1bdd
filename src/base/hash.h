#pragma once

#include <cstdint>
#include <string_view>

namespace icelab {

/// 32-bit FNV-1a (draft-eastlake-fnv): the same on every machine and in every version, so that it
/// may name files and seed runs; no defence against those who look for collisions.
constexpr std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace icelab
