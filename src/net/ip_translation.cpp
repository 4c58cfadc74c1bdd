#include "src/net/ip_translation.h"

#include "src/net/icmp_translation.h"
#include "src/net/packet_place.h"

#include <algorithm>
#include <optional>

namespace icelab {
namespace {

using namespace transport_header;
using Bytes = std::vector<std::uint8_t>;

/// A packet cannot be translated; for the way up to where that is said.
struct Failure {
  std::string_view why;
};

/// What the headers of either version say, in one form.
struct IpInfo {
  std::size_t header;          // bytes
  std::size_t content;         // bytes after it, as it claims: of a quote, not all are here
  std::uint8_t traffic_class;  // IPv4's type of service
  std::uint8_t time_to_live;
  std::uint8_t protocol;  // in the words of the version
  IpAddress source{}, destination{};
  bool is_fragment = false;
  std::size_t offset = 0;  // in bytes
  bool more_fragments = false;
  std::uint32_t identification = 0;
};

std::optional<IpInfo> read_ipv4(std::span<const std::uint8_t> ip) {
  using namespace ipv4_header;
  if (ip.size() < smallest || ip[0] >> 4 != 4) return std::nullopt;
  const std::size_t header = ipv4_header::length(ip.data());
  const std::size_t total = load16(&ip[total_length]);
  if (header < smallest || ip.size() < header || total < header) return std::nullopt;
  const std::uint16_t field = load16(&ip[ipv4_header::fragment]);
  const bool more = (field & ipv4_header::more_fragments) != 0;
  const std::size_t offset = (field & ipv4_header::fragment_offset) * 8U;
  return IpInfo{.header = header,
                .content = total - header,
                .traffic_class = ip[1],
                .time_to_live = ip[ipv4_header::time_to_live],
                .protocol = ip[ipv4_header::protocol],
                .source = IpAddress::v4(load32(&ip[ipv4_header::source])),
                .destination = IpAddress::v4(load32(&ip[ipv4_header::destination])),
                .is_fragment = more || offset != 0,
                .offset = offset,
                .more_fragments = more,
                .identification = load16(&ip[ipv4_header::identification])};
}

std::optional<IpInfo> read_ipv6(std::span<const std::uint8_t> ip) {
  using namespace ipv6_header;
  if (ip.size() < size || ip[0] >> 4 != 6) return std::nullopt;
  const auto chain = follow(ip);
  if (!chain) return std::nullopt;
  const std::size_t total = size + load16(&ip[payload_length]);
  if (total < chain->size) return std::nullopt;
  IpInfo info{.header = chain->size,
              .content = total - chain->size,
              .traffic_class = static_cast<std::uint8_t>(load16(ip.data()) >> 4),
              .time_to_live = ip[hop_limit],
              .protocol = chain->next,
              .source = ipv6_address_at(&ip[ipv6_header::source]),
              .destination = ipv6_address_at(&ip[ipv6_header::destination])};
  if (chain->is_fragmented()) {
    const std::uint8_t* header = &ip[chain->fragment];
    const std::uint16_t field = load16(header + fragment_field);
    info.offset = field & ipv6_header::fragment_offset;
    info.more_fragments = (field & ipv6_header::more_fragments) != 0;
    info.is_fragment = info.more_fragments || info.offset != 0;
    info.identification = load32(header + fragment_identification);
  }
  return info;
}

Bytes write_ipv6(const IpInfo& info) {
  using namespace ipv6_header;
  Bytes bytes(size + (info.is_fragment ? fragment_size : 0));
  const std::size_t length = bytes.size() - size + info.content;
  store16(bytes.data(), static_cast<std::uint16_t>(0x6000 | (info.traffic_class << 4)));
  store16(&bytes[payload_length], static_cast<std::uint16_t>(std::min<std::size_t>(length, 65535)));
  bytes[next_header] = info.is_fragment ? ipv6_header::fragment : info.protocol;
  bytes[hop_limit] = info.time_to_live;
  std::ranges::copy(info.source.bytes(), bytes.begin() + ipv6_header::source);
  std::ranges::copy(info.destination.bytes(), bytes.begin() + ipv6_header::destination);
  if (info.is_fragment) {
    bytes[size] = info.protocol;
    store16(&bytes[size + fragment_field],
            static_cast<std::uint16_t>(info.offset | (info.more_fragments ? 1 : 0)));
    store32(&bytes[size + fragment_identification], info.identification);
  }
  return bytes;
}

/// Section 5.1: routers may fragment what an IPv6 sender need not know to be too long.
Bytes write_ipv4(const IpInfo& info, std::uint16_t identification) {
  using namespace ipv4_header;
  Bytes bytes(smallest);
  const std::size_t total = smallest + info.content;
  const bool may_be_fragmented =
      info.is_fragment || ipv6_header::size + info.content <= ipv6_header::smallest_mtu;
  std::size_t field = may_be_fragmented ? 0 : dont_fragment;
  if (info.is_fragment)
    field = info.offset / 8 | (info.more_fragments ? ipv4_header::more_fragments : 0U);
  bytes[0] = 0x45;
  bytes[1] = info.traffic_class;
  store16(&bytes[total_length], static_cast<std::uint16_t>(std::min<std::size_t>(total, 65535)));
  store16(&bytes[ipv4_header::identification],
          info.is_fragment ? static_cast<std::uint16_t>(info.identification) : identification);
  store16(&bytes[ipv4_header::fragment], static_cast<std::uint16_t>(field));
  bytes[ipv4_header::time_to_live] = info.time_to_live;
  bytes[ipv4_header::protocol] = info.protocol;
  store32(&bytes[ipv4_header::source], info.source.v4_bits());
  store32(&bytes[ipv4_header::destination], info.destination.v4_bits());
  set_checksum(bytes);
  return bytes;
}

/// The share of the addresses in a pseudo-header, as one word.
std::uint16_t address_sum(const IpInfo& info) {
  std::uint32_t sum = 0;
  for (const IpAddress& address : {info.source, info.destination}) {
    const auto bytes = address.bytes();
    sum = checksum_add(sum, std::span(bytes).subspan(address.is_v4() ? 12 : 0));
  }
  return static_cast<std::uint16_t>(~checksum_finish(sum));
}

class Translator {
 public:
  Translator(bool to_ipv6, const TranslationPrefixes& prefixes, std::uint16_t identification)
      : to_ipv6_(to_ipv6), prefixes_(prefixes), identification_(identification) {}

  [[nodiscard]] std::variant<Bytes, Failure> whole(const Packet& packet) const {
    const auto ip = packet.bytes();
    const auto from = read(ip);
    if (!from) return Failure{"its headers cannot be followed"};
    if (const auto why = refuse(packet, *from); !why.empty()) return Failure{why};
    const auto to = convert(*from, prefixes_, packet.is_icmp_error());
    if (!to) return Failure{"an address of it has no counterpart"};
    const auto content = ip.subspan(from->header);
    return packet.is_icmp_error() ? error(*to, content) : plain(*from, *to, content);
  }

 private:
  [[nodiscard]] std::optional<IpInfo> read(std::span<const std::uint8_t> ip) const {
    return to_ipv6_ ? read_ipv4(ip) : read_ipv6(ip);
  }
  [[nodiscard]] Bytes write(const IpInfo& info) const {
    return to_ipv6_ ? write_ipv6(info) : write_ipv4(info, identification_);
  }
  [[nodiscard]] std::uint8_t icmp_from() const {
    return to_ipv6_ ? icmp_number : ipv6_header::icmp;
  }
  [[nodiscard]] std::uint8_t icmp_to() const { return to_ipv6_ ? ipv6_header::icmp : icmp_number; }

  /// Sections 4 and 5; "" if there is nothing against it.
  [[nodiscard]] std::string_view refuse(const Packet& packet, const IpInfo& from) const {
    using namespace ipv6_header;
    const bool names_extension =
        !to_ipv6_ &&
        (from.protocol == hop_by_hop_options || from.protocol == routing ||
         from.protocol == ipv6_header::fragment || from.protocol == destination_options);
    if (names_extension) return "its extension headers are not for translators";
    if (from.protocol == icmp_to()) return "it is ICMP of the other version";
    if (from.is_fragment && from.protocol == icmp_from())
      return "a fragment of an ICMP message, whose checksum would have to change";
    if (packet.is_icmp_error() && !packet.is_intact()) return "its checksum is wrong";
    const bool without_checksum = packet.protocol() == Protocol::udp && packet.has_ports() &&
                                  load16(&packet.bytes()[from.header + udp_checksum]) == 0;
    if (without_checksum && !to_ipv6_) return "UDP without a checksum";
    if (without_checksum && from.is_fragment)
      return "a fragment of a UDP packet without a checksum";
    return "";
  }

  [[nodiscard]] std::optional<IpInfo> convert(const IpInfo& from,
                                              const TranslationPrefixes& prefixes,
                                              bool is_error) const {
    IpInfo to = from;
    if (from.protocol == icmp_from()) to.protocol = icmp_to();
    if (to_ipv6_) {
      to.source = embed(prefixes.source, from.source);
      to.destination = embed(prefixes.destination, from.destination);
      return to;
    }
    const bool has_no_ipv4 = !prefixes.source.contains(from.source);
    if (!prefixes.destination.contains(from.destination) || (has_no_ipv4 && !is_error))
      return std::nullopt;
    to.source = has_no_ipv4 ? IpAddress::v4(0xc0000008) : embedded(from.source);
    to.destination = embedded(from.destination);
    return to;
  }

  [[nodiscard]] std::variant<Bytes, Failure> plain(const IpInfo& from, const IpInfo& to,
                                                   std::span<const std::uint8_t> content) const {
    Bytes bytes = write(to);
    const std::size_t header = bytes.size();
    bytes.insert(bytes.end(), content.begin(), content.end());
    const auto transport = std::span(bytes).subspan(header);
    if (from.offset == 0 && !adapt(from, to, transport)) return Failure{"ICMP of this type"};
    const bool lacks_checksum = to_ipv6_ && to.protocol == udp_number && from.offset == 0 &&
                                load16(&transport[udp_checksum]) == 0;
    if (lacks_checksum) {
      const auto datagram = transport.first(load16(&transport[udp_length]));
      const auto sum = pseudo_header_sum(bytes, true, udp_number, datagram.size());
      store16(&transport[udp_checksum], checksum_finish(checksum_add(sum, datagram)));
      avoid_zero(&transport[udp_checksum], Protocol::udp);
    }
    return bytes;
  }

  /// Brings the transport header, as far as it is here, into the words of the other version. False
  /// if it has none for it.
  [[nodiscard]] bool adapt(const IpInfo& from, const IpInfo& to,
                           std::span<std::uint8_t> transport) const {
    const std::uint16_t before = address_sum(from), after = address_sum(to);
    if (to.protocol == udp_number || to.protocol == tcp_number) {
      const auto protocol = to.protocol == udp_number ? Protocol::udp : Protocol::tcp;
      std::uint8_t* sum = transport_checksum(transport.data(), protocol, transport.size());
      if (sum) store16(sum, checksum_update(load16(sum), before, after));
      avoid_zero(sum, protocol);
      return true;
    }
    if (to.protocol != icmp_to()) return true;
    if (transport.size() < icmp_size) return false;
    const auto header = translate({transport[0], transport[icmp_code], load32(&transport[4])});
    if (!header || !is_echo(header->type, to_ipv6_)) return false;
    const std::uint16_t word = load16(transport.data());
    transport[0] = header->type;
    std::uint8_t* sum = &transport[icmp_checksum];
    store16(sum, checksum_update(load16(sum), word, load16(transport.data())));
    // The pseudo-header that ICMPv6 has and ICMP has not.
    const IpInfo& ipv6 = to_ipv6_ ? to : from;
    const std::uint32_t pseudo = static_cast<std::uint32_t>(address_sum(ipv6)) + ipv6_header::icmp +
                                 static_cast<std::uint32_t>(ipv6.content);
    const auto folded = static_cast<std::uint16_t>(~checksum_finish(pseudo));
    const auto absent = std::uint16_t{0};
    store16(sum, to_ipv6_ ? checksum_update(load16(sum), absent, folded)
                          : checksum_update(load16(sum), folded, absent));
    return true;
  }

  [[nodiscard]] std::optional<IcmpHeader> translate(const IcmpHeader& header) const {
    return to_ipv6_ ? icmp_to_icmpv6(header) : icmpv6_to_icmp(header);
  }

  /// Section 4.3, 5.3: what is quoted is translated as well. It went the other way.
  [[nodiscard]] std::variant<Bytes, Failure> error(const IpInfo& to,
                                                   std::span<const std::uint8_t> message) const {
    const auto header = translate({message[0], message[icmp_code], load32(&message[4])});
    if (!header) return Failure{"ICMP of this type"};
    const auto quote = message.subspan(icmp_size);
    const auto quoted = read(quote);
    const TranslationPrefixes reversed{prefixes_.destination, prefixes_.source};
    const auto quoted_to = quoted ? convert(*quoted, reversed, false) : std::nullopt;
    if (!quoted_to) return Failure{"what it quotes cannot be translated"};

    Bytes translated(icmp_size);
    translated[0] = header->type;
    translated[icmp_code] = header->code;
    store32(&translated[4], header->rest);
    const Bytes quoted_header = write(*quoted_to);
    translated.insert(translated.end(), quoted_header.begin(), quoted_header.end());
    const std::size_t transport = translated.size();
    const auto rest = quote.subspan(quoted->header);
    translated.insert(translated.end(), rest.begin(), rest.end());
    if (quoted->offset == 0 &&
        !adapt(*quoted, *quoted_to, std::span(translated).subspan(transport)))
      return Failure{"it quotes ICMP that cannot be translated"};
    return finish(to, std::move(translated));
  }

  [[nodiscard]] Bytes finish(IpInfo to, Bytes icmp) const {
    to.content = icmp.size();
    Bytes bytes = write(to);
    const std::uint32_t pseudo_header =
        to_ipv6_ ? pseudo_header_sum(bytes, true, ipv6_header::icmp, icmp.size()) : 0;
    store16(&icmp[icmp_checksum], checksum_finish(checksum_add(pseudo_header, icmp)));
    bytes.insert(bytes.end(), icmp.begin(), icmp.end());
    return bytes;
  }

  bool to_ipv6_;
  const TranslationPrefixes& prefixes_;
  std::uint16_t identification_;
};

Translation parsed(std::variant<Bytes, Failure> result) {
  if (const auto* failure = std::get_if<Failure>(&result)) return Untranslatable{failure->why};
  auto packet = Packet::parse(std::move(std::get<Bytes>(result)));
  if (!packet) return Untranslatable{"it would be too long"};
  return std::move(*packet);
}

}  // namespace

Translation translate_to_ipv6(const Packet& packet, const TranslationPrefixes& prefixes) {
  return parsed(Translator(true, prefixes, 0).whole(packet));
}

Translation translate_to_ipv4(const Packet& packet, const TranslationPrefixes& prefixes,
                              std::uint16_t identification) {
  return parsed(Translator(false, prefixes, identification).whole(packet));
}

}  // namespace icelab
