#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

// The little of SDP (RFC 8866) that an agent of ICE alone needs to meet a browser: pure.

/// One side's username fragment and password (RFC 8445 section 5.3).
struct IceCredentials {
  std::string ufrag;  // 4 to 256 letters, digits, '+' and '/'
  std::string pwd;    // 22 to 256 of them

  bool operator==(const IceCredentials&) const = default;
};

/// What a peer's description says of ICE. Everything is bundled (RFC 9143), so it is the first
/// section that counts, of those that were not rejected.
struct RemoteDescription {
  IceCredentials credentials;
  std::string mid;  // the name of the data channel's section; "0" if it has none
  std::vector<std::string> candidates;  // "candidate:...", as they stand (RFC 8839 section 5.1)
};

/// Why a description is of no use.
struct DescriptionFault {
  std::string message;
};

/// Whatever a peer wrote, the answer is a value.
std::variant<RemoteDescription, DescriptionFault> read_description(std::string_view sdp);

/// The description of an agent that does ICE and nothing else, an offer or an answer: one data
/// channel (RFC 8841), which browsers take. No candidates stand in it: they come by themselves (RFC
/// 8838).
struct LocalDescription {
  IceCredentials credentials;
  std::string mid = "0";  // the name of its section: an answer takes the offer's
  int version = 1;        // one more in each further description (RFC 3264 section 8)
};

std::string write_description(const LocalDescription& description);

}  // namespace icelab
