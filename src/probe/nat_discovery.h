#pragma once

#include "src/base/descriptor.h"
#include "src/base/event_loop.h"
#include "src/probe/nat_evidence.h"
#include "src/probe/nat_findings.h"
#include "src/probe/stun_transaction.h"

#include <functional>
#include <memory>
#include <vector>

namespace icelab {

/// Opens a UDP socket bound to one local address, and to this port or, if it is 0, to any. Throws
/// SystemError, for a port that is taken as well. It decides where in the world that is: in a lab's
/// namespace, or on one of a host's interfaces.
using SocketFactory = std::function<Descriptor(std::uint16_t port)>;

struct DiscoverySettings {
  Retransmission retransmission = {};
  /// How many source ports to see mapped. Two tell little; sixteen tell parity from chance.
  int source_ports = 16;
  /// Hairpinning has to be asked for: firewalls may take it for an attack.
  bool hairpinning = false;
  /// How often what waits for silence is done while packets are being lost.
  int most_rounds = 3;
  /// Another host behind the same NAT, if there is one: it uses the same source ports, so that a
  /// NAT that preserves ports has to show what it does when it cannot; and hairpinning is between
  /// the two, which alone shows all that there may be.
  SocketFactory neighbor = {};
};

/// Finds out how the NATs and firewalls between here and one RFC 5780 server behave, by asking it
/// and nobody else. Filtering comes first, with sockets that have sent nothing to the server's
/// other endpoints; then mapping, from several source ports. All that waits for silence does so at
/// the same time: it takes one silence if nothing is wrong, one more for each round that packets
/// were lost in or if the server fails at its other endpoints.
///
/// The server must be asked at its first address: coturn, asked at its second, gives that very
/// address as the other one, and is found unfit.
class NatDiscovery {
 public:
  /// Starts at once. `done` is called once, from the loop, and may destroy this.
  NatDiscovery(EventLoop& loop, const Endpoint& server, SocketFactory sockets,
               DiscoverySettings settings, std::function<void(NatFindings)> done);
  ~NatDiscovery();
  NatDiscovery(const NatDiscovery&) = delete;
  NatDiscovery& operator=(const NatDiscovery&) = delete;

  /// All that happened, once it is done; before, nothing.
  [[nodiscard]] const NatEvidence& evidence() const { return evidence_; }

 private:
  struct Filtering;
  struct Hairpin;
  struct Round;
  struct Opened;
  struct Series;
  using Step = void (NatDiscovery::*)();

  StunSocket& open(const SocketFactory& factory, std::uint16_t port = 0);
  StunTransaction& ask(StunSocket& socket, const StunQuery& query, std::function<void()> done);

  // The steps, each after the one before it.
  void make_contact();
  void judge_contact();
  void start_round();
  void end_round();
  void start_opened();
  void start_mapping();
  void finish();
  [[nodiscard]] NatEvidence gather() const;

  void ask_for_plain_copy();
  void test_filtering(Filtering& test);
  void test_hairpinning(Hairpin& test);
  void send_hairpin(Hairpin& test);
  void test_opened(Opened& test);
  void open_source_ports();
  void ask_next_series();

  /// A step ends when all that was begun in it has ended; then comes the next one.
  void begin() { ++begun_; }
  void end();

  EventLoop& loop_;
  Endpoint server_;
  Endpoint other_;  // the server's, once it has been told
  SocketFactory sockets_factory_;
  DiscoverySettings settings_;
  std::function<void(NatFindings)> done_;
  NatEvidence evidence_;

  int begun_ = 0;
  Step next_ = nullptr;

  // Open until the end, so that no source port is used twice. Transactions go before sockets.
  std::vector<std::unique_ptr<StunSocket>> sockets_;
  std::vector<std::unique_ptr<StunTransaction>> transactions_;
  StunTransaction* contact_ = nullptr;
  StunTransaction* classic_ = nullptr;
  std::vector<std::unique_ptr<Round>> rounds_;
  std::unique_ptr<Opened> opened_both_;
  std::unique_ptr<Opened> opened_port_;
  std::vector<Series> series_;
  size_t asked_ = 0;  // requests of the mapping test
  EventLoop::Watch finished_;
};

}  // namespace icelab
