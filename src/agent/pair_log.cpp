#include "src/agent/pair_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace icelab {
namespace {

using Words = std::vector<std::string_view>;

/// What stands at each "{}" of the pattern, if the text begins as the pattern says. A pattern that
/// ends in "{}" takes the rest of the text there.
std::optional<Words> match(std::string_view text, std::string_view pattern) {
  Words words;
  while (true) {
    const size_t hole = pattern.find("{}");
    const std::string_view literal = pattern.substr(0, hole);
    if (!text.starts_with(literal)) return std::nullopt;
    if (hole == std::string_view::npos) return words;
    text.remove_prefix(literal.size());
    pattern.remove_prefix(hole + 2);

    const std::string_view next_literal = pattern.substr(0, pattern.find("{}"));
    const size_t end = next_literal.empty() ? text.size() : text.find(next_literal);
    if (end == std::string_view::npos) return std::nullopt;
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// "Agent 0x55d0 : said" -> "said". libnice is not particular about the spaces around the colon.
std::string_view without_agent(std::string_view message) {
  if (!message.starts_with("Agent ")) return {};
  const size_t colon = message.find(':');
  if (colon == std::string_view::npos) return {};
  const size_t start = message.find_first_not_of(' ', colon + 1);
  return start == std::string_view::npos ? std::string_view{} : message.substr(start);
}

std::optional<PairState> parse_state(std::string_view word) {
  if (word == "FROZEN") return PairState::frozen;
  if (word == "WAITING") return PairState::waiting;
  if (word == "IN_PROGRESS") return PairState::in_progress;
  if (word == "SUCCEEDED" || word == "DISCOVERED") return PairState::succeeded;
  if (word == "FAILED") return PairState::failed;
  return std::nullopt;
}

std::optional<CandidateTransport> parse_transport(std::string_view word) {
  if (word == "udp") return CandidateTransport::udp;
  if (word == "tcp-act") return CandidateTransport::tcp_active;
  if (word == "tcp-pass") return CandidateTransport::tcp_passive;
  if (word == "tcp-so") return CandidateTransport::tcp_simultaneous_open;
  return std::nullopt;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Endpoint> parse_endpoint(std::string_view address_word, std::string_view port_word) {
  const auto address = IpAddress::parse(address_word);
  const auto port = parse_number<std::uint16_t>(port_word);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

/// libnice also says FAILED when a check that is no longer retransmitted times out, which is the
/// end of a cancelled pair, and when the peer closes the TCP connection of a pair that has
/// succeeded.
bool is_check_failure(PairState before) {
  return before != PairState::cancelled && before != PairState::succeeded;
}

bool have_same_ends(const LoggedPair& a, const LoggedPair& b) {
  return a.local_transport == b.local_transport && a.local == b.local &&
         a.remote_transport == b.remote_transport && a.remote == b.remote;
}

}  // namespace

std::string_view to_string(PairState state) {
  switch (state) {
    case PairState::frozen:
      return "frozen";
    case PairState::waiting:
      return "waiting";
    case PairState::in_progress:
      return "in-progress";
    case PairState::succeeded:
      return "succeeded";
    case PairState::failed:
      return "failed";
    case PairState::cancelled:
      return "cancelled";
  }
  return "";
}

void PairLog::read(std::string_view message) {
  // As libnice's agent/conncheck.c writes them.
  struct Saying {
    std::string_view pattern;
    void (PairLog::*heard)(const Words&);
  };
  static constexpr std::array sayings = {
      Saying{"pair {} state {} ({})", &PairLog::on_state},
      Saying{"new pair {} : [{}]:{} --> [{}]:{}", &PairLog::on_endpoints},
      Saying{"added a new pair {} with foundation '{}' and transport {}:{} to ",
             &PairLog::on_transports},
      Saying{"STUN-CC REQ {} --> {}, socket={}, pair={} (", &PairLog::on_check_sent},
      Saying{"timer set to ", &PairLog::on_timer_set},
      Saying{"STUN transaction retransmitted on pair {} (timer={}/{} ",
             &PairLog::on_retransmission},
      Saying{"pair {} will not be retransmitted.", &PairLog::on_retransmissions_stopped},
      Saying{"pair {} will be retransmitted.", &PairLog::on_retransmissions_resumed},
      Saying{"Updating nominated flag ({}): ok_pair={} ({}) p={} (", &PairLog::on_pair_found},
      Saying{"marking pair {} ({}) as nominated", &PairLog::on_nomination},
      Saying{"restarting check of pair {} as the nominated pair.", &PairLog::on_nomination},
      Saying{"pair {} removed.", &PairLog::on_removal},
  };
  const std::string_view said = without_agent(message);
  for (const Saying& saying : sayings) {
    if (const auto words = match(said, saying.pattern)) return (this->*saying.heard)(*words);
  }
}

void PairLog::on_state(const Words& words) {
  const auto state = parse_state(words[1]);
  if (!state) return;
  const std::string_view function = words[2];
  if (function.starts_with("priv_add_")) live_.insert_or_assign(std::string(words[0]), Live{});
  Live* live = find_live(words[0]);
  if (live == nullptr) return;
  LoggedPair& pair = pair_of(*live);
  if (*state == PairState::failed && !is_check_failure(pair.state)) return;
  pair.state = *state;
}

void PairLog::on_endpoints(const Words& words) {
  Live* live = find_live(words[0]);
  const auto local = parse_endpoint(words[1], words[2]);
  const auto remote = parse_endpoint(words[3], words[4]);
  if (live == nullptr || !local || !remote) return;
  live->forming.local = *local;
  live->forming.remote = *remote;
}

void PairLog::on_transports(const Words& words) {
  Live* live = find_live(words[0]);
  const auto local = parse_transport(words[2]);
  const auto remote = parse_transport(words[3]);
  if (live == nullptr || live->row != no_row || !local || !remote) return;
  LoggedPair& forming = live->forming;
  forming.local_transport = *local;
  forming.remote_transport = *remote;
  // libnice forms a pair anew that it had given up, when the peer checks it after all.
  const auto row = std::ranges::find_if(
      pairs_, [&](const LoggedPair& pair) { return have_same_ends(pair, forming); });
  live->row = static_cast<size_t>(row - pairs_.begin());
  if (row == pairs_.end()) {
    pairs_.push_back(forming);
  } else {
    *row = forming;
  }
}

void PairLog::on_check_sent(const Words& words) {
  latest_check_ = words[3];
  if (Live* live = find_live(latest_check_)) live->sends_left = 0;
}

/// Said after a check was made, unless it goes over TCP, where it is sent once.
void PairLog::on_timer_set(const Words&) {
  if (Live* live = find_live(latest_check_)) live->sends_left = sends_per_check_ - 1;
}

void PairLog::on_retransmission(const Words& words) {
  const auto sends = parse_number<int>(words[1]);
  const auto most = parse_number<int>(words[2]);
  Live* live = find_live(words[0]);
  if (live != nullptr && sends && most) live->sends_left = *most - *sends;
}

void PairLog::on_retransmissions_stopped(const Words& words) {
  Live* live = find_live(words[0]);
  if (live == nullptr || live->sends_left == 0) return;
  LoggedPair& pair = pair_of(*live);
  if (pair.state == PairState::in_progress) pair.state = PairState::cancelled;
}

void PairLog::on_retransmissions_resumed(const Words& words) {
  Live* live = find_live(words[0]);
  if (live == nullptr) return;
  LoggedPair& pair = pair_of(*live);
  if (pair.state == PairState::cancelled) pair.state = PairState::in_progress;
}

void PairLog::on_pair_found(const Words& words) {
  Live* found = find_live(words[1]);
  const Live* checked = find_live(words[3]);
  if (found != nullptr && checked != nullptr) found->row = checked->row;
}

void PairLog::on_nomination(const Words& words) {
  if (Live* live = find_live(words[0])) pair_of(*live).nominated = true;
}

void PairLog::on_removal(const Words& words) {
  Live* live = find_live(words[0]);
  if (live == nullptr) return;
  LoggedPair& pair = pair_of(*live);
  if (pair.state == PairState::frozen || pair.state == PairState::waiting)
    pair.state = PairState::cancelled;
  live_.erase(live_.find(words[0]));
}

PairLog::Live* PairLog::find_live(std::string_view name) {
  const auto found = live_.find(name);
  return found == live_.end() ? nullptr : &found->second;
}

LoggedPair& PairLog::pair_of(Live& live) {
  return live.row == no_row ? live.forming : pairs_[live.row];
}

}  // namespace icelab
