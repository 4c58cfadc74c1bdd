#include "harness/observe/host_drops.h"

#include "harness/observe/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

std::string count_packets(std::uint64_t count) {
  return fmt::format("{} packet{}", count, count == 1 ? "" : "s");
}

std::string describe(const std::string& interface, const DropCounts& drops) {
  std::string text = fmt::format("{} at {}: ", interface_dropped, interface);
  if (drops.sent > 0) {
    text += fmt::format("its queue was full for {} of its host's, which the network never saw",
                        count_packets(drops.sent));
  }
  if (drops.received > 0) {
    text += fmt::format("{}it did not take {} that the network delivered",
                        drops.sent > 0 ? "; " : "", count_packets(drops.received));
  }
  return text;
}

}  // namespace

std::vector<std::string> describe_host_drops(const Recording& recording) {
  std::vector<std::string> sentences;
  for (const auto& [interface, drops] : recording.host_drops)
    sentences.push_back(describe(interface, drops));
  return sentences;
}

std::optional<std::string> dropping_interface(const std::string& host, const Recording& recording) {
  const auto found = std::ranges::find_if(
      recording.host_drops, [&](const auto& entry) { return host_of(entry.first) == host; });
  if (found == recording.host_drops.end()) return std::nullopt;
  return found->first;
}

}  // namespace icelab
