#pragma once

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace icelab {

/// This thread's processor time for some work, in seconds: the least of nine attempts, which is
/// the one that was disturbed least.
inline double processor_seconds(const std::function<void()>& work) {
  const auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  double least = std::numeric_limits<double>::max();
  for (int attempt = 0; attempt < 9; ++attempt) {
    const double before = used();
    work();
    least = std::min(least, used() - before);
  }
  return least;
}

/// How many times as long a text takes as one of an eighth of its size: 8 where the cost is linear,
/// 64 where it is the square.
inline double growth_for_eight_times(const std::function<std::string(size_t size)>& make_text,
                                     size_t size,
                                     const std::function<void(std::string_view)>& read) {
  const std::string whole = make_text(size);
  const std::string eighth = make_text(size / 8);
  const double base = processor_seconds([&] { read(eighth); });
  return processor_seconds([&] { read(whole); }) / base;
}

/// As many times 8 as 64 is times this.
inline constexpr double most_for_linear = 22.6;

/// `{"type":"hello","0":0,"1":0,...}`: about so many bytes, all keys different.
inline std::string object_of_many_keys(size_t size) {
  std::string text = R"({"type":"hello")";
  for (int key = 0; text.size() < size; ++key) text += ",\"" + std::to_string(key) + "\":0";
  return text + "}";
}

/// The same key again and again.
inline std::string object_of_one_key(size_t size) {
  std::string text = R"({"type":"hello")";
  while (text.size() < size) text += R"(,"a":0)";
  return text + "}";
}

/// A key of half the text, and below it as many members as fit into the other half.
inline std::string object_below_a_long_key(size_t size) {
  std::string text = R"({"type":"hello",")" + std::string(size / 2, 'k') + R"(":{"a":0)";
  for (int key = 0; text.size() < size; ++key) text += ",\"" + std::to_string(key) + "\":0";
  return text + "}}";
}

}  // namespace icelab
