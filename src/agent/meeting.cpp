#include "src/agent/meeting.h"

#include "src/base/utf8.h"

#include <fmt/format.h>

#include <utility>

namespace icelab {
namespace {

/// More than any machine has: the peer shall not fill our memory.
constexpr size_t most_early_candidates = 256;

/// Why a candidate that the peer sent cannot be used.
std::string_view describe_unusable(std::string_view candidate) {
  // draft-ietf-mmusic-mdns-ice-candidates: a browser's, where the page has no camera.
  if (candidate.find(".local ") != std::string_view::npos)
    return "it is a name of multicast DNS, which is not resolved here";
  return "it is no candidate with an IP address (RFC 8839 section 5.1)";
}

/// `what` it is, for the error's words.
RemoteDescription read(const char* what, const std::string& sdp) {
  auto description = read_description(sdp);
  if (const auto* fault = std::get_if<DescriptionFault>(&description))
    throw CommandError(fmt::format("the peer's {} is of no use: {}", what, fault->message));
  return std::get<RemoteDescription>(std::move(description));
}

}  // namespace

Meeting::Meeting(ConfigureCommand configuration, Means means)
    : configuration_(std::move(configuration)), means_(std::move(means)) {
  if (configuration_.controlling) begin();
}

/// The first thing that an IceAgent tells is its credentials, and they are described then. One that
/// finds no address has no candidates: the peer is told so, and need not wait for them.
void Meeting::begin() {
  agent_.emplace(configuration_, [this](const Json& event) { on_event(event); });
  try {
    agent_->gather();
  } catch (const CommandError& error) {
    means_.output.error(error.what());
    means_.say(Json::object({{"type", "end-of-candidates"}}));
  }
}

void Meeting::on_event(const Json& event) {
  means_.output.emit(event);
  const auto& type = event.at("type").get_ref<const std::string&>();
  if (type == "credentials") {
    own_.credentials = {.ufrag = event.at("ufrag").get<std::string>(),
                        .pwd = event.at("pwd").get<std::string>()};
    if (configuration_.controlling || owes_answer_) describe();
  } else if (type == "candidate") {
    means_.say(Json::object({{"type", "candidate"},
                             {"candidate", event.at("candidate")},
                             {"sdpMid", own_.mid},
                             {"sdpMLineIndex", 0},
                             {"usernameFragment", own_.credentials.ufrag}}));
  } else if (type == "gathered") {
    means_.say(Json::object({{"type", "end-of-candidates"}}));
  }
}

void Meeting::describe() {
  owes_answer_ = false;
  awaits_answer_ = configuration_.controlling;
  means_.say(Json::object({{"type", configuration_.controlling ? "offer" : "answer"},
                           {"sdp", write_description(own_)}}));
  ++own_.version;
}

void Meeting::hear(const PeerMessage& message) {
  switch (message.type) {
    case PeerMessage::Type::offer:
      return take_offer(message.text);
    case PeerMessage::Type::answer:
      return take_answer(message.text);
    case PeerMessage::Type::candidate:
      return take_candidate(message.text, message.fragment);
    case PeerMessage::Type::end_of_candidates:
      // While a restart is under way, these are still those of the generation before.
      if (agent_ && !awaits_answer_) agent_->end_remote_candidates();
      return;
    case PeerMessage::Type::restart:
      return take_restart();
  }
}

void Meeting::restart() {
  if (!configuration_.controlling) return means_.say(Json::object({{"type", "restart"}}));
  if (awaits_answer_) throw CommandError("restart: the peer has not answered the offer before yet");
  agent_->restart();
}

void Meeting::send(const std::string& data) {
  if (!agent_) throw CommandError("send: the peer has not offered a connection yet");
  agent_->send(data);
}

std::optional<Json> Meeting::pairs() const {
  return agent_ ? std::optional(agent_->pairs()) : std::nullopt;
}

void Meeting::close() const {
  if (agent_) agent_->give_relays_back();
}

/// Other credentials than before restart the agent, which then tells its own new ones; with the
/// same ones nothing changes, but an offer wants its answer (RFC 3264 section 8).
void Meeting::take_offer(const std::string& sdp) {
  const RemoteDescription offer = read("offer", sdp);
  own_.mid = offer.mid;
  owes_answer_ = true;
  if (!agent_) begin();
  take_description(offer);
  if (owes_answer_) describe();
}

void Meeting::take_answer(const std::string& sdp) {
  if (!awaits_answer_) throw CommandError("the peer answers what it was not asked");
  const RemoteDescription answer = read("answer", sdp);
  awaits_answer_ = false;
  take_description(answer);
}

void Meeting::take_description(const RemoteDescription& description) {
  const auto& [ufrag, pwd] = description.credentials;
  agent_->set_remote_credentials(ufrag, pwd);
  remote_fragment_ = ufrag;
  for (const std::string& candidate : description.candidates) hand_over(candidate);
  for (const auto& [text, fragment] : std::exchange(early_, {})) {
    if (fragment.empty() || fragment == ufrag) hand_over(text);
  }
}

/// A candidate may come before the description of its generation, and that of the generation before
/// while a restart is under way.
void Meeting::take_candidate(const std::string& text, const std::string& fragment) {
  const bool is_current = fragment.empty() || fragment == remote_fragment_;
  if (is_current && !awaits_answer_ && !remote_fragment_.empty()) return hand_over(text);
  if (early_.size() < most_early_candidates) early_.push_back({.text = text, .fragment = fragment});
}

void Meeting::hand_over(const std::string& candidate) {
  if (candidate.empty()) return;  // how some say that there will be no more of them
  const auto parsed = Candidate::parse(candidate);
  if (parsed && parsed->component == 1) return agent_->add_remote_candidate(*parsed);
  if (parsed) return;  // of RTCP, which has no component of its own here (RFC 5761)
  means_.output.log("warning", fmt::format("a candidate of the peer is left out: {}: {}",
                                           abbreviate(to_printable(candidate), 200),
                                           describe_unusable(candidate)));
}

/// One that awaits an answer has restarted already, as far as who asks can know.
void Meeting::take_restart() {
  if (configuration_.controlling && !awaits_answer_) agent_->restart();
}

}  // namespace icelab
