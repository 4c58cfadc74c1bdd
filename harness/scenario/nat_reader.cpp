#include "harness/scenario/nat_reader.h"

#include "harness/scenario/catalogue.h"
#include "harness/scenario/choice_reader.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr double longest_lifetime_s = 86400;
constexpr double longest_tcp_lifetime_s = 10 * 86400;  // Linux's is five days
constexpr int largest_port = 65535;
constexpr int most_addresses = 16;

template <typename Choice>
void read_optional_choice(const JsonObject& object, std::string_view key,
                          std::optional<Choice>& choice) {
  if (!object.find(key)) return;
  Choice read{};
  read_choice(object, key, read);
  choice = read;
}

void read_flag(const JsonObject& object, std::string_view key, bool& flag) {
  flag = object.boolean(key).value_or(flag);
}

void read_count(const JsonObject& object, std::string_view key, std::optional<int>& count) {
  if (const auto read = object.integer(key, 1, largest_port)) count = read;
}

void read_lifetime(const JsonObject& object, std::string_view key, double longest_s,
                   Duration& lifetime) {
  if (const auto lifetime_s = object.number(key, 0, longest_s)) lifetime = duration_of(*lifetime_s);
}

void read_ports(const JsonObject& object, std::optional<PortRange>& ports) {
  const auto member = object.find("ports");
  if (!member) return;
  const auto ends = member->json().is_array() ? member->elements() : std::vector<JsonReader>();
  if (ends.size() != 2) {
    member->expected("the first port and the last, such as [40000, 40099]");
    return;
  }
  const auto first = ends[0].integer(1, largest_port);
  const auto last = ends[1].integer(1, largest_port);
  if (!first || !last) return;
  if (*last < *first) {
    member->add_fault(
        fmt::format("no port is from {} to {}: the first comes first", *first, *last));
    return;
  }
  ports = PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

void read_tcp(const JsonReader& reader, NatBehavior& nat) {
  const auto object = reader.object({"mapping", "filtering", "unsolicited_syn", "simultaneous_open",
                                     "established_lifetime_s", "transitory_lifetime_s"});
  read_optional_choice(object, "mapping", nat.tcp_mapping);
  read_optional_choice(object, "filtering", nat.tcp_filtering);
  read_choice(object, "unsolicited_syn", nat.unsolicited_syn);
  read_flag(object, "simultaneous_open", nat.simultaneous_open);
  read_lifetime(object, "established_lifetime_s", longest_tcp_lifetime_s,
                nat.tcp_established_lifetime);
  read_lifetime(object, "transitory_lifetime_s", longest_tcp_lifetime_s,
                nat.tcp_transitory_lifetime);
}

void read_icmp(const JsonReader& reader, NatBehavior& nat) {
  const auto object = reader.object({"errors", "lifetime_s"});
  read_choice(object, "errors", nat.icmp_errors);
  read_lifetime(object, "lifetime_s", longest_lifetime_s, nat.icmp_lifetime);
}

void read_port_assignment(const JsonObject& object, NatBehavior& nat) {
  read_choice(object, "port_assignment", nat.port_assignment);
  read_choice(object, "on_clash", nat.on_clash);
  read_flag(object, "port_parity", nat.port_parity);
  read_flag(object, "port_overloading", nat.port_overloading);
  read_count(object, "port_block", nat.port_block);
  read_ports(object, nat.ports);
  nat.external_addresses =
      object.integer("external_addresses", 1, most_addresses).value_or(nat.external_addresses);
  read_choice(object, "pooling", nat.pooling);
  read_count(object, "mappings_per_subscriber", nat.mappings_per_subscriber);
}

/// Finds fault with options that make no sense together: at the first of the keys that is written
/// here, since what is not comes from a profile, which is sound in itself.
class Contradictions {
 public:
  Contradictions(const JsonObject& object, const NatBehavior& nat) : object_(object), nat_(nat) {}

  void find() const {
    const bool preserves = nat_.port_assignment == PortAssignment::preserve;
    const PortRange ports = nat_.ports.value_or(PortRange());
    if (!preserves && object_.find("on_clash")) {
      blame({"on_clash"},
            fmt::format("nothing clashes where ports are not preserved, but {}: leave it out",
                        to_string(nat_.port_assignment)));
    }
    if (nat_.port_block && preserves && !is_mistaken("port_assignment", "preserve")) {
      blame({"port_block", "port_assignment"},
            "a preserved port need not lie in its subscriber's block: port blocks need "
            "'sequential' or 'random' port assignment");
    }
    if (nat_.port_block.value_or(0) > ports.size()) {
      blame({"port_block", "ports"},
            fmt::format("a block of {} ports does not fit into the {} from {} to {}",
                        *nat_.port_block, ports.size(), ports.first, ports.last));
    }
    if (nat_.port_parity && (ports.size() == 1 || nat_.port_block == 1)) {
      blame({"port_parity", "port_block", "ports"},
            "a single port is either even or odd: parity needs two at least");
    }
    if (nat_.unanswered_lifetime && nat_.refresh == Refresh::none &&
        !is_mistaken("refresh", "none")) {
      blame({"unanswered_lifetime_s", "refresh"},
            "what is never renewed gains nothing from an answer: an unanswered lifetime needs "
            "'refresh' by 'outbound', 'inbound' or 'both'");
    }
    if (nat_.unanswered_lifetime.value_or(Duration()) > nat_.mapping_lifetime) {
      blame({"unanswered_lifetime_s", "mapping_lifetime_s"},
            "an answer makes a mapping live longer, not shorter: the unanswered lifetime is at "
            "most 'mapping_lifetime_s'");
    }
    if (nat_.pooling == Pooling::arbitrary && nat_.external_addresses == 1 &&
        !is_mistaken("external_addresses", 1)) {
      blame({"pooling", "external_addresses"},
            "among a single external address nothing is arbitrary: pooling needs "
            "'external_addresses' above 1");
    }
  }

 private:
  /// Whether what is written here could not be read, so that the default stands in for it.
  [[nodiscard]] bool is_mistaken(std::string_view key, const Json& read) const {
    const auto member = object_.find(key);
    return member && member->json() != read;
  }

  void blame(std::initializer_list<std::string_view> keys, std::string message) const {
    for (const auto key : keys) {
      if (const auto member = object_.find(key)) return member->add_fault(std::move(message));
    }
  }

  const JsonObject& object_;
  const NatBehavior& nat_;
};

NatBehavior read_behavior(const JsonReader& reader) {
  const auto object = reader.object({"profile",
                                     "mapping",
                                     "filtering",
                                     "port_assignment",
                                     "on_clash",
                                     "port_parity",
                                     "port_overloading",
                                     "port_block",
                                     "ports",
                                     "external_addresses",
                                     "pooling",
                                     "mappings_per_subscriber",
                                     "hairpinning",
                                     "mapping_lifetime_s",
                                     "unanswered_lifetime_s",
                                     "refresh",
                                     "early_packet",
                                     "tcp",
                                     "icmp",
                                     "fragments",
                                     "rewrites_payload"});
  NatBehavior nat;
  if (const auto base = object.find("profile")) {
    if (base->json().is_string()) {
      nat = read_nat(*base).value_or(nat);
    } else {
      base->expected("a NAT's name");
    }
  }
  read_choice(object, "mapping", nat.mapping);
  read_choice(object, "filtering", nat.filtering);
  read_port_assignment(object, nat);
  read_choice(object, "hairpinning", nat.hairpinning);
  read_lifetime(object, "mapping_lifetime_s", longest_lifetime_s, nat.mapping_lifetime);
  if (const auto lifetime_s = object.number("unanswered_lifetime_s", 0, longest_lifetime_s))
    nat.unanswered_lifetime = duration_of(*lifetime_s);
  read_choice(object, "refresh", nat.refresh);
  read_choice(object, "early_packet", nat.early_packet);
  if (const auto tcp = object.find("tcp")) read_tcp(*tcp, nat);
  if (const auto icmp = object.find("icmp")) read_icmp(*icmp, nat);
  read_choice(object, "fragments", nat.fragments);
  read_flag(object, "rewrites_payload", nat.rewrites_payload);
  Contradictions(object, nat).find();
  return nat;
}

}  // namespace

std::optional<NatBehavior> read_nat(const JsonReader& reader) {
  if (reader.json().is_object()) return read_behavior(reader);
  if (reader.json().is_string()) {
    const auto name = reader.word("NAT", names_of_single("nat"));
    return name ? read_nat(reader.stand_in(single_box(*name, "nat"))) : std::nullopt;
  }
  reader.expected("a NAT's name or an object");
  return std::nullopt;
}

}  // namespace icelab
