#pragma once

#include "netns/fabric/box.h"

#include <optional>

namespace icelab {

/// IPv6-to-IPv6 network prefix translation: RFC 6296. Stateless and one to one: each address of the
/// internal prefix has its counterpart in the external one, ports stay, and so do transport
/// checksums, since one word of the address takes up what the prefix adds to them. No filtering:
/// that is a firewall's matter (section 1.1). Other packets pass as through a router.
class Nptv6 final : public Box {
 public:
  /// Two prefixes of one length, of at most 64 bits.
  Nptv6(const IpPrefix& internal, const IpPrefix& external)
      : internal_(internal), external_(external) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }
  [[nodiscard]] std::span<const IpPrefix> external_prefixes() const override {
    return {&external_, 1};
  }
  [[nodiscard]] bool is_transparent_for(const IpAddress& inside) const override {
    return !internal_.contains(inside);
  }

  /// The counterpart of an internal address, or of an external one; nullopt for an address that
  /// has none (section 3.7).
  [[nodiscard]] std::optional<IpAddress> to_external(const IpAddress& internal) const;
  [[nodiscard]] std::optional<IpAddress> to_internal(const IpAddress& external) const;

 private:
  IpPrefix internal_, external_;
};

}  // namespace icelab
