#include "harness/scenario/kernel_router_reader.h"

#include "harness/scenario/choice_reader.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr int longest_timeout_s = 86400;
constexpr int longest_tcp_timeout_s = 10 * 86400;
const std::vector<std::string> known_engines{"linux"};

void read_timeout(const JsonObject& object, std::string_view key, int longest_s,
                  std::chrono::seconds& timeout) {
  if (const auto read = object.integer(key, 1, longest_s)) timeout = std::chrono::seconds(*read);
}

}  // namespace

std::optional<KernelRouterBehavior> find_kernel_router(std::string_view name) {
  const auto profiles = kernel_router_profiles();
  const auto found = std::ranges::find(profiles, name, &KernelRouterProfile::name);
  return found == profiles.end() ? std::nullopt : std::optional(found->behavior);
}

std::optional<KernelRouterBehavior> read_kernel_router(const JsonReader& reader) {
  const auto object =
      reader.object({"engine", "nat", "input", "udp_timeout_s", "udp_stream_timeout_s",
                     "tcp_established_timeout_s", "icmp_timeout_s"});
  KernelRouterBehavior router;
  static_cast<void>(object.find("engine")->word("engine", known_engines));
  read_choice(object, "nat", router.nat);
  read_choice(object, "input", router.input);
  read_timeout(object, "udp_timeout_s", longest_timeout_s, router.udp_timeout);
  read_timeout(object, "udp_stream_timeout_s", longest_timeout_s, router.udp_stream_timeout);
  read_timeout(object, "tcp_established_timeout_s", longest_tcp_timeout_s,
               router.tcp_established_timeout);
  read_timeout(object, "icmp_timeout_s", longest_timeout_s, router.icmp_timeout);
  if (router.udp_stream_timeout < router.udp_timeout) {
    reader.add_fault(
        "'udp_stream_timeout_s' below 'udp_timeout_s': a conversation would be forgotten sooner "
        "than a packet that nobody has answered");
  }
  return router;
}

}  // namespace icelab
