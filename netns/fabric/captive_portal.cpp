#include "netns/fabric/captive_portal.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace icelab {
namespace {

constexpr std::string_view redirect =
    "HTTP/1.1 302 Found\r\n"
    "Location: http://portal.example/\r\n"
    "Content-Length: 0\r\n"
    "Connection: close\r\n\r\n";
constexpr std::string_view bad_request =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Length: 0\r\n"
    "Connection: close\r\n\r\n";

bool is_http_request(std::string_view text) {
  constexpr auto methods =
      std::to_array<std::string_view>({"GET ", "HEAD ", "POST ", "OPTIONS ", "CONNECT "});
  return std::ranges::any_of(methods,
                             [&](std::string_view method) { return text.starts_with(method); });
}

}  // namespace

std::optional<Packet> answer_in_its_place(const Packet& segment) {
  constexpr std::uint32_t initial_sequence = 1000;
  const auto asked = segment.tcp();
  const auto payload = segment.payload();
  if (asked.rst) return std::nullopt;
  Packet::TcpHeader header{};
  header.ack = true;
  header.sequence = asked.acknowledgment;
  header.acknowledgment = asked.sequence + static_cast<std::uint32_t>(payload.size()) +
                          (asked.syn ? 1 : 0) + (asked.fin ? 1 : 0);
  std::string_view response;
  if (asked.syn) {
    header.syn = true;
    header.sequence = initial_sequence;
  } else if (!payload.empty()) {
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    response = is_http_request(text) ? redirect : bad_request;
    header.fin = true;
  } else if (!asked.fin) {
    return std::nullopt;  // a mere acknowledgment
  }
  return Packet::tcp(segment.destination(), segment.source(), header, response);
}

}  // namespace icelab
