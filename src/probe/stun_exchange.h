#pragma once

#include "src/net/address.h"
#include "src/stun/message.h"

#include <optional>
#include <variant>
#include <vector>

namespace icelab {

// What one STUN request came to, as plain values: what StunTransaction finds out and what
// classify_nat judges.

/// A success response from where it was expected.
struct Answered {
  StunMessage message;
  Endpoint source;
};
/// All requests were sent and waited for (RFC 8489 section 6.2.1), and nobody said anything.
struct Silent {};
/// ICMP said that it cannot be delivered, or this machine would not send it.
struct Refused {
  int error = 0;                  // errno's word for it: ECONNREFUSED is "port unreachable"
  std::optional<IpAddress> from;  // who said so; nothing if it was this machine
};
/// An error response, whose code is 0 if it does not say which.
struct ErrorResponse {
  int code = 0;
  Endpoint source;
};
using StunOutcome = std::variant<Silent, Answered, Refused, ErrorResponse>;

/// A response with the right transaction id that came from where none was expected.
struct StunAnswer {
  StunMessage message;
  Endpoint source;
};

/// What is asked, and of whom.
struct StunQuery {
  Endpoint server;
  // CHANGE-REQUEST (RFC 5780 section 7.2), and whence the answer then has to come; left out: from
  // where it was asked.
  bool change_address = false;
  bool change_port = false;
  std::optional<Endpoint> answer_from = {};
  /// As RFC 3489 asked, without the magic cookie: answered with MAPPED-ADDRESS.
  bool classic = false;

  [[nodiscard]] const Endpoint& expected_source() const {
    return answer_from ? *answer_from : server;
  }
};

/// One request, however often it was sent, and all that is known of what came of it.
struct StunExchange {
  Endpoint local;
  StunQuery query;
  StunOutcome outcome;
  int requests = 0;
  /// Responses from the expected source, also late ones: fewer than requests means that something
  /// was lost, and not merely late.
  int answers = 0;
  std::vector<StunAnswer> elsewhere = {};

  /// Nothing unless it was answered from where it had to be.
  [[nodiscard]] const StunMessage* answer() const {
    const auto* answered = std::get_if<Answered>(&outcome);
    return answered != nullptr ? &answered->message : nullptr;
  }
  [[nodiscard]] bool is_silent() const { return std::holds_alternative<Silent>(outcome); }
  /// The reflexive transport address that the answer tells.
  [[nodiscard]] std::optional<Endpoint> mapped() const {
    return answer() != nullptr ? answer()->xor_mapped_address : std::nullopt;
  }
  [[nodiscard]] bool lost_packets() const { return answers > 0 && answers < requests; }
};

}  // namespace icelab
