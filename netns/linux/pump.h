#pragma once

#include "netns/fabric/fabric.h"
#include "netns/linux/processor_wait.h"
#include "netns/linux/tun.h"
#include "src/base/descriptor.h"

#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

struct pollfd;

namespace icelab {

/// Where a host's packets come from and go to.
struct Wire {
  HostId host;
  int tun = -1;
  int loopback = -1;  // -1: not overheard
  HopId loopback_hop{};
};

/// Carries packets between the hosts' TUN devices and the fabric, on a thread of its own, which
/// owns the fabric until stop() gives its recording back. The descriptors must stay open until
/// then.
///
/// The fabric's time is the machine's, and as much more as advance_clock() has added: what takes
/// minutes, such as the end of a mapping, need not be waited for.
class Pump {
 public:
  Pump(Fabric fabric, std::vector<Wire> wires);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  /// Does something with the fabric, on its thread, at its present time, and waits until it is
  /// done. Exceptions come back.
  void with_fabric(const std::function<void(Fabric&, Instant)>& work);
  void advance_clock(Duration by);
  /// Of its thread.
  ProcessorWait processor_wait();

  /// Ends the thread after what is under way, and returns what was recorded. Throws what the thread
  /// threw.
  Recording stop();
  /// Once it has stopped: what a host's interface dropped of what it was given, and did not count.
  [[nodiscard]] std::uint64_t uncounted_drops(HostId host) const {
    return uncounted_drops_[static_cast<size_t>(host)];
  }

 private:
  using Errand = std::packaged_task<void()>;

  void run();
  [[nodiscard]] Instant fabric_now() const { return now() + ahead_; }
  void wait_for_work(std::vector<pollfd>& watched) const;
  /// Carries a burst of what a host has sent; true if there is no more.
  bool drain(const Wire& wire);
  /// Carries all that it had sent by now.
  void drain_rest(const Wire& wire);
  void drain_loopback(const Wire& wire);
  void deliver();
  std::vector<std::uint8_t> spare_buffer();
  /// False once stop() was called.
  bool do_errands();
  void join();

  // The thread's own.
  Fabric fabric_;
  std::vector<Wire> wires_;  // by HostId
  Duration ahead_{};         // of the machine's clock
  std::vector<Delivery> arrived_;
  Segments segments_;
  TunWriter writer_;
  std::vector<std::uint64_t> uncounted_drops_;    // by HostId
  std::vector<std::vector<std::uint8_t>> spare_;  // the memory of packets that are done with

  // What others want of it; the event wakes it.
  Descriptor wake_event_;
  std::mutex mutex_;
  std::vector<Errand> errands_;
  bool stopping_ = false;
  bool ended_ = false;
  std::exception_ptr failure_;

  std::thread thread_;
};

}  // namespace icelab
