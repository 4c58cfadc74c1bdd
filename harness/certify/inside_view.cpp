#include "harness/certify/inside_view.h"

#include "harness/lab/log_file.h"
#include "netns/linux/process.h"
#include "src/probe/nat_discovery.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>

namespace icelab {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;
constexpr std::uint16_t alternate_port = turn_port + 1;
// Inside, below the ports that the kernel gives away by itself.
constexpr std::uint16_t own_port = 20001, neighbor_port = 25001, witness_port = 28001;

/// Ports of its own choice, none twice.
SocketFactory sockets_of(const Testbed& bed, int host) {
  return [&bed, host, opened = 0](std::uint16_t port) mutable {
    if (port == 0) port = spread_port(host == 0 ? own_port : neighbor_port, opened++);
    return bound_udp_socket(bed.inside_network(host), bed.inside(host, port));
  };
}

/// "Address and Port Dependent", in `output` before `subject`, in the words of scenario files.
std::string verdict_on(const std::string& subject, const std::string& output) {
  constexpr auto words = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"NAT with Endpoint Independent ", "endpoint-independent"},
       {"NAT with Address Dependent ", "address-dependent"},
       {"NAT with Address and Port Dependent ", "address-and-port-dependent"}});
  for (const auto& [said, word] : words) {
    if (output.find(fmt::format("{}{}!", said, subject)) != std::string::npos)
      return std::string(word);
  }
  throw MeasurementError(fmt::format("turnutils_natdiscovery says nothing of {}", subject));
}

}  // namespace

InsideView::InsideView(Testbed& bed)
    : bed_(bed),
      coturn_(start_coturn(loop_, bed.outside_network(),
                           {bed.outside(0, 0).address, bed.outside(1, 0).address}, "coturn",
                           [this](const auto& failure) {
                             failure_ = failure;
                             stop();
                           })) {
  run();
  for (const int address : {0, 1}) {
    for (const auto port : {turn_port, alternate_port}) await_answer_at(bed.outside(address, port));
  }
}

void InsideView::run() {
  loop_.run();
  if (failure_) throw MeasurementError(*failure_);
}

/// From the host on which coturn is, so that the NAT knows nothing of it.
void InsideView::await_answer_at(const Endpoint& endpoint) {
  constexpr Retransmission often{.rto = 10ms, .most_requests = 4, .last_wait = 8};
  const Instant give_up = now() + patience;
  StunSocket socket(loop_, bound_udp_socket(bed_.outside_network(), bed_.outside(0, 0)));
  while (now() < give_up) {
    EventLoop::Watch pause;  // a refusal comes at once
    bool answered = false;
    const StunTransaction transaction(loop_, socket, {.server = endpoint}, often, [&] {
      answered = transaction.exchange().answer() != nullptr;
      pause = loop_.after(answered ? 0ms : 5ms, [this] { stop(); });
    });
    run();
    if (answered) return;
  }
  throw MeasurementError(fmt::format("coturn does not answer at {}", endpoint.to_string()));
}

NatFindings InsideView::discover(const Retransmission& retransmission) {
  std::optional<NatFindings> findings;
  const NatDiscovery discovery(
      loop_, server(), sockets_of(bed_, 0),
      {.retransmission = retransmission, .hairpinning = true, .neighbor = sockets_of(bed_, 1)},
      [&](NatFindings found) {
        findings = std::move(found);
        stop();
      });
  run();
  return findings.value();
}

std::string InsideView::ask_natdiscovery_for_mapping() {
  const std::string output = ask_natdiscovery("-m", witness_port);
  if (output.find("timeout") != std::string::npos)
    throw MeasurementError("turnutils_natdiscovery was not answered");
  return verdict_on("Mapping", output);
}

std::string InsideView::ask_natdiscovery_for_filtering() {
  return verdict_on("Filtering", ask_natdiscovery("-f", witness_port + 1));
}

std::string InsideView::ask_natdiscovery(const std::string& test, std::uint16_t port) {
  const Endpoint local = bed_.inside(0, port);
  const LogFile output("natdiscovery");
  ChildProcess client({.arguments = {"turnutils_natdiscovery", test, "-L",
                                     local.address.to_string(), "-l", std::to_string(local.port),
                                     "-p", std::to_string(turn_port), server().address.to_string()},
                       .environment = {},
                       .network = bed_.inside_network(0),
                       .output = output.descriptor(),
                       .error = output.descriptor(),
                       .largest_file = largest_log});
  pollfd end{client.pidfd(), POLLIN, 0};
  constexpr auto limit = std::chrono::milliseconds(patience).count();
  if (poll(&end, 1, static_cast<int>(limit)) == 0)
    throw MeasurementError("turnutils_natdiscovery does not come to an end");
  return output.text();
}

}  // namespace icelab
