#pragma once

#include "src/net/address.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

// What NAT discovery found out, in the words of RFC 4787 and RFC 5780: plain values. (They are not
// the types of netns/fabric: whoever measures shares nothing with what is measured.)

/// Why something could not be found out.
struct Unknown {
  enum class Reason {
    blocked,       // nothing was answered at all
    lossy,         // silence would mean something, but packets are being lost
    server_unfit,  // the server is not, or not truly, one of RFC 5780
    hidden,        // another behaviour of the NAT would look the same
    not_tested,
  };
  Reason reason = Reason::not_tested;
  std::string detail;

  /// "server unfit: its answer has no OTHER-ADDRESS"
  [[nodiscard]] std::string to_string() const;
};

/// A value that was found out, or why it was not.
template <typename Value>
class Finding {
 public:
  Finding(Value value) : content_(std::move(value)) {}        // NOLINT(google-explicit-constructor)
  Finding(Unknown unknown) : content_(std::move(unknown)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return std::holds_alternative<Value>(content_); }
  /// Throws std::bad_variant_access if it is unknown.
  const Value& operator*() const { return std::get<Value>(content_); }
  const Value* operator->() const { return &std::get<Value>(content_); }
  /// Throws std::bad_variant_access if it is known.
  [[nodiscard]] const Unknown& unknown() const { return std::get<Unknown>(content_); }

 private:
  std::variant<Value, Unknown> content_;
};

/// A server that does as RFC 5780 asks.
struct BehaviorServer {
  Endpoint primary;
  Endpoint other;  // its OTHER-ADDRESS: both address and port differ
};

/// RFC 5780 section 4.3. Varies: not the same from every source port.
enum class MappingBehavior {
  endpoint_independent,
  address_dependent,
  address_and_port_dependent,
  varies,
};
struct MappingSeen {
  MappingBehavior behavior = MappingBehavior::endpoint_independent;
  // What differs between destinations: a carrier's NAT may vary the address alone.
  bool address_varies = false;
  bool port_varies = false;
  int sources = 0;     // local endpoints from which it was seen whole
  int incomplete = 0;  // others, from which not every request was answered
  /// Whether another host used the same source ports. Without it a NAT that preserves ports may
  /// look endpoint-independent, and not be.
  bool clash_tested = false;
};

/// RFC 5780 section 4.4. A host without a NAT has one too: its firewall's.
enum class FilteringBehavior {
  endpoint_independent,
  address_dependent,
  address_and_port_dependent,
};

/// RFC 4787 section 4.2.1.
enum class PortRule { preserved, sequential, random };
struct PortsSeen {
  PortRule rule = PortRule::preserved;
  int step = 0;       // from one mapping to the next; only if sequential
  int preserved = 0;  // so many of
  int sources = 0;    // so many source ports; if preserved, the others clashed with something
};

/// RFC 4787 section 4.1. One address: either there is but one, or they are paired with hosts.
enum class AddressPooling { one_address, paired, arbitrary };
struct ExternalAddresses {
  AddressPooling pooling = AddressPooling::one_address;
  std::vector<IpAddress> addresses;  // in order
};

/// RFC 5780 section 4.5: under which source a packet to the own mapped address comes back. One host
/// alone can hardly tell none from internal: Linux drops what arrives from an address of its own.
enum class HairpinSource { none, external, internal, other };
struct HairpinSeen {
  HairpinSource source = HairpinSource::none;
  std::optional<Endpoint> seen_from;  // unless none
};

/// A mapping that was seen to be made.
struct SeenMapping {
  Endpoint local;
  Endpoint external;
  bool operator==(const SeenMapping&) const = default;
};

struct NatFindings {
  Finding<BehaviorServer> server;
  Finding<bool> translated;  // whether there is a NAT at all
  Finding<FilteringBehavior> filtering;
  Finding<MappingSeen> mapping;
  Finding<PortsSeen> ports;
  /// Whether even ports become even ones and odd ones odd (RFC 4787 section 4.2.2).
  Finding<bool> parity_preserved;
  Finding<ExternalAddresses> external_addresses;
  Finding<HairpinSeen> hairpinning;
  /// Whether addresses in payloads are rewritten on the way, which XOR-MAPPED-ADDRESS was made to
  /// survive (RFC 8489 section 14.2).
  Finding<bool> payload_rewritten;
  std::vector<SeenMapping> mappings;  // in the order in which they were asked for
};

std::string_view to_string(Unknown::Reason reason);
std::string_view to_string(MappingBehavior behavior);
std::string_view to_string(FilteringBehavior behavior);
std::string_view to_string(PortRule rule);
std::string_view to_string(AddressPooling pooling);
std::string_view to_string(HairpinSource source);

}  // namespace icelab
