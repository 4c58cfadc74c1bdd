#include "src/ice/candidate.h"

#include "src/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace icelab {
namespace {

constexpr std::array candidate_types = {CandidateType::host, CandidateType::server_reflexive,
                                        CandidateType::peer_reflexive, CandidateType::relayed};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// The keywords of an ABNF grammar have no case (RFC 5234 section 2.3); agents write "UDP" and
/// "udp".
bool is_keyword(std::string_view text, std::string_view keyword) {
  return std::ranges::equal(text, keyword, {}, lower, lower);
}

/// foundation = 1*32ice-char
bool is_foundation(std::string_view text) {
  const auto is_ice_char = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, is_ice_char);
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t least,
                                          std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::optional<Endpoint> parse_endpoint(std::string_view address_text, std::string_view port_text) {
  const auto address = IpAddress::parse(address_text);
  const auto port = parse_number(port_text, 0, 65535);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::optional<CandidateType> parse_type(std::string_view text) {
  for (const auto type : candidate_types) {
    if (is_keyword(text, to_string(type))) return type;
  }
  return std::nullopt;
}

std::string_view tcp_type(CandidateTransport transport) {
  switch (transport) {
    case CandidateTransport::tcp_active:
      return "active";
    case CandidateTransport::tcp_passive:
      return "passive";
    case CandidateTransport::tcp_simultaneous_open:
      return "so";
    case CandidateTransport::udp:
      break;
  }
  return "";
}

/// RFC 6544 section 4.5: a TCP candidate always says which part it plays in the connection.
std::optional<CandidateTransport> parse_tcp_type(std::string_view text) {
  using enum CandidateTransport;
  for (const auto transport : {tcp_active, tcp_passive, tcp_simultaneous_open}) {
    if (is_keyword(text, tcp_type(transport))) return transport;
  }
  return std::nullopt;
}

/// What follows the type: pairs of a name and a value, of which three are known and the rest
/// ignored.
struct Attributes {
  std::optional<std::string_view> related_address;
  std::optional<std::string_view> related_port;
  std::optional<std::string_view> tcp_type;
};

std::optional<Attributes> parse_attributes(std::span<const std::string> words) {
  if (words.size() % 2 != 0) return std::nullopt;
  Attributes attributes;
  for (size_t i = 0; i < words.size(); i += 2) {
    if (is_keyword(words[i], "raddr")) attributes.related_address = words[i + 1];
    if (is_keyword(words[i], "rport")) attributes.related_port = words[i + 1];
    if (is_keyword(words[i], "tcptype")) attributes.tcp_type = words[i + 1];
  }
  return attributes;
}

std::optional<CandidateTransport> parse_transport(std::string_view word,
                                                  const Attributes& attributes) {
  if (is_keyword(word, "UDP")) return CandidateTransport::udp;
  if (is_keyword(word, "TCP") && attributes.tcp_type) return parse_tcp_type(*attributes.tcp_type);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::host:
      return "host";
    case CandidateType::server_reflexive:
      return "srflx";
    case CandidateType::peer_reflexive:
      return "prflx";
    case CandidateType::relayed:
      return "relay";
  }
  return "";
}

std::string_view to_string(CandidateTransport transport) {
  switch (transport) {
    case CandidateTransport::udp:
      return "udp";
    case CandidateTransport::tcp_active:
      return "tcp-active";
    case CandidateTransport::tcp_passive:
      return "tcp-passive";
    case CandidateTransport::tcp_simultaneous_open:
      return "tcp-so";
  }
  return "";
}

std::optional<Candidate> Candidate::parse(std::string_view sdp) {
  if (sdp.starts_with("a=")) sdp.remove_prefix(2);
  constexpr std::string_view name = "candidate:";
  if (!is_keyword(sdp.substr(0, name.size()), name)) return std::nullopt;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (std::ranges::any_of(sdp, is_control)) return std::nullopt;

  const auto words = split(sdp.substr(name.size()), ' ');
  constexpr size_t fixed_words =
      8;  // foundation component transport priority address port typ TYPE
  const bool blank = std::ranges::any_of(words, &std::string::empty);
  if (words.size() < fixed_words || blank || !is_keyword(words[6], "typ")) return std::nullopt;
  const auto attributes = parse_attributes(std::span(words).subspan(fixed_words));
  if (!attributes) return std::nullopt;

  const auto component = parse_number(words[1], 1, 256);
  const auto transport = parse_transport(words[2], *attributes);
  const auto priority = parse_number(words[3], 1, 0x7fffffff);
  const auto endpoint = parse_endpoint(words[4], words[5]);
  const auto type = parse_type(words[7]);
  if (!is_foundation(words[0]) || !component || !transport || !priority || !endpoint || !type)
    return std::nullopt;

  std::optional<Endpoint> related;
  if (attributes->related_address || attributes->related_port) {
    related = parse_endpoint(attributes->related_address.value_or(""),
                             attributes->related_port.value_or(""));
    if (!related) return std::nullopt;
  }
  return Candidate{words[0], static_cast<int>(*component), *transport, *priority, *endpoint, *type,
                   related};
}

std::string Candidate::to_sdp() const {
  const bool udp = transport == CandidateTransport::udp;
  std::string sdp =
      fmt::format("candidate:{} {} {} {} {} {} typ {}", foundation, component, udp ? "UDP" : "TCP",
                  priority, endpoint.address.to_string(), endpoint.port, to_string(type));
  if (related)
    sdp += fmt::format(" raddr {} rport {}", related->address.to_string(), related->port);
  if (!udp) sdp += fmt::format(" tcptype {}", tcp_type(transport));
  return sdp;
}

Endpoint base_of(const Candidate& candidate) {
  const bool reflexive = candidate.type == CandidateType::server_reflexive ||
                         candidate.type == CandidateType::peer_reflexive;
  if (!reflexive) return candidate.endpoint;
  Endpoint base = candidate.related.value_or(candidate.endpoint);
  if (candidate.transport == CandidateTransport::tcp_active) base.port = discard_port;
  return base;
}

std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) {
  const std::uint64_t least = std::min(controlling, controlled);
  const std::uint64_t most = std::max(controlling, controlled);
  return (least << 32) + 2 * most + (controlling > controlled ? 1 : 0);
}

}  // namespace icelab
