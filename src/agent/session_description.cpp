#include "src/agent/session_description.h"

#include "src/serve/signalling_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace icelab {
namespace {

/// The session's part of a description, or one section of it.
struct Part {
  std::string_view media;  // what stands behind "m="; empty in the session's part
  std::string_view ufrag;
  std::string_view pwd;
  std::string_view mid;
  std::vector<std::string> candidates;

  [[nodiscard]] bool is_data() const { return media.starts_with("application "); }
  /// "m=audio 0 ...": RFC 3264 section 6.
  [[nodiscard]] bool is_rejected() const {
    const size_t space = media.find(' ');
    return space != std::string_view::npos && media.substr(space + 1).starts_with("0 ");
  }
};

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// What stands behind "a=NAME:", if it is that attribute.
std::optional<std::string_view> attribute(std::string_view line, std::string_view name) {
  if (!line.starts_with("a=") || !line.substr(2).starts_with(name)) return std::nullopt;
  const std::string_view rest = line.substr(2 + name.size());
  return rest.starts_with(':') ? std::optional(rest.substr(1)) : std::nullopt;
}

void read_line(std::string_view line, Part& part) {
  if (const auto ufrag = attribute(line, "ice-ufrag")) part.ufrag = *ufrag;
  if (const auto pwd = attribute(line, "ice-pwd")) part.pwd = *pwd;
  if (const auto mid = attribute(line, "mid")) part.mid = *mid;
  if (attribute(line, "candidate")) part.candidates.emplace_back(line.substr(2));
}

/// The session's part comes first.
std::vector<Part> split_into_parts(std::string_view sdp) {
  std::vector<Part> parts(1);
  while (!sdp.empty()) {
    const std::string_view line = take_line(sdp);
    if (line.starts_with("m=")) {
      parts.emplace_back();
      parts.back().media = line.substr(2);
    }
    read_line(line, parts.back());
  }
  return parts;
}

/// RFC 8839 section 5.4: 4 or 22 to 256 ice-chars.
bool is_ice_word(std::string_view word, size_t shortest) {
  constexpr std::string_view ice_chars =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
  return word.size() >= shortest && word.size() <= 256 &&
         word.find_first_not_of(ice_chars) == std::string_view::npos;
}

/// A section's name that may be written into another description: a token (RFC 8866 section 9).
bool is_token(std::string_view word) {
  constexpr std::string_view others = "!#$%&'*+-.^_`{|}~";
  return !word.empty() && word.size() <= 64 && std::ranges::all_of(word, [&](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || others.find(letter) != std::string_view::npos;
  });
}

std::string name_of_data_section(const std::vector<Part>& parts) {
  const auto data = std::ranges::find_if(parts, &Part::is_data);
  return data != parts.end() && is_token(data->mid) ? std::string(data->mid) : "0";
}

}  // namespace

std::variant<RemoteDescription, DescriptionFault> read_description(std::string_view sdp) {
  if (sdp.size() > largest_signal)
    return DescriptionFault{fmt::format("it has more than {} bytes", largest_signal)};
  std::vector<Part> parts = split_into_parts(sdp);
  const Part session = parts.front();
  const auto transport = std::find_if(parts.begin() + 1, parts.end(),
                                      [](const Part& part) { return !part.is_rejected(); });
  if (transport == parts.end()) return DescriptionFault{"it has no section that was not rejected"};

  // Each holds for all sections where it stands before the first (RFC 8839 section 5.4).
  const auto ufrag = transport->ufrag.empty() ? session.ufrag : transport->ufrag;
  const auto pwd = transport->pwd.empty() ? session.pwd : transport->pwd;
  if (!is_ice_word(ufrag, 4)) return DescriptionFault{"it has no ice-ufrag of 4 to 256 ice-chars"};
  if (!is_ice_word(pwd, 22)) return DescriptionFault{"it has no ice-pwd of 22 to 256 ice-chars"};
  return RemoteDescription{.credentials = {.ufrag = std::string(ufrag), .pwd = std::string(pwd)},
                           .mid = name_of_data_section(parts),
                           .candidates = std::move(transport->candidates)};
}

std::string write_description(const LocalDescription& description) {
  const auto& [credentials, mid, version] = description;
  // Nobody's: there is no DTLS here. Browsers want a fingerprint all the same (RFC 8122), and as
  // this side says that it is the active one, the browser waits for its DTLS and sends none.
  constexpr std::string_view fingerprint =
      "sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
      "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00";
  const std::array lines{std::string("v=0"),
                         fmt::format("o=- 1 {} IN IP4 127.0.0.1", version),
                         std::string("s=-"),
                         std::string("t=0 0"),
                         fmt::format("a=group:BUNDLE {}", mid),
                         std::string("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"),
                         std::string("c=IN IP4 0.0.0.0"),
                         fmt::format("a=ice-ufrag:{}", credentials.ufrag),
                         fmt::format("a=ice-pwd:{}", credentials.pwd),
                         std::string("a=ice-options:trickle"),
                         fmt::format("a=fingerprint:{}", fingerprint),
                         std::string("a=setup:active"),
                         fmt::format("a=mid:{}", mid),
                         std::string("a=sctp-port:5000"),
                         std::string("a=max-message-size:262144")};
  return fmt::format("{}\r\n", fmt::join(lines, "\r\n"));
}

}  // namespace icelab
