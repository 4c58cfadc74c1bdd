#pragma once

#include "harness/scenario/boxes.h"
#include "harness/scenario/events.h"
#include "reports/report.h"
#include "src/base/clock.h"
#include "src/ice/candidate.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icelab {

// What a scenario file says, as plain values, for one cell of its matrix. See docs/scenario.md.

/// Bytes of a scenario file, or of a file with one box: more is a mistake.
inline constexpr size_t largest_scenario = 1U << 20;

/// The way to the internet: boxes from the host outwards, and the shared network outside them.
struct Way {
  std::vector<BoxSpec> boxes;
  std::string network;  // by its name; empty: the internet itself
};

/// A network that several peers share: a home, an office, a carrier's.
struct NetworkSpec {
  std::string name;
  Way way;
};

/// An interface of a peer's host, and its way to the internet.
struct UplinkSpec {
  std::string interface = "eth0";
  Way way;
};

enum class Nomination { regular, aggressive };
/// How an agent reaches the TURN server; tcp_443 is TCP to the port that nearly every firewall
/// leaves open.
enum class TurnTransport { udp, tcp, tcp_443 };

/// How a peer's agent is set up. Everything has the stack's own default where it is left out.
struct AgentSpec {
  std::string kind = "libnice";  // or "chromium", "call-page"; empty if it is a command
  std::vector<std::string>
      command;  // any executable that speaks the agent protocol, and its arguments
  Nomination nomination = Nomination::aggressive;
  std::vector<TurnTransport> turn = {TurnTransport::udp};  // empty: no TURN
  bool stun =
      false;  // ask the server by plain STUN too; with TURN the allocation already tells (docs)
  bool force_relay = false;
  bool ice_udp = true;
  bool ice_tcp = false;
  std::string proxy{};                 // the server through which TURN over TCP goes; empty: none
  std::optional<int> port;             // of its host candidates
  std::optional<int> pacing_ms;        // Ta, RFC 8445 section 14
  std::optional<int> retransmissions;  // Rc, RFC 8489 section 6.2.1

  [[nodiscard]] bool is_browser() const { return kind == "chromium" || is_on_call_page(); }
  /// Whether a server of the lab's, and not the harness, is its signalling channel.
  [[nodiscard]] bool is_on_call_page() const { return kind == "call-page"; }
};

/// Of which IP versions a peer's host has addresses.
enum class IpVersions { ipv4, dual_stack, ipv6 };
template <>
inline constexpr auto words_of<IpVersions> = std::to_array<std::string_view>({"ipv4", "dual-stack",
                                                                              "ipv6"});

/// Where a peer's host has its IPv6 addresses from: they are given to it, without or with a
/// link-local one beside them; or it forms them as its router advertises (RFC 4861, RFC 4862), for
/// which it needs the link-local one.
enum class Ipv6Addresses { fixed, fixed_and_link_local, advertised };
template <>
inline constexpr auto words_of<Ipv6Addresses> =
    std::to_array<std::string_view>({"static", "static-and-link-local", "router-advertisement"});

struct PeerSpec {
  std::string name;
  AgentSpec agent;
  std::vector<UplinkSpec> uplinks = {{}};  // at least one; the host prefers the first
  IpVersions ip = IpVersions::ipv4;
  Ipv6Addresses ipv6_addresses = Ipv6Addresses::fixed;
};

/// Which program a server is: a STUN and TURN server, an HTTP proxy, or the call page with its
/// signalling.
enum class ServerKind { coturn, tinyproxy, serve };
template <>
inline constexpr auto words_of<ServerKind> = std::to_array<std::string_view>({"coturn", "tinyproxy",
                                                                              "serve"});

/// How agents are told of a server: by its addresses, or by its name, for which they ask a
/// resolver.
enum class ToldBy { address, name };
template <>
inline constexpr auto words_of<ToldBy> = std::to_array<std::string_view>({"address", "name"});

struct ServerSpec {
  std::string name;
  ServerKind kind = ServerKind::coturn;
  ToldBy told_by = ToldBy::address;
};

/// Who there is in a lab, and how they are connected.
struct Topology {
  std::vector<NetworkSpec> networks;  // each after the one that it lies in
  std::vector<PeerSpec> peers;        // in a scenario two; the first is controlling
  std::vector<ServerSpec> servers;
};

/// What must hold of a run; a field that is left out is not asked for.
struct Expectation {
  std::string pointer;  // where in the file, for messages: "/expect/1"
  std::optional<bool> connected{};
  std::optional<Path> path{};
  std::string
      after{};  // an event of whose aftermath it speaks; empty: of the way to the first data
  std::optional<Duration> noticed_within{};
  std::optional<Duration> recovered_within{};
  std::optional<bool> recovered{};  // by the end of the run
  /// Connected whenever the network allows it, and directly whenever it allows that.
  bool possible = false;
};

/// A candidate as far as it is the same in every run: ports are left to chance.
struct CandidateClass {
  CandidateType type = CandidateType::host;
  CandidateTransport transport = CandidateTransport::udp;
  IpAddress address;
  bool operator==(const CandidateClass&) const = default;
};
inline CandidateClass class_of(const Candidate& candidate) {
  return {candidate.type, candidate.transport, candidate.endpoint.address};
}
/// One of the first peer's candidates, and one of the second's.
using SignalledPair = std::array<CandidateClass, 2>;

/// One run to be made: a cell of a scenario's matrix, once.
struct RunPlan {
  std::string scenario;
  std::string title;
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
  int repeat = 0;
  unsigned seed = 1;
  Duration deadline = std::chrono::seconds(30);
  Topology topology;
  std::vector<EventSpec> events;          // each after those that it waits for
  std::vector<Expectation> expectations;  // those whose `when` holds for this cell
  /// Whether each pair of candidates is to be tried by itself as well, in a run of its own.
  bool exhaustive = false;
  std::optional<SignalledPair> only{};  // in such a run: what agents are told of each other

  /// "classic/full-cone/symmetric", or "single" for a scenario without a matrix: what a filter
  /// matches.
  [[nodiscard]] std::string full_name() const;
};

/// One thing wrong with a file: where, and what to write instead.
struct Fault {
  std::string file;
  std::string pointer;  // JSON pointer (RFC 6901); empty if the file is not JSON at all
  std::string message;

  /// "scenarios/a.json: /peers/bob/behnd: unknown key; did you mean 'behind'?"
  [[nodiscard]] std::string to_string() const;
};

}  // namespace icelab
