#pragma once

#include "harness/certify/testbed.h"
#include "src/base/clock.h"

#include <functional>
#include <string>

namespace icelab {

// What a NAT does, found out from its two sides with plain sockets. Each function asks one question
// of a fresh testbed, and answers in the words of scenario files. None of it shares code with
// the NAT.

/// How the external endpoint depends on the remote one (RFC 4787 section 4.1, RFC 5382
/// section 4.1). Another host has taken the port before, so that a NAT which preserves ports must
/// show its hand.
std::string measure_udp_mapping(Testbed& bed);
std::string measure_tcp_mapping(Testbed& bed);

/// Who is let in (RFC 4787 section 5, RFC 5382 section 4.3).
std::string measure_udp_filtering(Testbed& bed);
std::string measure_tcp_filtering(Testbed& bed);

/// "preserve", "sequential" or "random", by so many sockets; the more, the surer.
std::string measure_port_assignment(Testbed& bed, int sockets);
/// Which port a host gets whose own is taken: "next" or "random"; "shared" where it is the same,
/// for another remote endpoint (port overloading).
std::string measure_port_clash(Testbed& bed);
/// "kept" or "not kept".
std::string measure_port_parity(Testbed& bed, int sockets);
/// Of how many consecutive ports a host's are, at most `block`: "16", or "more than 16".
std::string measure_port_block(Testbed& bed, int sockets, int block);
/// Whether a host has one external address or several: "paired" or "arbitrary".
std::string measure_pooling(Testbed& bed, int sockets);

/// What a host gets that uses half a block more than one, both of them counted from port `first`:
/// "one more, its own", "shared with a neighbor", or in how many blocks its ports are: "5 in all".
std::string measure_second_port_block(Testbed& bed, std::uint16_t first, int block);
/// How many ports there are for everyone, at most `ports`, and what becomes of a mapping after
/// that towards another destination (RFC 4787 section 4.2.1): "64, then none", "64, then shared".
std::string measure_port_exhaustion(Testbed& bed, int ports);

/// "none", "external-source" or "internal-source".
std::string measure_hairpinning(Testbed& bed);

/// Whether a mapping lives as long as is claimed, more or less: "300 s", "shorter", "longer".
std::string measure_lifetime(Testbed& bed, Duration claimed);
/// The same of one through which both sides have talked for longer than two seconds: before, Linux
/// does not give it its full life, but one of `unanswered`.
std::string measure_settled_lifetime(Testbed& bed, Duration claimed, Duration unanswered);
/// What renews it: "outbound", "inbound", "both", "none".
std::string measure_refresh(Testbed& bed, Duration lifetime);
std::string measure_settled_refresh(Testbed& bed, Duration lifetime, Duration unanswered);

/// What an unsolicited packet does to the port that it aims at: "ignored", "steals-port",
/// "blocks-source".
std::string measure_early_packet(Testbed& bed);
/// "drop", "reset" or "icmp-unreachable".
std::string measure_unsolicited_syn(Testbed& bed);

/// The same of the mapping of a TCP connection, established (RFC 5382 REQ-5) and reset.
std::string measure_tcp_established_lifetime(Testbed& bed, Duration claimed);
std::string measure_tcp_transitory_lifetime(Testbed& bed, Duration claimed);
/// Whether SYNs that cross make a connection (RFC 5382 REQ-2): "supported" or "refused".
std::string measure_simultaneous_open(Testbed& bed);

/// Of an ICMP query (RFC 5508 REQ-2); as above.
std::string measure_icmp_lifetime(Testbed& bed, Duration claimed);
/// Errors about UDP and about TCP (RFC 5508 REQ-4): "translated" or "swallowed".
std::string measure_icmp_errors(Testbed& bed);
std::string measure_icmp_errors_for_tcp(Testbed& bed);
/// "passed" (in their order only), "reassembled" or "dropped".
std::string measure_fragments(Testbed& bed);
/// "rewritten" or "untouched".
std::string measure_payload(Testbed& bed);

/// How many mappings one host can have, if it is no more than `most`: "64", or "more than 64".
std::string measure_mappings(Testbed& bed, int most);

}  // namespace icelab
