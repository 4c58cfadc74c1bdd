#include "netns/linux/pump.h"

#include "netns/linux/host.h"
#include "netns/linux/thread.h"
#include "src/base/error.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>

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
      uncounted_drops_(wires_.size()),
      wake_event_(check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "create an eventfd")),
      thread_(start_thread([this] {
        std::exception_ptr failure;
        try {
          run();
        } catch (...) {
          failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        failure_ = failure;
        ended_ = true;
        errands_.clear();  // who waits for them is told
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
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_event_.get(), 1);
  thread_.join();
}

void Pump::with_fabric(const std::function<void(Fabric&, Instant)>& work) {
  Errand errand([&] { work(fabric_, fabric_now()); });
  auto done = errand.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    if (ended_) throw std::logic_error("the lab's network has stopped");
    errands_.push_back(std::move(errand));
  }
  eventfd_write(wake_event_.get(), 1);
  done.wait();
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  done.get();
}

void Pump::advance_clock(Duration by) {
  with_fabric([&](Fabric&, Instant) { ahead_ += by; });
}

ProcessorWait Pump::processor_wait() {
  std::optional<ProcessorWait> wait;
  with_fabric([&](Fabric&, Instant) { wait = ProcessorWait::of_this_thread(); });
  return std::move(*wait);
}

bool Pump::do_errands() {
  eventfd_t count = 0;
  eventfd_read(wake_event_.get(), &count);
  std::vector<Errand> errands;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    errands.swap(errands_);
    stopping = stopping_;
  }
  for (auto& errand : errands) errand();
  return !stopping;
}

void Pump::run() {
  // The kernel may delay a sleeper by its timer slack, 50 us unless told otherwise.
  prctl(PR_SET_TIMERSLACK, 1);
  // Programs on the hosts must not keep the network waiting. Root may ask for that; for others it
  // is as it is.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), forwarding_priority);
  std::vector<pollfd> watched{{wake_event_.get(), POLLIN, 0}};
  for (const Wire& wire : wires_) {
    watched.push_back({wire.tun, POLLIN, 0});
    watched.push_back({wire.loopback, POLLIN, 0});  // poll skips negative descriptors
  }
  while (true) {
    wait_for_work(watched);
    fabric_.advance(fabric_now(), arrived_);
    deliver();
    for (size_t i = 0; i < wires_.size(); ++i) {
      if (watched[1 + 2 * i].revents != 0) drain(wires_[i]);
      // The host has removed its interface: nothing comes from there any more.
      if ((watched[1 + 2 * i].revents & POLLERR) != 0) watched[1 + 2 * i].fd = -1;
      if (watched[2 + 2 * i].revents != 0) drain_loopback(wires_[i]);
    }
    if (watched[0].revents != 0 && !do_errands()) break;
  }
  // What hosts had sent when they were told to stop belongs to the record.
  for (const Wire& wire : wires_) drain_rest(wire);
}

void Pump::wait_for_work(std::vector<pollfd>& watched) const {
  const auto departure = fabric_.next_departure();
  timespec patience{};
  if (departure) {
    const auto wait = std::max(Duration{}, *departure - fabric_now());
    patience = {.tv_sec = wait / std::chrono::seconds(1),
                .tv_nsec = (wait % std::chrono::seconds(1)).count()};
  }
  if (ppoll(watched.data(), watched.size(), departure ? &patience : nullptr, nullptr) < 0 &&
      errno != EINTR)
    throw SystemError("wait for packets");
}

bool Pump::drain(const Wire& wire) {
  std::array<std::uint8_t, largest_packet> read_buffer;  // NOLINT: filled by read
  bool is_drained = false;
  for (int i = 0; i < burst; ++i) {
    const auto length = read_packet(wire.tun, read_buffer);
    is_drained = !length;  // a device that is gone has nothing more to say either
    if (is_drained) break;
    auto buffer = spare_buffer();
    buffer.assign(read_buffer.begin(), read_buffer.begin() + static_cast<ssize_t>(*length));
    auto packet = Packet::parse(std::move(buffer));
    if (!packet) continue;  // IPv6 chatter: nothing that could be routed here
    fabric_.send(wire.host, std::move(*packet), fabric_now(), arrived_);
  }
  deliver();
  return is_drained;
}

/// A host may go on sending, and would never be done.
void Pump::drain_rest(const Wire& wire) {
  for (std::uint32_t taken = 0; taken < interface_queue && !drain(wire);) taken += burst;
}

void Pump::deliver() {
  for (size_t i = 0; i < arrived_.size();) {
    const HostId host = arrived_[i].host;
    segments_.clear();
    while (i < arrived_.size() && arrived_[i].host == host && segments_.join(arrived_[i].packet))
      ++i;
    uncounted_drops_[static_cast<size_t>(host)] +=
        writer_.write(wires_[static_cast<size_t>(host)].tun, segments_);
  }
  for (auto& delivery : arrived_) {
    if (spare_.size() < burst) spare_.push_back(std::move(delivery.packet).release());
  }
  arrived_.clear();
}

std::vector<std::uint8_t> Pump::spare_buffer() {
  if (spare_.empty()) return {};
  auto buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void Pump::drain_loopback(const Wire& wire) {
  std::array<std::uint8_t, largest_packet> read_buffer;  // NOLINT: filled by read
  for (int i = 0; i < burst; ++i) {
    const ssize_t length = read(wire.loopback, read_buffer.data(), read_buffer.size());
    if (length <= 0) return;
    fabric_.overhear(wire.loopback_hop, std::span(read_buffer).first(static_cast<size_t>(length)),
                     fabric_now());
  }
}

}  // namespace icelab
