// Any server that an agent meets its peer through: whatever it says, and however often the
// connection breaks, the client says what a server takes, and ends once.

#include "src/agent/signalling_client.h"
#include "src/base/overloaded.h"
#include "src/serve/signalling_message.h"
#include "tests/fuzz/fuzz_input.h"

#include <fmt/format.h>

#include <array>

namespace {

using namespace icelab;

class World : private ClientWire, private RoomListener {
 public:
  explicit World(FuzzInput& input) : input_(input) { client_.start(now_); }

  void run() {
    while (!input_.is_empty()) step();
  }

 private:
  enum class Connection { none, begun, stands };

  void step() {
    switch (input_.below(8)) {
      case 0:
        if (connection_ != Connection::begun) return;
        connection_ = Connection::stands;
        return client_.opened();
      case 1:
        return break_down();
      case 2:
        return pass();
      case 3:
        return say(std::string(input_.text()));
      case 4:
        if (input_.below(16) == 0) return leave();
        return client_.send(1 + static_cast<int>(input_.below(3)),
                            Json::object({{"type", "offer"}, {"sdp", "v=0"}}));
      default:
        return say(make_message());
    }
  }

  void break_down() {
    if (connection_ == Connection::none) return;
    connection_ = Connection::none;
    client_.closed("the connection broke", now_);
  }
  void pass() {
    constexpr std::array<std::chrono::seconds, 4> times{
        std::chrono::seconds(1), std::chrono::seconds(6), std::chrono::seconds(11),
        std::chrono::seconds(61)};
    now_ += input_.one_of(times);
    client_.tick(now_);
  }
  void say(const std::string& message) {
    if (connection_ == Connection::stands) client_.received(message, now_);
  }
  void leave() {
    client_.leave();
    is_over_ = true;
  }

  std::string make_message() {
    constexpr std::array<std::string_view, 7> messages{
        R"("type":"peer-joined","peer":2,"role":"offerer","ice_servers":[])",
        R"("type":"peer-left","peer":2,"reason":"lost")",
        R"("type":"offer","from":2,"sdp":"v=0")",
        R"("type":"answer","from":2,"sdp":"v=0")",
        R"("type":"candidate","from":2,"candidate":"c","usernameFragment":null)",
        R"("type":"end-of-candidates","from":2)",
        R"("type":"restart","from":2)"};
    const auto type = input_.below(8);
    const auto number = input_.below(40);
    switch (type) {
      case 0:
        return R"({"type":"joined","protocol":1,"token":"t","ice_servers":[],)"
               R"("heartbeat_s":5,"resume_s":20})";
      case 1:
        return fmt::format(R"({{"type":"resumed","received":{},"ice_servers":[]}})", number);
      case 2:
        return fmt::format(R"({{"type":"heartbeat","received":{}}})", number);
      case 3:
        return fmt::format(R"({{"type":"error","code":"{}","message":"m"}})",
                           number % 2 == 0 ? "silent" : "idle");
      default:
        return fmt::format(R"({{{},"seq":{}}})", input_.one_of(messages), number);
    }
  }

  void connect() override {
    hold(connection_ == Connection::none, "there is one connection at a time");
    hold(!is_over_, "nothing is begun once it is over");
    connection_ = Connection::begun;
  }
  void send(const std::string& message) override {
    hold(connection_ == Connection::stands, "a message goes to a connection that stands");
    hold(!is_over_, "nothing is said once it is over");
    const auto read = parse_client_signal(message);
    const auto* signal = std::get_if<ClientSignal>(&read);
    hold(signal != nullptr, "a server takes what the client says");
    const auto* numbered = std::get_if<PeerSignal>(signal);
    if (numbered == nullptr) return;
    hold(numbered->seq <= last_said_ + 1, "no number is left out");
    last_said_ = std::max(last_said_, numbered->seq);
  }
  void drop() override { connection_ = Connection::none; }

  void on_ice_servers(const Json&) override { hold_alive(); }
  void on_joined() override { hold_alive(); }
  void on_room_signal(const RoomSignal&) override {
    hold_alive();
    if (input_.below(4) != 0) return;
    client_.send(2, Json::object({{"type", "restart"}}));
  }
  void on_interrupted(const std::string&) override { hold_alive(); }
  void on_resumed() override { hold_alive(); }
  void on_ended(const std::string& why) override {
    hold_alive();
    hold_printable(why, "why it ended can be shown");
    is_over_ = true;
  }
  void hold_alive() const { hold(!is_over_, "nothing is told once it is over"); }

  FuzzInput& input_;
  Instant now_{std::chrono::hours(1)};
  Connection connection_ = Connection::none;
  bool is_over_ = false;
  std::uint64_t last_said_ = 0;
  SignallingClient client_{"a-room-of-two-people-00", *this, *this};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  World(input).run();
  return 0;
}
