#include "src/net/segments.h"

#include "src/net/ipv4_header.h"
#include "src/net/transport_header.h"

#include <algorithm>

namespace icelab {
namespace {

/// What the kernel's segmentation accepts (UDP_MAX_SEGMENTS) and an IPv4 packet can hold.
constexpr size_t most_segments = 64;
constexpr size_t most_bytes = 65535;

constexpr size_t ip_header = Segments::checksum_start;
constexpr size_t ip_total_length = ipv4_header::total_length;
constexpr size_t ip_fragment = ipv4_header::fragment;
constexpr size_t ip_checksum = ipv4_header::checksum;
constexpr size_t ip_source = ipv4_header::source;
constexpr size_t udp_length = ip_header + transport_header::udp_length;
constexpr size_t udp_checksum = ip_header + Segments::checksum_offset;

/// Addresses, protocol, length (RFC 768).
std::uint32_t pseudo_header_sum(std::span<const std::uint8_t> packet, size_t length) {
  return checksum_add(transport_header::udp_number + static_cast<std::uint32_t>(length),
                      packet.subspan(ip_source, 8));
}

bool is_joinable(const Packet& packet) {
  const auto bytes = packet.bytes();
  return packet.protocol() == Protocol::udp && bytes[0] == 0x45 &&
         load16(&bytes[ip_fragment]) == ipv4_header::dont_fragment &&
         bytes.size() > Segments::header_size &&
         load16(&bytes[udp_length]) == bytes.size() - ip_header &&
         load16(&bytes[udp_checksum]) != 0 && packet.is_intact() &&
         checksum_finish(checksum_add(0, bytes.first(ip_header))) == 0;
}

/// All but lengths, identification and checksums.
bool has_same_headers(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  const auto equal = [&](size_t from, size_t to) { return std::equal(&a[from], &a[to], &b[from]); };
  return equal(0, ip_total_length) && equal(ip_fragment, ip_checksum) &&
         equal(ip_source, udp_length);
}

}  // namespace

bool Segments::join(const Packet& next) {
  const size_t size = next.payload().size();
  if (packets_.empty()) {
    packets_.push_back(&next);
    open_ = true;
    segment_size_ = payload_size_ = size;
    return true;
  }
  if (!open_ || count() == most_segments || size > segment_size_ ||
      header_size + payload_size_ + size > most_bytes)
    return false;
  if (!is_joinable(next) || !has_same_headers(packet(0).bytes(), next.bytes())) return false;
  if (count() == 1 && !is_joinable(packet(0))) return open_ = false;
  packets_.push_back(&next);
  payload_size_ += size;
  open_ = size == segment_size_;
  return true;
}

void Segments::clear() {
  packets_.clear();
}

std::array<std::uint8_t, Segments::header_size> Segments::header() const {
  std::array<std::uint8_t, header_size> header{};
  std::ranges::copy(packet(0).bytes().first(header_size), header.begin());
  const size_t length = header_size - ip_header + payload_size_;
  store16(&header[ip_total_length], static_cast<std::uint16_t>(ip_header + length));
  ipv4_header::set_checksum(std::span(header).first(ip_header));
  store16(&header[udp_length], static_cast<std::uint16_t>(length));
  store16(&header[udp_checksum],
          static_cast<std::uint16_t>(~checksum_finish(pseudo_header_sum(header, length))));
  return header;
}

}  // namespace icelab
