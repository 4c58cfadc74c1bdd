#include "src/net/pcapng.h"

#include <algorithm>

namespace icelab {
namespace {

// Block types, and options by the blocks in which they mean it: sections 4.1 to 4.5.
constexpr std::uint32_t section_header = 0x0a0d0d0a, interface_description = 1, name_resolution = 4,
                        enhanced_packet = 6;
constexpr std::uint16_t end_of_options = 0, comment_option = 1, application_option = 4,
                        interface_name = 2, interface_text = 3, time_resolution = 9,
                        packet_flags = 2;
constexpr std::uint16_t end_of_names = 0, ipv4_name = 1, ipv6_name = 2;
constexpr std::uint16_t linktype_raw = 101;
constexpr std::size_t alignment = 4;

/// The body of a block. The section says in its first bytes that numbers are little-endian.
class Block {
 public:
  explicit Block(std::uint32_t type) : type_(type) {}

  Block& number(std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) body_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  Block& u16(std::uint16_t value) { return number(value, 2); }
  Block& u32(std::uint32_t value) { return number(value, 4); }
  Block& padded(std::string_view octets) {
    body_ += octets;
    body_.append((alignment - octets.size() % alignment) % alignment, '\0');
    return *this;
  }
  Block& record(std::uint16_t type, std::string_view octets) {
    constexpr std::size_t longest = 0xffff;
    octets = octets.substr(0, longest);
    return u16(type).u16(static_cast<std::uint16_t>(octets.size())).padded(octets);
  }
  /// None without a text.
  Block& option(std::uint16_t type, std::string_view text) {
    return text.empty() ? *this : record(type, text);
  }

  void append_to(std::string& file) const {
    constexpr std::size_t around = 12;  // the type, and the length twice
    const Block length = Block(0).u32(static_cast<std::uint32_t>(body_.size() + around));
    file += Block(0).u32(type_).body_ + length.body_ + body_ + length.body_;
  }

 private:
  std::uint32_t type_;
  std::string body_;
};

std::string_view text_of(std::span<const std::uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace

Pcapng::Pcapng(std::string_view application) {
  constexpr std::uint32_t byte_order = 0x1a2b3c4d;
  constexpr std::uint64_t unknown_length = ~std::uint64_t{0};
  Block(section_header)
      .u32(byte_order)
      .u16(1)
      .u16(0)
      .number(unknown_length, 8)
      .option(application_option, application)
      .record(end_of_options, "")
      .append_to(bytes_);
}

Pcapng::Interface Pcapng::add_interface(std::string_view name, std::string_view description) {
  constexpr char nanoseconds = 9;
  Block(interface_description)
      .u16(linktype_raw)
      .u16(0)
      .u32(0)  // packets are whole
      .option(interface_name, name)
      .option(interface_text, description)
      .option(time_resolution, std::string_view(&nanoseconds, 1))
      .record(end_of_options, "")
      .append_to(bytes_);
  return Interface{interfaces_++};
}

void Pcapng::add_name(const IpAddress& address, std::string_view name) {
  constexpr std::size_t ipv4_at = 12;  // of an address's sixteen bytes
  const auto all = address.bytes();
  std::string record(text_of(std::span(all).subspan(address.is_v4() ? ipv4_at : 0)));
  record += name;
  record += '\0';
  Block(name_resolution)
      .record(address.is_v4() ? ipv4_name : ipv6_name, record)
      .record(end_of_names, "")
      .append_to(bytes_);
}

void Pcapng::add_packet(const Seen& seen) {
  const auto time = static_cast<std::uint64_t>(seen.time.time_since_epoch().count());
  const auto size = static_cast<std::uint32_t>(seen.packet.size());
  Block block(enhanced_packet);
  block.u32(static_cast<std::uint32_t>(seen.interface))
      .u32(static_cast<std::uint32_t>(time >> 32))
      .u32(static_cast<std::uint32_t>(time))
      .u32(size)
      .u32(size)
      .padded(text_of(seen.packet))
      .option(comment_option, seen.comment);
  if (seen.towards != Towards::unknown)
    block.u16(packet_flags).u16(4).u32(static_cast<std::uint32_t>(seen.towards));
  block.record(end_of_options, "").append_to(bytes_);
}

}  // namespace icelab
