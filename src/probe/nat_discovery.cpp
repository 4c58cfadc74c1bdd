#include "src/probe/nat_discovery.h"

#include "src/base/error.h"
#include "src/probe/classify_nat.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

std::optional<StunExchange> exchange_of(const StunTransaction* transaction) {
  return transaction != nullptr ? std::optional(transaction->exchange()) : std::nullopt;
}

bool is_answered(const StunTransaction* transaction) {
  return transaction != nullptr && transaction->exchange().answer() != nullptr;
}

constexpr size_t tests_a_series = 3;

}  // namespace

// The tests while they go on: the evidence of the same name, still in transactions.

struct NatDiscovery::Filtering {
  bool change_address;
  Endpoint answer_from;
  StunTransaction* primary = nullptr;
  StunTransaction* changed = nullptr;

  [[nodiscard]] FilteringTest evidence() const {
    return {primary->exchange(), exchange_of(changed)};
  }
};

struct NatDiscovery::Hairpin {
  StunSocket* receiver_socket = nullptr;
  StunSocket* sender_socket = nullptr;
  StunTransaction* receiver = nullptr;
  StunTransaction* sender = nullptr;
  StunTransaction* hairpin = nullptr;
  std::optional<Endpoint> seen_from = {};
  bool ended = false;

  [[nodiscard]] HairpinTest evidence() const {
    return {receiver->exchange(), sender->exchange(), exchange_of(hairpin), seen_from};
  }
};

struct NatDiscovery::Round {
  Filtering change_both;
  Filtering change_port;
  std::optional<Hairpin> hairpin = {};

  [[nodiscard]] SilentRound evidence() const {
    return {change_both.evidence(), change_port.evidence(),
            hairpin ? std::optional(hairpin->evidence()) : std::nullopt};
  }
};

struct NatDiscovery::Opened {
  Endpoint other;
  bool change_address;
  StunTransaction* primary = nullptr;
  StunTransaction* asked_there = nullptr;
  StunTransaction* changed = nullptr;

  [[nodiscard]] OpenedTest evidence() const {
    return {primary->exchange(), exchange_of(asked_there), exchange_of(changed)};
  }
};

struct NatDiscovery::Series {
  bool by_neighbor;
  StunSocket* socket;
  std::array<StunTransaction*, tests_a_series> tests{};

  [[nodiscard]] MappingSeries evidence() const {
    return {by_neighbor, tests[0]->exchange(), exchange_of(tests[1]), exchange_of(tests[2])};
  }
};

NatDiscovery::NatDiscovery(EventLoop& loop, const Endpoint& server, SocketFactory sockets,
                           DiscoverySettings settings, std::function<void(NatFindings)> done)
    : loop_(loop),
      server_(server),
      sockets_factory_(std::move(sockets)),
      settings_(std::move(settings)),
      done_(std::move(done)) {
  make_contact();
}

NatDiscovery::~NatDiscovery() = default;

StunSocket& NatDiscovery::open(const SocketFactory& factory, std::uint16_t port) {
  return *sockets_.emplace_back(std::make_unique<StunSocket>(loop_, factory(port)));
}

StunTransaction& NatDiscovery::ask(StunSocket& socket, const StunQuery& query,
                                   std::function<void()> done) {
  return *transactions_.emplace_back(std::make_unique<StunTransaction>(
      loop_, socket, query, settings_.retransmission, std::move(done)));
}

void NatDiscovery::end() {
  if (--begun_ == 0) (this->*next_)();
}

void NatDiscovery::make_contact() {
  next_ = &NatDiscovery::judge_contact;
  begin();
  contact_ = &ask(open(sockets_factory_), {.server = server_}, [this] { end(); });
}

void NatDiscovery::judge_contact() {
  if (server_fault(gather())) {
    finish();
    return;
  }
  other_ = *contact_->exchange().answer()->other_address;
  start_round();
}

void NatDiscovery::start_round() {
  next_ = &NatDiscovery::end_round;
  rounds_.push_back(std::make_unique<Round>(Round{
      .change_both = {.change_address = true, .answer_from = other_},
      .change_port = {.change_address = false, .answer_from = {server_.address, other_.port}}}));
  Round& round = *rounds_.back();
  begin();
  if (classic_ == nullptr) ask_for_plain_copy();
  test_filtering(round.change_both);
  test_filtering(round.change_port);
  const bool came_back = std::ranges::any_of(
      rounds_, [](const auto& earlier) { return earlier->hairpin && earlier->hairpin->seen_from; });
  if (settings_.hairpinning && !came_back) test_hairpinning(round.hairpin.emplace());
  end();
}

/// From the socket that made contact, so that it has the same mapping.
void NatDiscovery::ask_for_plain_copy() {
  begin();
  classic_ = &ask(*sockets_.front(), {.server = server_, .classic = true}, [this] { end(); });
}

void NatDiscovery::test_filtering(Filtering& test) {
  begin();
  StunSocket& socket = open(sockets_factory_);
  test.primary = &ask(socket, {.server = server_}, [this, &test, &socket] {
    if (is_answered(test.primary)) {
      begin();
      test.changed = &ask(socket,
                          {.server = server_,
                           .change_address = test.change_address,
                           .change_port = true,
                           .answer_from = test.answer_from},
                          [this] { end(); });
    }
    end();
  });
}

void NatDiscovery::test_hairpinning(Hairpin& test) {
  test.receiver_socket = &open(sockets_factory_);
  test.sender_socket = &open(settings_.neighbor ? settings_.neighbor : sockets_factory_);
  const auto on_mapped = [this, &test] {
    if (is_answered(test.receiver) && is_answered(test.sender) && test.hairpin == nullptr)
      send_hairpin(test);
    end();
  };
  begin();
  test.receiver = &ask(*test.receiver_socket, {.server = server_}, on_mapped);
  begin();
  test.sender = &ask(*test.sender_socket, {.server = server_}, on_mapped);
}

void NatDiscovery::send_hairpin(Hairpin& test) {
  const Endpoint receiver = *test.receiver->exchange().mapped();
  const Endpoint sender = *test.sender->exchange().mapped();
  if (receiver == test.receiver_socket->local()) return;  // no NAT that could send it back

  begin();
  const auto end_once = [this, &test] {
    if (!std::exchange(test.ended, true)) end();
  };
  test.receiver_socket->on_stray(
      [&test, end_once](const StunMessage& message, const Endpoint& source) {
        if (test.hairpin == nullptr || message.transaction != test.hairpin->id()) return;
        if (!test.seen_from) test.seen_from = source;
        end_once();
      });
  ask(*test.receiver_socket, {.server = sender}, {});  // opens the receiver's filter
  test.hairpin = &ask(*test.sender_socket, {.server = receiver}, end_once);
}

void NatDiscovery::end_round() {
  const SilentRound round = rounds_.back()->evidence();
  const bool again =
      is_doubtful(round) && rounds_.size() < static_cast<size_t>(settings_.most_rounds);
  if (server_fault(gather())) {
    finish();
  } else if (again) {
    start_round();
  } else {
    start_opened();
  }
}

/// Only where the answer was missed: else the server has proved itself already.
void NatDiscovery::start_opened() {
  next_ = &NatDiscovery::start_mapping;
  const auto missed = [this](Filtering Round::*test) {
    return std::ranges::none_of(
        rounds_, [&](const auto& round) { return is_answered(((*round).*test).changed); });
  };
  begin();
  if (missed(&Round::change_both)) {
    opened_both_ = std::make_unique<Opened>(Opened{.other = other_, .change_address = true});
    test_opened(*opened_both_);
    if (missed(&Round::change_port)) {
      opened_port_ = std::make_unique<Opened>(
          Opened{.other = {server_.address, other_.port}, .change_address = false});
      test_opened(*opened_port_);
    }
  }
  end();
}

void NatDiscovery::test_opened(Opened& test) {
  begin();
  StunSocket& socket = open(sockets_factory_);
  const auto ask_to_change = [this, &test, &socket] {
    const auto mapped = test.primary->exchange().mapped();
    if (mapped && mapped == test.asked_there->exchange().mapped()) {
      begin();
      test.changed = &ask(socket,
                          {.server = server_,
                           .change_address = test.change_address,
                           .change_port = true,
                           .answer_from = test.other},
                          [this] { end(); });
    }
    end();
  };
  test.primary = &ask(socket, {.server = server_}, [this, &test, &socket, ask_to_change] {
    test.asked_there = &ask(socket, {.server = test.other}, ask_to_change);
  });
}

void NatDiscovery::start_mapping() {
  next_ = &NatDiscovery::finish;
  begin();
  open_source_ports();
  ask_next_series();
  end();
}

/// Some even and some odd, or nothing could be said of parity.
void NatDiscovery::open_source_ports() {
  const auto add = [this](std::uint16_t port) {
    series_.push_back({.by_neighbor = false, .socket = &open(sockets_factory_, port)});
  };
  for (int i = 0; i < settings_.source_ports; ++i) add(0);
  const auto is_even = [](const Series& series) { return series.socket->local().port % 2 == 0; };
  const bool alike =
      std::ranges::all_of(series_, is_even) || std::ranges::none_of(series_, is_even);
  if (alike && series_.size() > 1) {
    const auto neighboring = series_.front().socket->local().port ^ 1U;
    try {
      add(static_cast<std::uint16_t>(neighboring));
    } catch (const SystemError&) {  // taken: then parity remains unknown
    }
  }
  if (!settings_.neighbor) return;
  for (size_t i = 0, own = series_.size(); i < own; ++i) {
    const std::uint16_t port = series_[i].socket->local().port;
    series_.push_back({.by_neighbor = true, .socket = &open(settings_.neighbor, port)});
  }
}

/// One after the other, so that a NAT that counts ports is seen counting; but none waits longer for
/// the one before it than until that one is sent again.
void NatDiscovery::ask_next_series() {
  const size_t index = asked_;
  if (index == series_.size() * tests_a_series) return;
  Series& series = series_[index / tests_a_series];
  const std::array<Endpoint, tests_a_series> servers{
      server_, {other_.address, server_.port}, other_};
  const auto go_on = [this, index] {
    if (asked_ != index) return;
    ++asked_;
    ask_next_series();
  };
  begin();
  StunTransaction& test =
      ask(*series.socket, {.server = servers[index % tests_a_series]}, [this, go_on] {
        go_on();
        end();
      });
  series.tests[index % tests_a_series] = &test;
  test.on_retransmission(go_on);
}

NatEvidence NatDiscovery::gather() const {
  NatEvidence evidence{.contact = exchange_of(contact_), .classic = exchange_of(classic_)};
  for (const auto& round : rounds_) evidence.rounds.push_back(round->evidence());
  if (opened_both_) evidence.opened_both = opened_both_->evidence();
  if (opened_port_) evidence.opened_port = opened_port_->evidence();
  for (const auto& series : series_) evidence.mapping.push_back(series.evidence());
  return evidence;
}

void NatDiscovery::finish() {
  evidence_ = gather();
  finished_ = loop_.after({}, [this] {
    const auto done = std::move(done_);
    done(classify_nat(evidence_));
  });
}

}  // namespace icelab
