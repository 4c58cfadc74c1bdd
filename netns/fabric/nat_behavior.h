#pragma once

#include "src/base/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace icelab {

/// Whether something depends on the remote endpoint: not at all, on its address, or on address and
/// port. RFC 4787 section 4.1 uses these words for mapping, section 5 for filtering.
enum class Dependence { endpoint_independent, address_dependent, address_and_port_dependent };

/// Which external port a new mapping gets (RFC 4787 section 4.2): the internal one where it can be
/// had, the next free one after the last that was given, or any free one.
enum class PortAssignment { preserve, sequential, random };
/// What a mapping gets whose internal port cannot be preserved: any free one, or the next free one
/// above it.
enum class PortClash { random, next };
/// Whether all mappings of an internal address have the same external one (RFC 4787 REQ-2).
enum class Pooling { paired, arbitrary };
/// Whether hosts inside reach each other by external endpoints, and under which source (RFC 4787
/// section 6; REQ-9 asks for the external one).
enum class Hairpinning { none, external_source, internal_source };
/// What renews a UDP mapping (RFC 4787 section 4.3). None: it ends a lifetime after it began.
enum class Refresh { outbound, inbound, both, none };
/// What becomes of a UDP packet that nobody asked for, besides that it is dropped: nothing; it
/// occupies its destination port, as a connection to the router itself does in Linux; or its source
/// may not enter that port for the time of a mapping's lifetime, whatever is sent to it.
enum class EarlyPacket { ignored, steals_port, blocks_source };
/// How a TCP connection request that nobody asked for is answered (RFC 5382 REQ-4).
enum class UnsolicitedSyn { drop, reset, unreachable };
/// Whether ICMP errors reach whom they concern (RFC 5508 REQ-4 and REQ-5).
enum class IcmpErrors { translated, swallowed };
/// RFC 4787 REQ-14. Passed: each on its own, if it comes after the first one. Reassembled: in
/// whatever order they come, they go on as a whole.
enum class Fragments { passed, reassembled, dropped };

/// An option's choices in the words of scenario files, in the order of the enumeration.
template <typename Choice>
inline constexpr auto words_of = nullptr;
template <>
inline constexpr auto words_of<Dependence> = std::to_array<std::string_view>(
    {"endpoint-independent", "address-dependent", "address-and-port-dependent"});
template <>
inline constexpr auto words_of<PortAssignment> =
    std::to_array<std::string_view>({"preserve", "sequential", "random"});
template <>
inline constexpr auto words_of<PortClash> = std::to_array<std::string_view>({"random", "next"});
template <>
inline constexpr auto words_of<Pooling> = std::to_array<std::string_view>({"paired", "arbitrary"});
template <>
inline constexpr auto words_of<Hairpinning> =
    std::to_array<std::string_view>({"none", "external-source", "internal-source"});
template <>
inline constexpr auto words_of<Refresh> = std::to_array<std::string_view>({"outbound", "inbound",
                                                                           "both", "none"});
template <>
inline constexpr auto words_of<EarlyPacket> =
    std::to_array<std::string_view>({"ignored", "steals-port", "blocks-source"});
template <>
inline constexpr auto words_of<UnsolicitedSyn> =
    std::to_array<std::string_view>({"drop", "reset", "icmp-unreachable"});
template <>
inline constexpr auto words_of<IcmpErrors> = std::to_array<std::string_view>({"translated",
                                                                              "swallowed"});
template <>
inline constexpr auto words_of<Fragments> =
    std::to_array<std::string_view>({"passed", "reassembled", "dropped"});

template <typename Choice>
requires(!std::is_null_pointer_v<
         std::remove_cv_t<decltype(words_of<Choice>)>>) constexpr std::string_view
    to_string(Choice choice) {
  return words_of<Choice>[static_cast<std::size_t>(choice)];
}

/// External ports, both ends included.
struct PortRange {
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;

  [[nodiscard]] constexpr int size() const { return last - first + 1; }
  [[nodiscard]] constexpr bool contains(std::uint16_t port) const {
    return first <= port && port <= last;
  }
  bool operator==(const PortRange&) const = default;
};

/// How one NAT behaves, in the words of RFC 4787 (UDP), RFC 5382 (TCP), RFC 5508 (ICMP), RFC 6888
/// and RFC 7857 (carrier-grade NATs). Plain data, every option independent of the others; the
/// defaults are what RFC 4787 asks of a well-behaved NAT, but without hairpinning and fragments.
struct NatBehavior {
  Dependence mapping = Dependence::endpoint_independent;
  Dependence filtering = Dependence::endpoint_independent;
  std::optional<Dependence> tcp_mapping = {};    // RFC 5382 REQ-1; as UDP's if left out
  std::optional<Dependence> tcp_filtering = {};  // RFC 5382 REQ-3; as UDP's if left out

  PortAssignment port_assignment = PortAssignment::preserve;
  PortClash on_clash = PortClash::random;  // only where ports are preserved
  /// An even internal port gets an even external one, an odd one an odd one (RFC 4787 REQ-4).
  bool port_parity = false;
  /// Where no port of its own is to be had, an internal endpoint shares another one's, and the
  /// remote endpoint tells them apart (RFC 4787 section 4.2.1). Towards a remote endpoint for which
  /// the shared port is in use, a mapping of its own is made.
  bool port_overloading = false;
  /// Each internal address gets its ports in blocks of so many (RFC 6888, RFC 7857), one more when
  /// they are used up.
  std::optional<int> port_block = {};
  /// Which there are. If left out 1024-65535, and besides those any that can be preserved.
  std::optional<PortRange> ports = {};
  int external_addresses = 1;
  Pooling pooling = Pooling::paired;
  /// RFC 6888 REQ-4; a subscriber is an internal address.
  std::optional<int> mappings_per_subscriber = {};

  Hairpinning hairpinning = Hairpinning::none;

  /// How long a UDP mapping lives after the last packet that renews it (RFC 4787 REQ-5: at least
  /// two minutes, five recommended).
  Duration mapping_lifetime = std::chrono::minutes(5);
  /// How long instead after a packet of a conversation whose other side has not answered, or which
  /// is younger than new_conversation: Linux's nf_conntrack_udp_timeout (nf_conntrack-sysctl.rst).
  std::optional<Duration> unanswered_lifetime = {};
  static constexpr Duration new_conversation = std::chrono::seconds(2);
  Refresh refresh = Refresh::outbound;
  EarlyPacket early_packet = EarlyPacket::ignored;

  UnsolicitedSyn unsolicited_syn = UnsolicitedSyn::drop;
  bool simultaneous_open = true;  // RFC 5382 REQ-2
  // RFC 5382 REQ-5: while a connection is established; and before and after.
  Duration tcp_established_lifetime = std::chrono::minutes(2 * 60 + 4);
  Duration tcp_transitory_lifetime = std::chrono::minutes(4);

  Duration icmp_lifetime = std::chrono::seconds(60);  // of a query: RFC 5508 REQ-2
  IcmpErrors icmp_errors = IcmpErrors::translated;

  Fragments fragments = Fragments::dropped;
  /// An application-level gateway of the kind for which STUN has XOR-MAPPED-ADDRESS (RFC 8489
  /// section 14.2): where a UDP or TCP payload holds the internal address as headers do, the
  /// external one takes its place, and the other way round.
  bool rewrites_payload = false;

  bool operator==(const NatBehavior&) const = default;
};

}  // namespace icelab
