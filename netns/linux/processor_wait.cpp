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
  std::error_code error;  // it may end meanwhile
  std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", *number), error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error))
    wait.add(thread->path());
  return wait;
}

ProcessorWait ProcessorWait::of_this_thread() {
  ProcessorWait wait;
  wait.add("/proc/thread-self");
  return wait;
}

void ProcessorWait::add(const std::string& folder) {
  Descriptor statistics(open((folder + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC));
  if (statistics) threads_.push_back({std::move(statistics)});
}

Duration ProcessorWait::total() {
  Duration sum{};
  for (auto& thread : threads_) {
    thread.waited = read_wait(thread.statistics.get()).value_or(thread.waited);
    sum += thread.waited;
  }
  return sum;
}

}  // namespace icelab
