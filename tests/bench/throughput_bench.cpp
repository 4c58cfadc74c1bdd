// UDP through one NAT, end to end: a sender and a receiver in namespaces of their own, and between
// them either the fabric or the kernel's nftables masquerade. Both are measured in turn, in one
// run.

#include "harness/lab/lab.h"
#include "netns/linux/containment.h"
#include "netns/linux/process.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "tests/bench/support.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>

namespace icelab {
namespace {

constexpr int rounds = 5;
constexpr auto round_time = std::chrono::seconds(2);
constexpr size_t payload_size = 1200;
constexpr unsigned batch = 64;
constexpr std::uint16_t port = 9;

Descriptor socket_inside(int network, const std::function<void(int)>& prepare) {
  Descriptor result;
  run_inside(network, [&] {
    result = Descriptor(check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a UDP socket"));
    prepare(result.get());
  });
  return result;
}

sockaddr_in socket_address(const char* address, std::uint16_t number) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(number);
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

/// A batch of equal buffers, for sendmmsg and recvmmsg.
struct Batch {
  std::array<std::uint8_t, payload_size> buffer{};
  std::array<iovec, batch> vectors{};
  std::array<mmsghdr, batch> messages{};
  Batch() {
    for (unsigned i = 0; i < batch; ++i) {
      vectors[i] = {buffer.data(), buffer.size()};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

/// What a congestion-controlled sender keeps under way. One that floods would measure how well the
/// machine bears a flood: what the way cannot take costs the forwarder its core, but only where it
/// has one of its own.
class Window {
 public:
  void await_room(std::uint64_t sent) {
    for (std::uint64_t done = done_; sent - done >= size && !stopped_; done = done_)
      done_.wait(done);
  }
  void received(std::uint64_t count) {
    done_ += count;
    done_.notify_one();
  }
  /// Nothing came for a while: what is under way is lost.
  void forget(std::uint64_t sent) {
    done_ = sent;
    done_.notify_one();
  }
  void stop() {
    stopped_ = true;
    forget(~std::uint64_t{0});
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  static constexpr std::uint64_t size = 256;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<bool> stopped_ = false;
};

Descriptor open_receiver(int network) {
  return socket_inside(network, [&](int fd) {
    const auto any = socket_address("0.0.0.0", port);
    check(bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof(any)), "bind the receiver");
    const timeval patience{.tv_sec = 0, .tv_usec = 20000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const int buffer = 8 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
  });
}

/// Packets a second that reach the receiver.
double packets_per_second(int sender_network, int receiver_network, const char* receiver_address) {
  const Descriptor receiver = open_receiver(receiver_network);
  const Descriptor sender = socket_inside(sender_network, [&](int fd) {
    const auto to = socket_address(receiver_address, port);
    check(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), "aim the sender");
  });

  Window window;
  std::atomic<std::uint64_t> sent = 0;
  std::thread sending([&] {
    Batch out;
    while (!window.stopped()) {
      window.await_room(sent);
      const int count = sendmmsg(sender.get(), out.messages.data(), batch, 0);
      if (count > 0) sent += static_cast<std::uint64_t>(count);
    }
  });
  Batch in;
  std::uint64_t received = 0;
  const Instant start = now();
  while (now() < start + round_time) {
    const int count = recvmmsg(receiver.get(), in.messages.data(), batch, MSG_WAITFORONE, nullptr);
    if (count > 0) {
      received += static_cast<std::uint64_t>(count);
      window.received(static_cast<std::uint64_t>(count));
    } else {
      window.forget(sent);
    }
  }
  const double elapsed = seconds(now() - start);
  window.stop();
  sending.join();
  return static_cast<double>(received) / elapsed;
}

double through_fabric() {
  const BoxSpec nat{.name = "alice.nat",
                    .behavior = NatBehavior{.filtering = Dependence::address_and_port_dependent}};
  const Lab lab({.networks = {},
                 .peers = {{.name = "alice", .agent = {}, .uplinks = {{.way = {{nat}, ""}}}}},
                 .servers = {{.name = "server"}}},
                1, 0);
  return packets_per_second(lab.host("alice").network(), lab.host("server").network(),
                            "203.0.113.10");
}

/// Three namespaces in a row, joined by veth pairs; the middle one masquerades.
double through_kernel() {
  const Host inner = Host::create({.interfaces = {{.name = "unused"}}});
  const Host router = Host::create({.interfaces = {{.name = "unused"}}});
  const Host outer = Host::create({.interfaces = {{.name = "unused"}}});
  const auto descriptor_of = [](const Host& host) {
    return fmt::format("/proc/{}/fd/{}", getpid(), host.network());
  };
  const auto shell = [](const Host& host, const std::string& commands) {
    run_program({"sh", "-euc", commands}, host.network());
  };
  shell(router,
        fmt::format("ip link add lan type veth peer name eth0 netns {}\n"
                    "ip link add wan type veth peer name eth0 netns {}\n"
                    "ip addr add 10.0.0.1/24 dev lan; ip addr add 203.0.113.1/24 dev wan\n"
                    "ip link set lan up; ip link set wan up; sysctl -qw net.ipv4.ip_forward=1\n"
                    "nft 'table ip n {{ chain p {{ type nat hook postrouting priority 100; oifname "
                    "wan masquerade; }}; }}'",
                    descriptor_of(inner), descriptor_of(outer)));
  shell(inner,
        "ip route del default || true; ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; ip "
        "route add default via 10.0.0.1");
  shell(outer,
        "ip route del default || true; ip addr add 203.0.113.10/24 dev eth0; ip link set eth0 up");
  return packets_per_second(inner.network(), outer.network(), "203.0.113.10");
}

void compare() {
  std::vector<double> ours, theirs, ratios;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(through_fabric());
    theirs.push_back(through_kernel());
    ratios.push_back(ours.back() / theirs.back());
  }
  fmt::print("UDP of 1200 bytes through the fabric            {:8.0f} packets/s\n", median(ours));
  fmt::print("the same through nftables masquerade            {:8.0f} packets/s\n", median(theirs));
  fmt::print("RATIO fabric / kernel                           {:8.2f} (at least 1)\n",
             median(ratios));
}

}  // namespace
}  // namespace icelab

int main() {
  try {
    icelab::contain_process();
    icelab::compare();
  } catch (const std::exception& error) {
    fmt::print(stderr, "throughput_bench: {}\n", error.what());
    return 1;
  }
}
