#include "harness/scenario/kernel_router_reader.h"

#include "harness/scenario/choice_reader.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr int longest_timeout_s = 86400;
constexpr int longest_tcp_timeout_s = 10 * 86400;
const std::vector<std::string> known_engines{"linux"};

void read_timeout(const JsonObject& object, std::string_view key, int longest_s,
                  std::chrono::seconds& timeout) {
  if (const auto read = object.integer(key, 1, longest_s)) timeout = std::chrono::seconds(*read);
}

/// At the one that is written, if only one is.
void check_udp_timeouts(const JsonObject& object, const KernelRouterBehavior& router) {
  if (router.udp_stream_timeout >= router.udp_timeout) return;
  const auto stream = object.find("udp_stream_timeout_s");
  (stream ? stream : object.find("udp_timeout_s"))
      ->add_fault(fmt::format(
          "'udp_stream_timeout_s' is {} and 'udp_timeout_s' {}: a conversation would be forgotten "
          "sooner than a packet that nobody has answered",
          router.udp_stream_timeout.count(), router.udp_timeout.count()));
}

}  // namespace

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
  check_udp_timeouts(object, router);
  return router;
}

}  // namespace icelab
