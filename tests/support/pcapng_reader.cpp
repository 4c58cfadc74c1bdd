#include "tests/support/pcapng_reader.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <tuple>

namespace icelab {
namespace {

/// Takes little-endian numbers and padded fields off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::string_view take(size_t size) {
    if (size > rest_.size()) throw std::runtime_error("a pcapng block is too short");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view take_padded(size_t size) {
    const auto taken = take(size);
    take((4 - size % 4) % 4);
    return taken;
  }
  template <typename Number>
  Number number() {
    Number value{};
    const auto bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);  // this machine is little-endian too
    return value;
  }

 private:
  std::string_view rest_;
};

std::multimap<int, std::string> read_options(Cursor& cursor) {
  std::multimap<int, std::string> options;
  while (!cursor.at_end()) {
    const auto code = cursor.number<std::uint16_t>();
    const auto size = cursor.number<std::uint16_t>();
    const auto value = cursor.take_padded(size);
    if (code == 0) return options;
    options.emplace(code, value);
  }
  throw std::runtime_error("options without an end");
}

std::string option(const std::multimap<int, std::string>& options, int code) {
  const auto found = options.find(code);
  return found == options.end() ? "" : found->second;
}

void read_interface(Cursor body, CapturedFile& file) {
  if (body.number<std::uint16_t>() != 101) throw std::runtime_error("not LINKTYPE_RAW");
  body.take(6);
  const auto options = read_options(body);
  if (option(options, 9) != "\x09") throw std::runtime_error("times not in nanoseconds");
  file.interfaces.push_back(option(options, 2));
}

void read_names(Cursor body, CapturedFile& file) {
  while (true) {
    const auto type = body.number<std::uint16_t>();
    const auto record = std::string(body.take_padded(body.number<std::uint16_t>()));
    if (type == 0) return;
    std::array<char, INET6_ADDRSTRLEN> address{};
    inet_ntop(type == 1 ? AF_INET : AF_INET6, record.data(), address.data(), address.size());
    file.names.emplace(address.data(), record.substr(type == 1 ? 4 : 16).c_str());
  }
}

void read_packet(Cursor body, CapturedFile& file) {
  const auto interface = body.number<std::uint32_t>();
  const auto high = std::uint64_t{body.number<std::uint32_t>()};
  const std::chrono::nanoseconds time((high << 32) | body.number<std::uint32_t>());
  const auto size = body.number<std::uint32_t>();
  if (body.number<std::uint32_t>() != size) throw std::runtime_error("a packet is not whole");
  const auto bytes = body.take_padded(size);
  auto packet = Packet::parse({bytes.begin(), bytes.end()});
  if (!packet) throw std::runtime_error("no packet");
  file.packets.push_back({file.interfaces.at(interface), Pcapng::WallTime(time), std::move(*packet),
                          option(read_options(body), 1)});
}

}  // namespace

CapturedFile read_pcapng(std::string_view text) {
  CapturedFile file;
  Cursor cursor(text);
  while (!cursor.at_end()) {
    const auto type = cursor.number<std::uint32_t>();
    const auto length = cursor.number<std::uint32_t>();
    if (length < 12 || length % 4 != 0) throw std::runtime_error("a block of no such length");
    const Cursor body(cursor.take(length - 12));
    if (cursor.number<std::uint32_t>() != length)
      throw std::runtime_error("a block's lengths differ");
    if (type == 1) read_interface(body, file);
    if (type == 4) read_names(body, file);
    if (type == 6) read_packet(body, file);
  }
  return file;
}

}  // namespace icelab
