// Any clients of the signalling server, and any order in which they come, speak, break down and
// wait: what must hold of every server holds.

#include "src/agent/server_signal.h"
#include "src/serve/signalling.h"
#include "tests/fuzz/fuzz_input.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace {

using namespace icelab;

constexpr SignallingLimits limits{.connections = 5,
                                  .source = {.connections = 3,
                                             .connections_a_minute = 20,
                                             .rooms_a_minute = 8,
                                             .credentials_a_minute = 6},
                                  .idle = std::chrono::minutes(5),
                                  .renewal = std::chrono::seconds(30),
                                  .burst = 20,
                                  .per_second = 5,
                                  .unacknowledged_messages = 6,
                                  .unacknowledged_bytes = 2000,
                                  .unsent_bytes = 3000,
                                  .kept_bytes = 5000};

/// What a client knows, and what it must not be told.
struct Client {
  bool is_open = true;  // its end of the connection
  bool is_cut = false;  // the server's
  bool is_reading = true;
  size_t unsent = 0;
  std::optional<int> heard = {};  // the number of the last one, once there was one
};

class World : private SignallingWire {
 public:
  explicit World(FuzzInput& input) : input_(input) {}

  void run() {
    while (!input_.is_empty()) {
      step();
      check_counts();
    }
    server_.shut_down();
    hold(server_.connections() == 0 && server_.rooms() == 0, "nothing is left of a server");
  }

 private:
  void step() {
    switch (input_.below(8)) {
      case 0:
        return connect();
      case 1:
        return interrupt();
      case 2:
        return pass();
      case 3:
        return say(std::string(input_.text()));
      case 4:
        return input_.below(32) == 0 ? server_.shut_down() : say(make_connection_message());
      default:
        return say(make_message());
    }
  }

  /// From one of two places, of which the second has many addresses.
  void connect() {
    clients_.emplace(++last_, Client{});
    const auto place = input_.below(4);
    std::array<std::uint8_t, 16> many{0x20, 0x01, 0x0d, 0xb8};
    many.back() = static_cast<std::uint8_t>(place);
    server_.opened(last_, place == 0 ? IpAddress::v4(0xcb007101U) : IpAddress::v6(many), now_);
  }
  void interrupt() {
    if (clients_.empty()) return;
    auto& [id, client] = *std::next(clients_.begin(), input_.below(size()));
    switch (client.is_open ? input_.below(4) : 3) {
      case 0:
        client.is_open = false;
        return server_.closed(id, now_);
      case 1:
        return server_.received_binary(id);
      case 2:
        client.is_reading = !client.is_reading;
        if (client.is_reading) client.unsent = 0;
        return;
      default:
        return;
    }
  }
  void pass() {
    constexpr std::array<std::chrono::seconds, 5> times{
        std::chrono::seconds(1), std::chrono::seconds(11), std::chrono::seconds(46),
        std::chrono::seconds(61), std::chrono::seconds(301)};
    now_ += input_.one_of(times);
    server_.expire(now_);
  }
  void say(const std::string& message) {
    if (clients_.empty()) return;
    auto& [id, client] = *std::next(clients_.begin(), input_.below(size()));
    if (client.is_open) server_.received(id, message, now_);
  }

  std::string make_connection_message() {
    constexpr std::array<std::string_view, 3> rooms{"a-room-of-two-people-00",
                                                    "another-room-of-two-00", "too-short"};
    const auto type = input_.below(5);
    const auto received = input_.below(12);
    switch (type) {
      case 0:
        return R"({"type":"leave"})";
      case 1:
        return fmt::format(R"({{"type":"heartbeat","received":{}}})", received);
      case 2:
        return fmt::format(R"({{"type":"resume","token":"{}","received":{}}})",
                           input_.below(secrets_ + 1), received);
      case 3:
        return fmt::format(R"({{"type":"join","room":"{}","replaces":"{}"}})", rooms.front(),
                           input_.below(secrets_ + 1));
      default:
        return fmt::format(R"({{"type":"join","room":"{}"}})", input_.one_of(rooms));
    }
  }
  std::string make_message() {
    constexpr std::array<std::string_view, 5> messages{
        R"("type":"offer","sdp":"v=0")", R"("type":"answer","sdp":"v=0")",
        R"("type":"candidate","candidate":"c","sdpMid":null)", R"("type":"end-of-candidates")",
        R"("type":"restart")"};
    const auto to = 1 + input_.below(4);
    const auto seq = input_.below(10);
    return fmt::format(R"({{{},"to":{},"seq":{}}})", input_.one_of(messages), to, seq);
  }

  void check_counts() const {
    size_t open = 0;
    for (const auto& [id, client] : clients_) open += client.is_open && !client.is_cut ? 1 : 0;
    hold(server_.connections() == open, "the server counts the connections that stand");
    hold(server_.sessions() <= limits.connections, "the server holds no more than it may");
    hold(server_.rooms() <= server_.sessions() && server_.sessions() <= 2 * server_.rooms(),
         "a room has one or two in it");
    hold(server_.kept_bytes() <= limits.kept_bytes, "the server keeps no more than it may");
    hold(server_.sessions() > 0 || server_.kept_bytes() == 0, "it keeps what is for somebody");
  }

  void send(ConnectionId id, const std::string& message) override {
    Client& client = clients_.at(id);
    hold(client.is_open && !client.is_cut, "a message goes to a connection that stands");
    const auto read = parse_server_signal(message);
    const auto* signal = std::get_if<ServerSignal>(&read);
    hold(signal != nullptr, "a client understands what the server says");
    const auto* numbered = std::get_if<NumberedSignal>(signal);
    client.unsent += client.is_reading ? 0 : message.size();
    if (numbered == nullptr) return;
    hold(!client.heard || numbered->seq == *client.heard + 1, "no message is left out");
    client.heard = numbered->seq;
  }
  [[nodiscard]] size_t unsent(ConnectionId id) const override { return clients_.at(id).unsent; }
  [[nodiscard]] size_t unsent() const override {
    size_t sum = 0;
    for (const auto& [id, client] : clients_) sum += client.unsent;
    return sum;
  }
  void close(ConnectionId id, int code, std::string_view reason) override {
    Client& client = clients_.at(id);
    hold(client.is_open && !client.is_cut, "a connection is closed once");
    hold(code >= 1000 && code < 5000 && reason.size() <= 123, "a close frame is well-formed");
    client.is_cut = true;
    client.unsent = 0;
  }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(clients_.size()); }

  FuzzInput& input_;
  Instant now_{std::chrono::hours(1)};
  ConnectionId last_ = 0;
  std::uint32_t secrets_ = 0;
  std::map<ConnectionId, Client> clients_;
  Signalling server_{limits,
                     {.ice_servers =
                          [](std::string_view user) {
                            return Json::array({{{"urls", {"turn:relay"}}, {"username", user}}});
                          },
                      .new_secret = [this] { return fmt::format("{}", secrets_++); }},
                     *this};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  World(input).run();
  return 0;
}
