#include "src/net/packet.h"

#include "src/net/ip_header.h"
#include "src/net/packet_place.h"

#include <algorithm>

namespace icelab {
namespace {

using namespace transport_header;

/// What a packet may have, so that offsets stay small: as much as IPv4's length can say.
constexpr std::size_t largest_packet = 65535;

/// The UDP length covers the header at least; bytes beyond it are padding.
constexpr bool is_udp_length(std::size_t length, std::size_t available) {
  return length >= udp_size && length <= available;
}

constexpr bool is_error_type(std::uint8_t type, bool ipv6) {
  if (ipv6) return type < icmpv6_echo_request;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::uint8_t number_of(Protocol protocol, bool ipv6) {
  switch (protocol) {
    case Protocol::udp:
      return udp_number;
    case Protocol::tcp:
      return tcp_number;
    default:
      return ipv6 ? ipv6_header::icmp : icmp_number;
  }
}

}  // namespace

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::udp:
      return "udp";
    case Protocol::tcp:
      return "tcp";
    case Protocol::icmp:
      return "icmp";
    case Protocol::other:
      break;
  }
  return "other";
}

std::optional<Packet> Packet::parse(std::vector<std::uint8_t> bytes) {
  Packet packet(std::move(bytes));
  if (packet.bytes_.empty()) return std::nullopt;
  const unsigned version = packet.bytes_[0] >> 4;
  const bool located =
      (version == 4 && packet.locate_in_ipv4()) || (version == 6 && packet.locate_in_ipv6());
  if (!located || (packet.has_transport_header() && !packet.locate_ports())) return std::nullopt;
  return packet;
}

bool Packet::locate_in_ipv4() {
  if (bytes_.size() < ipv4_header::smallest) return false;
  const std::size_t header = ipv4_header::length(bytes_.data());
  if (header < ipv4_header::smallest || bytes_.size() < header) return false;
  if (load16(&bytes_[ipv4_header::total_length]) != bytes_.size()) return false;
  transport_ = static_cast<std::uint16_t>(header);
  protocol_ = protocol_of(bytes_[ipv4_header::protocol], false);
  return true;
}

bool Packet::locate_in_ipv6() {
  if (bytes_.size() < ipv6_header::size || bytes_.size() > largest_packet) return false;
  if (load16(&bytes_[ipv6_header::payload_length]) != bytes_.size() - ipv6_header::size)
    return false;
  const auto chain = ipv6_header::follow(bytes_);
  if (!chain || ipv6_address_at(&bytes_[ipv6_header::source]).is_v4() ||
      ipv6_address_at(&bytes_[ipv6_header::destination]).is_v4())
    return false;
  ipv6_ = true;
  transport_ = static_cast<std::uint16_t>(chain->size);
  fragment_ = static_cast<std::uint16_t>(chain->fragment);
  protocol_ = protocol_of(chain->next, true);
  return true;
}

/// Whether the transport header is whole.
bool Packet::locate_ports() {
  const std::size_t available = bytes_.size() - transport_;
  const std::uint8_t* transport = bytes_.data() + transport_;
  switch (protocol_) {
    case Protocol::udp:
      has_ports_ = available >= udp_size &&
                   (is_fragment() || is_udp_length(load16(transport + udp_length), available));
      return has_ports_;
    case Protocol::tcp:
      has_ports_ = available >= tcp_smallest && tcp_length(transport) >= tcp_smallest &&
                   tcp_length(transport) <= available;
      return has_ports_;
    case Protocol::icmp:
      has_ports_ = available >= icmp_size && is_echo(*transport, ipv6_);
      return available >= icmp_size;
    case Protocol::other:
      break;
  }
  return true;
}

Packet Packet::udp(const Endpoint& source, const Endpoint& destination,
                   std::span<const std::uint8_t> payload) {
  const std::size_t length = udp_size + payload.size();
  auto bytes = start_ip_packet(source.address, destination.address, udp_number, length);
  const auto transport = std::span(bytes).last(length);
  store16(&transport[source_port], source.port);
  store16(&transport[destination_port], destination.port);
  store16(&transport[udp_length], static_cast<std::uint16_t>(length));
  std::ranges::copy(payload, transport.begin() + udp_size);
  const std::uint32_t sum = pseudo_header_sum(bytes, !source.address.is_v4(), udp_number, length);
  store16(&transport[udp_checksum], checksum_finish(checksum_add(sum, transport)));
  avoid_zero(&transport[udp_checksum], Protocol::udp);
  return *parse(std::move(bytes));
}

bool Packet::is_fragment() const {
  if (!ipv6_) {
    constexpr unsigned parted = ipv4_header::fragment_offset | ipv4_header::more_fragments;
    return (load16(&bytes_[ipv4_header::fragment]) & parted) != 0;
  }
  if (fragment_ == 0) return false;
  // One that says it is all of its packet is none: RFC 6946.
  constexpr unsigned parted = ipv6_header::fragment_offset | ipv6_header::more_fragments;
  return (load16(&bytes_[fragment_ + ipv6_header::fragment_field]) & parted) != 0;
}

bool Packet::has_transport_header() const {
  if (!ipv6_) return (load16(&bytes_[ipv4_header::fragment]) & ipv4_header::fragment_offset) == 0;
  if (fragment_ == 0) return true;
  return (load16(&bytes_[fragment_ + ipv6_header::fragment_field]) &
          ipv6_header::fragment_offset) == 0;
}

// Each family in its own words, so that the compiler makes of each what it needs.

PacketPlace Packet::place(bool ipv6) const {
  return {.ip = 0,
          .transport = transport_,
          .protocol = protocol_,
          .ipv6 = ipv6,
          .has_ports = has_ports_,
          .has_transport = has_ports_ || (ipv6 && has_transport_header())};
}

Endpoint Packet::source() const {
  return ipv6_ ? endpoint_at(bytes_.data(), place(true), Side::source)
               : endpoint_at(bytes_.data(), place(false), Side::source);
}

Endpoint Packet::destination() const {
  return ipv6_ ? endpoint_at(bytes_.data(), place(true), Side::destination)
               : endpoint_at(bytes_.data(), place(false), Side::destination);
}

void Packet::set_source(const Endpoint& endpoint) {
  if (ipv6_) return rewrite(bytes_, place(true), Side::source, endpoint, nullptr);
  rewrite(bytes_, place(false), Side::source, endpoint, nullptr);
}

void Packet::set_destination(const Endpoint& endpoint) {
  if (ipv6_) return rewrite(bytes_, place(true), Side::destination, endpoint, nullptr);
  rewrite(bytes_, place(false), Side::destination, endpoint, nullptr);
}

std::span<const std::uint8_t> Packet::payload() const {
  const auto transport = std::span(bytes_).subspan(transport_);
  if (!has_transport_header()) return transport;
  switch (protocol_) {
    case Protocol::udp: {
      const std::size_t end = is_fragment() ? transport.size() : load16(&transport[udp_length]);
      return transport.first(end).subspan(udp_size);
    }
    case Protocol::tcp:
      return transport.subspan(tcp_length(transport.data()));
    case Protocol::icmp:
      return transport.subspan(icmp_size);
    case Protocol::other:
      break;
  }
  return transport;
}

bool Packet::decrement_ttl() {
  if (ipv6_) {
    std::uint8_t& hop_limit = bytes_[ipv6_header::hop_limit];
    if (hop_limit <= 1) return false;
    --hop_limit;
    return true;
  }
  std::uint8_t* time_to_live = &bytes_[ipv4_header::time_to_live];
  if (*time_to_live <= 1) return false;
  const std::uint16_t from = load16(time_to_live);
  --*time_to_live;
  std::uint8_t* checksum = &bytes_[ipv4_header::checksum];
  store16(checksum, checksum_update(load16(checksum), from, load16(time_to_live)));
  return true;
}

bool Packet::is_intact() const {
  if (protocol_ == Protocol::other || is_fragment()) return true;
  auto segment = std::span(bytes_).subspan(transport_);
  if (protocol_ == Protocol::icmp && !ipv6_) return checksum_finish(checksum_add(0, segment)) == 0;
  if (protocol_ == Protocol::udp) {
    if (load16(&segment[udp_checksum]) == 0) return !ipv6_;
    segment = segment.first(load16(&segment[udp_length]));
  }
  const std::uint32_t sum =
      pseudo_header_sum(bytes_, ipv6_, number_of(protocol_, ipv6_), segment.size());
  return checksum_finish(checksum_add(sum, segment)) == 0;
}

void Packet::invert_bit(std::uint64_t number) {
  const auto content = payload();
  if (content.empty()) return;
  const std::uint64_t bit = number % (content.size() * 8);
  const auto at = static_cast<std::size_t>(content.data() - bytes_.data()) + bit / 8;
  bytes_[at] ^= static_cast<std::uint8_t>(1U << (bit % 8));
}

Packet::TcpHeader Packet::tcp() const {
  const std::uint8_t* header = &bytes_[transport_];
  const std::uint8_t flags = header[tcp_flags];
  return {.sequence = load32(header + tcp_sequence),
          .acknowledgment = load32(header + tcp_acknowledgment),
          .fin = (flags & tcp_fin) != 0,
          .syn = (flags & tcp_syn) != 0,
          .rst = (flags & tcp_rst) != 0,
          .ack = (flags & tcp_ack) != 0};
}

Packet Packet::tcp(const Endpoint& source, const Endpoint& destination, const TcpHeader& header,
                   std::string_view payload) {
  constexpr std::uint16_t window = 65535;
  const std::size_t length = tcp_smallest + payload.size();
  auto bytes = start_ip_packet(source.address, destination.address, tcp_number, length);
  const auto transport = std::span(bytes).last(length);
  store16(&transport[source_port], source.port);
  store16(&transport[destination_port], destination.port);
  store32(&transport[tcp_sequence], header.sequence);
  store32(&transport[tcp_acknowledgment], header.acknowledgment);
  transport[tcp_offset] = (tcp_smallest / 4) << 4;
  transport[tcp_flags] =
      static_cast<std::uint8_t>((header.fin ? tcp_fin : 0U) | (header.syn ? tcp_syn : 0U) |
                                (header.rst ? tcp_rst : 0U) | (header.ack ? tcp_ack : 0U));
  store16(&transport[tcp_window], window);
  std::ranges::copy(payload, transport.begin() + tcp_smallest);
  const std::uint32_t sum = pseudo_header_sum(bytes, !source.address.is_v4(), tcp_number, length);
  store16(&transport[tcp_checksum], checksum_finish(checksum_add(sum, transport)));
  return *parse(std::move(bytes));
}

std::optional<std::uint8_t> Packet::icmp_type() const {
  if (protocol_ != Protocol::icmp || !has_transport_header()) return std::nullopt;
  return bytes_[transport_];
}

bool Packet::has_type_of_echo_request() const {
  return icmp_type() == (ipv6_ ? icmpv6_echo_request : icmp_echo_request);
}

bool Packet::has_type_of_error() const {
  const auto type = icmp_type();
  return type && is_error_type(*type, ipv6_);
}

// The packet that an ICMP error quotes.

/// It is quoted with its IP header and eight bytes more at least (RFC 792), which is where the
/// ports are.
std::optional<PacketPlace> Packet::quoted_place() const {
  if (!is_icmp_error()) return std::nullopt;
  const std::size_t at = transport_ + icmp_size;
  const auto quote = std::span(bytes_).subspan(at);
  std::size_t header = 0;
  Protocol protocol = Protocol::other;
  if (ipv6_) {
    if (quote.size() < ipv6_header::size || quote[0] >> 4 != 6) return std::nullopt;
    const auto chain = ipv6_header::follow(quote);
    if (!chain) return std::nullopt;
    const bool is_later_part =
        chain->is_fragmented() && (load16(&quote[chain->fragment + ipv6_header::fragment_field]) &
                                   ipv6_header::fragment_offset) != 0;
    if (is_later_part) return std::nullopt;
    header = chain->size;
    protocol = protocol_of(chain->next, true);
  } else {
    if (quote.size() < ipv4_header::smallest || quote[0] >> 4 != 4) return std::nullopt;
    if ((load16(&quote[ipv4_header::fragment]) & ipv4_header::fragment_offset) != 0)
      return std::nullopt;
    header = ipv4_header::length(quote.data());
    if (header < ipv4_header::smallest) return std::nullopt;
    protocol = protocol_of(quote[ipv4_header::protocol], false);
  }
  if (quote.size() < header + 8 || protocol == Protocol::other) return std::nullopt;
  if (protocol == Protocol::icmp && !is_echo(quote[header], ipv6_)) return std::nullopt;
  return PacketPlace{.ip = at,
                     .transport = at + header,
                     .protocol = protocol,
                     .ipv6 = ipv6_,
                     .has_ports = true,
                     .has_transport = true};
}

std::optional<Packet::Quoted> Packet::quoted() const {
  const auto place = quoted_place();
  if (!place) return std::nullopt;
  return Quoted{place->protocol, endpoint_at(bytes_.data(), *place, Side::source),
                endpoint_at(bytes_.data(), *place, Side::destination)};
}

void Packet::set_quoted_source(const Endpoint& endpoint) {
  const auto place = quoted_place();
  if (place) rewrite(bytes_, *place, Side::source, endpoint, &bytes_[transport_ + icmp_checksum]);
}

void Packet::set_quoted_destination(const Endpoint& endpoint) {
  const auto place = quoted_place();
  if (place)
    rewrite(bytes_, *place, Side::destination, endpoint, &bytes_[transport_ + icmp_checksum]);
}

}  // namespace icelab
