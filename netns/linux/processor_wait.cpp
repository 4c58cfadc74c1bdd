#include "netns/linux/processor_wait.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace icelab {
namespace {

/// The number of a process in the process namespace that this /proc is of, which need not be ours.
std::optional<int> number_of(int pidfd) {
  std::ifstream info(fmt::format("/proc/self/fdinfo/{}", pidfd));
  for (std::string word; info >> word;) {
    int number = 0;
    if (word == "Pid:" && info >> number && number > 0) return number;
  }
  return std::nullopt;
}

Descriptor open_statistics(const std::string& folder) {
  return Descriptor(open((folder + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC));
}

/// "time on a processor, time waiting for one, times on one": the middle one, in nanoseconds.
std::optional<Duration> read_wait(int statistics) {
  std::array<char, 80> text{};
  const ssize_t length = pread(statistics, text.data(), text.size(), 0);
  if (length <= 0) return std::nullopt;  // the thread has ended
  const std::string_view line(text.data(), static_cast<size_t>(length));
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::int64_t waited = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), waited);
  return std::chrono::nanoseconds(waited);
}

}  // namespace

ProcessorWait ProcessorWait::of_process(int pidfd) {
  ProcessorWait wait;
  const auto number = number_of(pidfd);
  if (!number) return wait;
  std::error_code none;
  const std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", *number), none);
  for (const auto& thread : threads) {
    if (auto statistics = open_statistics(thread.path()); statistics.get() >= 0)
      wait.threads_.push_back(std::move(statistics));
  }
  return wait;
}

ProcessorWait ProcessorWait::of_this_thread() {
  ProcessorWait wait;
  if (auto statistics = open_statistics("/proc/thread-self"); statistics.get() >= 0)
    wait.threads_.push_back(std::move(statistics));
  return wait;
}

Duration ProcessorWait::total() const {
  Duration sum{};
  for (const auto& thread : threads_) sum += read_wait(thread.get()).value_or(Duration{});
  return sum;
}

}  // namespace icelab
