#include "netns/linux/pump.h"

#include "netns/linux/thread.h"
#include "src/base/error.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace icelab {
namespace {

constexpr int forwarding_priority = -15;
/// Packets taken from one device before the others have their turn.
constexpr int burst = 64;
/// The largest packet a TUN device of the default MTU can hand over, with room to spare.
constexpr size_t largest_packet = 65536;

}  // namespace

Pump::Pump(Fabric fabric, std::vector<Wire> wires)
    : fabric_(std::move(fabric)),
      wires_(std::move(wires)),
      stop_event_(check(eventfd(0, EFD_CLOEXEC), "create an eventfd")),
      thread_(start_thread([this] {
        try {
          run();
        } catch (...) {
          failure_ = std::current_exception();
        }
      })) {}

Pump::~Pump() {
  join();
}

Recording Pump::stop() {
  join();
  if (failure_) std::rethrow_exception(failure_);
  return fabric_.take_recording();
}

void Pump::join() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_event_.get(), 1);
  thread_.join();
}

void Pump::run() {
  // The kernel may delay a sleeper by its timer slack, 50 us unless told otherwise.
  prctl(PR_SET_TIMERSLACK, 1);
  // Programs on the hosts must not keep the network waiting. Root may ask for that; for others it
  // is as it is.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), forwarding_priority);
  std::vector<pollfd> watched{{stop_event_.get(), POLLIN, 0}};
  for (const Wire& wire : wires_) {
    watched.push_back({wire.tun, POLLIN, 0});
    watched.push_back({wire.loopback, POLLIN, 0});  // poll skips negative descriptors
  }
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      throw SystemError("wait for packets");
    for (size_t i = 0; i < wires_.size(); ++i) {
      if (watched[1 + 2 * i].revents != 0) drain(wires_[i]);
      if (watched[2 + 2 * i].revents != 0) drain_loopback(wires_[i]);
    }
    // Only now: what hosts had sent when they were told to stop belongs to the record.
    if (watched[0].revents != 0) return;
  }
}

void Pump::drain(const Wire& wire) {
  std::array<std::uint8_t, largest_packet> read_buffer;  // NOLINT: filled by read
  for (int i = 0; i < burst; ++i) {
    const ssize_t length = read(wire.tun, read_buffer.data(), read_buffer.size());
    if (length <= 0) return;  // drained; a device that is gone has nothing more to say
    buffer_.assign(read_buffer.begin(), read_buffer.begin() + length);
    auto packet = Packet::parse(std::move(buffer_));
    buffer_ = {};
    if (!packet) continue;  // IPv6 chatter: nothing that could be routed here
    fabric_.send(wire.host, std::move(*packet), now(), arrived_);
    deliver();
  }
}

void Pump::deliver() {
  for (Delivery& delivery : arrived_) {
    const auto bytes = delivery.packet.bytes();
    // A full device drops, as a real interface would.
    [[maybe_unused]] const ssize_t written =
        write(wires_[static_cast<size_t>(delivery.host)].tun, bytes.data(), bytes.size());
    buffer_ = std::move(delivery.packet).release();
  }
  arrived_.clear();
}

void Pump::drain_loopback(const Wire& wire) {
  std::array<std::uint8_t, largest_packet> read_buffer;  // NOLINT: filled by read
  for (int i = 0; i < burst; ++i) {
    const ssize_t length = read(wire.loopback, read_buffer.data(), read_buffer.size());
    if (length <= 0) return;
    fabric_.overhear(wire.loopback_hop, std::span(read_buffer).first(static_cast<size_t>(length)),
                     now());
  }
}

}  // namespace icelab
