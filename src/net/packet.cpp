#include "src/net/packet.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

namespace icelab {
namespace {

constexpr size_t ip_header_min = 20;
constexpr size_t udp_header = 8;
constexpr size_t tcp_header_min = 20;
constexpr size_t icmp_header = 8;

// Offsets within the IPv4 header (RFC 791) and the transport headers.
constexpr size_t ip_total_length = 2;
constexpr size_t ip_fragment = 6;
constexpr size_t ip_ttl = 8;
constexpr size_t ip_protocol = 9;
constexpr size_t ip_checksum = 10;
constexpr size_t ip_source = 12;
constexpr size_t ip_destination = 16;
constexpr size_t port_source = 0;
constexpr size_t port_destination = 2;
constexpr size_t udp_length = 4;
constexpr size_t udp_checksum = 6;
constexpr size_t tcp_checksum = 16;
constexpr size_t icmp_checksum = 2;
constexpr size_t icmp_identifier = 4;

constexpr std::uint16_t fragment_offset = 0x1fff;
constexpr std::uint16_t more_fragments = 0x2000;

Protocol protocol_of(std::uint8_t number) {
  switch (number) {
    case 1:
      return Protocol::icmp;
    case 6:
      return Protocol::tcp;
    case 17:
      return Protocol::udp;
    default:
      return Protocol::other;
  }
}

bool is_echo(std::uint8_t icmp_type) {
  return icmp_type == icmp_echo_request || icmp_type == icmp_echo_reply;
}

/// Where in the transport header the port (or echo identifier) of one side stands.
size_t port_offset(Protocol protocol, size_t side) {
  return protocol == Protocol::icmp ? icmp_identifier : side;
}

Endpoint endpoint_at(const std::uint8_t* ip, const std::uint8_t* transport, Protocol protocol,
                     bool has_ports, size_t address_offset, size_t side) {
  const auto address = IpAddress::v4(load32(ip + address_offset));
  const std::uint16_t port =
      has_ports ? load16(transport + port_offset(protocol, side)) : std::uint16_t{0};
  return {address, port};
}

/// Replaces a 16-bit word and tells the checksums that cover it.
class Rewriter {
 public:
  /// Any of the checksums may be null: not covering, or absent as UDP's may be.
  Rewriter(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third)
      : checksums_{first, second, third} {}

  void word(std::uint8_t* at, std::uint16_t value, unsigned covering) {
    const std::uint16_t from = load16(at);
    if (from == value) return;
    store16(at, value);
    for (unsigned i = 0; i < 3; ++i) {
      std::uint8_t* checksum = checksums_[i];
      if (checksum == nullptr || (covering & (1U << i)) == 0) continue;
      store16(checksum, checksum_update(load16(checksum), from, value));
    }
  }
  void address(std::uint8_t* at, std::uint32_t value, unsigned covering) {
    word(at, static_cast<std::uint16_t>(value >> 16), covering);
    word(at + 2, static_cast<std::uint16_t>(value), covering);
  }

 private:
  std::uint8_t* checksums_[3];
};

/// The transport checksum if it is there to be kept: a UDP checksum of zero means "none" (RFC 768).
std::uint8_t* transport_checksum(std::uint8_t* transport, Protocol protocol, size_t available) {
  switch (protocol) {
    case Protocol::udp:
      return available >= udp_header && load16(transport + udp_checksum) != 0
                 ? transport + udp_checksum
                 : nullptr;
    case Protocol::tcp:
      return available >= tcp_checksum + 2 ? transport + tcp_checksum : nullptr;
    case Protocol::icmp:
      return transport + icmp_checksum;
    default:
      return nullptr;
  }
}

/// RFC 768: a computed checksum of zero is sent as all ones.
void avoid_zero(std::uint8_t* checksum, Protocol protocol) {
  if (checksum != nullptr && protocol == Protocol::udp && load16(checksum) == 0)
    store16(checksum, 0xffff);
}

void rewrite(std::vector<std::uint8_t>& bytes, size_t transport_at, Protocol protocol,
             bool has_ports, size_t address_offset, size_t side, const Endpoint& endpoint) {
  std::uint8_t* ip = bytes.data();
  std::uint8_t* transport = ip + transport_at;
  std::uint8_t* sum =
      has_ports ? transport_checksum(transport, protocol, bytes.size() - transport_at) : nullptr;
  // ICMP's checksum has no pseudo-header, so an address does not enter it; a port enters the
  // transport checksum alone.
  constexpr unsigned in_ip = 1, in_transport = 2;
  Rewriter rewriter(ip + ip_checksum, sum, nullptr);
  rewriter.address(ip + address_offset, endpoint.address.v4_bits(),
                   protocol == Protocol::icmp ? in_ip : in_ip | in_transport);
  if (!has_ports) return;
  rewriter.word(transport + port_offset(protocol, side), endpoint.port, in_transport);
  avoid_zero(sum, protocol);
}

/// The UDP length covers the header at least; bytes beyond it are padding.
constexpr bool is_udp_length(size_t length, size_t available) {
  return length >= udp_header && length <= available;
}

constexpr bool is_error_type(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
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
  const auto& data = packet.bytes_;
  if (data.size() < ip_header_min || data[0] >> 4 != 4) return std::nullopt;
  const size_t header = (data[0] & 0xfU) * 4U;
  if (header < ip_header_min || data.size() < header) return std::nullopt;
  if (load16(&data[ip_total_length]) != data.size()) return std::nullopt;

  packet.transport_ = static_cast<std::uint16_t>(header);
  packet.protocol_ = protocol_of(data[ip_protocol]);
  if (!packet.has_transport_header()) return packet;

  const size_t available = data.size() - header;
  switch (packet.protocol_) {
    case Protocol::udp:
      if (available < udp_header) return std::nullopt;
      if (!packet.is_fragment() && !is_udp_length(load16(&data[header + udp_length]), available))
        return std::nullopt;
      packet.has_ports_ = true;
      break;
    case Protocol::tcp:
      if (available < tcp_header_min) return std::nullopt;
      if ((data[header + 12] >> 4) * 4U < tcp_header_min) return std::nullopt;
      if ((data[header + 12] >> 4) * 4U > available) return std::nullopt;
      packet.has_ports_ = true;
      break;
    case Protocol::icmp:
      if (available < icmp_header) return std::nullopt;
      packet.has_ports_ = is_echo(data[header]);
      break;
    case Protocol::other:
      break;
  }
  return packet;
}

Packet Packet::udp(const Endpoint& source, const Endpoint& destination,
                   std::span<const std::uint8_t> payload) {
  std::vector<std::uint8_t> bytes(ip_header_min + udp_header + payload.size());
  bytes[0] = 0x45;
  store16(&bytes[ip_total_length], static_cast<std::uint16_t>(bytes.size()));
  bytes[ip_ttl] = 64;
  bytes[ip_protocol] = 17;
  store32(&bytes[ip_source], source.address.v4_bits());
  store32(&bytes[ip_destination], destination.address.v4_bits());
  store16(&bytes[ip_checksum],
          checksum_finish(checksum_add(0, std::span(bytes).first(ip_header_min))));

  std::uint8_t* transport = &bytes[ip_header_min];
  const auto length = static_cast<std::uint16_t>(udp_header + payload.size());
  store16(transport + port_source, source.port);
  store16(transport + port_destination, destination.port);
  store16(transport + udp_length, length);
  std::copy(payload.begin(), payload.end(), transport + udp_header);
  // The pseudo-header: both addresses, the protocol, the length.
  std::uint32_t sum = checksum_add(17U + length, std::span(bytes).subspan(ip_source, 8));
  sum = checksum_add(sum, std::span(bytes).subspan(ip_header_min));
  store16(transport + udp_checksum, checksum_finish(sum));
  avoid_zero(transport + udp_checksum, Protocol::udp);
  return *parse(std::move(bytes));
}

bool Packet::is_fragment() const {
  return (load16(&bytes_[ip_fragment]) & (fragment_offset | more_fragments)) != 0;
}

bool Packet::has_transport_header() const {
  return (load16(&bytes_[ip_fragment]) & fragment_offset) == 0;
}

Endpoint Packet::source() const {
  return endpoint_at(bytes_.data(), bytes_.data() + transport_, protocol_, has_ports_, ip_source,
                     port_source);
}

Endpoint Packet::destination() const {
  return endpoint_at(bytes_.data(), bytes_.data() + transport_, protocol_, has_ports_,
                     ip_destination, port_destination);
}

std::span<const std::uint8_t> Packet::payload() const {
  const auto transport = std::span(bytes_).subspan(transport_);
  if (!has_transport_header()) return transport;
  switch (protocol_) {
    case Protocol::udp: {
      const size_t length = load16(&transport[udp_length]);
      const size_t end = is_fragment() ? transport.size() : length;
      return transport.first(end).subspan(udp_header);
    }
    case Protocol::tcp:
      return transport.subspan((transport[12] >> 4) * 4U);
    case Protocol::icmp:
      return transport.subspan(icmp_header);
    case Protocol::other:
      break;
  }
  return transport;
}

void Packet::set_source(const Endpoint& endpoint) {
  rewrite(bytes_, transport_, protocol_, has_ports_, ip_source, port_source, endpoint);
}

void Packet::set_destination(const Endpoint& endpoint) {
  rewrite(bytes_, transport_, protocol_, has_ports_, ip_destination, port_destination, endpoint);
}

bool Packet::decrement_ttl() {
  if (bytes_[ip_ttl] <= 1) return false;
  const std::uint16_t from = load16(&bytes_[ip_ttl]);
  bytes_[ip_ttl] -= 1;
  store16(&bytes_[ip_checksum],
          checksum_update(load16(&bytes_[ip_checksum]), from, load16(&bytes_[ip_ttl])));
  return true;
}

bool Packet::is_intact() const {
  if (protocol_ == Protocol::other || is_fragment()) return true;
  auto segment = std::span(bytes_).subspan(transport_);
  if (protocol_ == Protocol::icmp) return checksum_finish(checksum_add(0, segment)) == 0;
  if (protocol_ == Protocol::udp) {
    if (load16(&segment[udp_checksum]) == 0) return true;
    segment = segment.first(load16(&segment[udp_length]));
  }
  const auto pseudo_header = static_cast<std::uint32_t>(bytes_[ip_protocol] + segment.size());
  const std::uint32_t sum = checksum_add(pseudo_header, std::span(bytes_).subspan(ip_source, 8));
  return checksum_finish(checksum_add(sum, segment)) == 0;
}

void Packet::invert_bit(std::uint64_t number) {
  const auto content = payload();
  if (content.empty()) return;
  const std::uint64_t bit = number % (content.size() * 8);
  const auto at = static_cast<size_t>(content.data() - bytes_.data()) + bit / 8;
  bytes_[at] ^= static_cast<std::uint8_t>(1U << (bit % 8));
}

Packet::TcpHeader Packet::tcp() const {
  const std::uint8_t* header = &bytes_[transport_];
  const std::uint8_t flags = header[13];
  return {.sequence = load32(header + 4),
          .acknowledgment = load32(header + 8),
          .fin = (flags & 0x01U) != 0,
          .syn = (flags & 0x02U) != 0,
          .rst = (flags & 0x04U) != 0,
          .ack = (flags & 0x10U) != 0};
}

std::optional<std::uint8_t> Packet::icmp_type() const {
  if (protocol_ != Protocol::icmp || !has_transport_header()) return std::nullopt;
  return bytes_[transport_];
}

bool Packet::is_icmp_error() const {
  const auto type = icmp_type();
  return type && is_error_type(*type);
}

namespace {

/// Where the packet quoted by an ICMP error at `bytes` lies; the quote holds at least the IP header
/// and eight bytes more (RFC 792), which is where the ports are.
struct QuotePlace {
  size_t ip;
  size_t transport;
  Protocol protocol;
};

std::optional<QuotePlace> find_quote(std::span<const std::uint8_t> bytes, size_t quote) {
  if (bytes.size() < quote + ip_header_min || bytes[quote] >> 4 != 4) return std::nullopt;
  const size_t header = (bytes[quote] & 0xfU) * 4U;
  const size_t transport = quote + header;
  if (header < ip_header_min || bytes.size() < transport + 8) return std::nullopt;
  if ((load16(&bytes[quote + ip_fragment]) & fragment_offset) != 0) return std::nullopt;
  const Protocol protocol = protocol_of(bytes[quote + ip_protocol]);
  if (protocol == Protocol::other) return std::nullopt;
  if (protocol == Protocol::icmp && !is_echo(bytes[transport])) return std::nullopt;
  return QuotePlace{quote, transport, protocol};
}

/// Every word changed in the quote changes the ICMP checksum, the quote's own checksums among them.
void rewrite_quote(std::vector<std::uint8_t>& bytes, size_t icmp, size_t address_offset,
                   size_t side, const Endpoint& endpoint) {
  const auto place = find_quote(bytes, icmp + icmp_header);
  if (!place) return;
  std::uint8_t* ip = &bytes[place->ip];
  std::uint8_t* transport = &bytes[place->transport];
  std::uint8_t* sum =
      transport_checksum(transport, place->protocol, bytes.size() - place->transport);
  std::uint8_t* outer = &bytes[icmp + icmp_checksum];

  const std::uint16_t ip_sum_before = load16(ip + ip_checksum);
  const std::uint16_t sum_before = sum != nullptr ? load16(sum) : std::uint16_t{0};
  constexpr unsigned in_ip = 1, in_transport = 2, in_outer = 4;
  Rewriter rewriter(ip + ip_checksum, sum, outer);
  const unsigned address_covering =
      place->protocol == Protocol::icmp ? in_ip | in_outer : in_ip | in_transport | in_outer;
  rewriter.address(ip + address_offset, endpoint.address.v4_bits(), address_covering);
  rewriter.word(transport + port_offset(place->protocol, side), endpoint.port,
                in_transport | in_outer);
  avoid_zero(sum, place->protocol);
  const auto outer_follows = [&](std::uint16_t from, const std::uint8_t* now_at) {
    store16(outer, checksum_update(load16(outer), from, load16(now_at)));
  };
  outer_follows(ip_sum_before, ip + ip_checksum);
  if (sum != nullptr) outer_follows(sum_before, sum);
}

}  // namespace

std::optional<Packet::Quoted> Packet::quoted() const {
  if (!is_icmp_error()) return std::nullopt;
  const auto place = find_quote(bytes_, transport_ + icmp_header);
  if (!place) return std::nullopt;
  const std::uint8_t* ip = &bytes_[place->ip];
  const std::uint8_t* transport = &bytes_[place->transport];
  return Quoted{
      place->protocol, endpoint_at(ip, transport, place->protocol, true, ip_source, port_source),
      endpoint_at(ip, transport, place->protocol, true, ip_destination, port_destination)};
}

void Packet::set_quoted_source(const Endpoint& endpoint) {
  rewrite_quote(bytes_, transport_, ip_source, port_source, endpoint);
}

void Packet::set_quoted_destination(const Endpoint& endpoint) {
  rewrite_quote(bytes_, transport_, ip_destination, port_destination, endpoint);
}

}  // namespace icelab
