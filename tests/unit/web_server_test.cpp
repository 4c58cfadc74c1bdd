#include "src/serve/web_server.h"

#include "src/base/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/web_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <string>
#include <thread>

namespace icelab {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing::Throws;

constexpr const char* room = "7dXk0mW2q5TzYv9bLhR4cA";

Pages some_pages() {
  Pages pages;
  pages.add("/index.html", make_page("/index.html", "<!doctype html><title>A call</title>"));
  pages.add("/assets/page.js", make_page("/assets/page.js", std::string(10000, ' ')));
  return pages;
}

WebServerOptions on_loopback() {
  return {.listen = {{*IpAddress::parse("127.0.0.1"), 0}},
          .certificate = "",
          .key = "",
          .origins = {"https://friend.example"},
          .limits = {}};
}

/// A server in a thread of its own, as it is in a process of its own; the test is its clients.
class ServedHere {
 public:
  explicit ServedHere(const WebServerOptions& options = on_loopback()) {
    std::promise<Endpoint> listening;
    auto told = listening.get_future();
    thread_ = std::thread([this, &listening, &options] {
      EventLoop loop;
      WebServer server(loop, options, some_pages(), {});
      const auto stop = loop.on_readable(stop_.get(), [&] {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t length = read(stop_.get(), &count, sizeof count);
        server.shut_down([&] { loop.quit(); });
      });
      const std::string link = server.links().at(0);
      listening.set_value(*Endpoint::parse(link.substr(7, link.size() - 8)));
      loop.run();
    });
    endpoint = told.get();
  }
  ~ServedHere() { stop(); }
  ServedHere(const ServedHere&) = delete;
  ServedHere& operator=(const ServedHere&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t length = write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

  Endpoint endpoint;

 private:
  Descriptor stop_{eventfd(0, EFD_CLOEXEC)};
  std::thread thread_;
};

WebSocketClient join(const ServedHere& server, const std::string& name = room) {
  WebSocketClient client(server.endpoint);
  client.say({{"type", "join"}, {"room", name}});
  EXPECT_EQ(client.read().at("type"), "joined");
  return client;
}

/// Two in a room, who go on talking whatever a third does.
struct Talkers {
  explicit Talkers(const ServedHere& server) : alice(join(server)), bob(join(server)) {
    EXPECT_EQ(alice.read().at("role"), "offerer");
    EXPECT_EQ(bob.read().at("role"), "answerer");
  }
  void talk() {
    alice.say({{"type", "offer"}, {"seq", ++said}, {"to", 2}, {"sdp", "hello"}});
    EXPECT_EQ(bob.read().at("sdp"), "hello");
  }
  WebSocketClient alice;
  WebSocketClient bob;
  int said = 0;
};

TEST(WebServer, ServesItsPages) {
  const ServedHere server;
  const auto page = WebClient(server.endpoint).get("/");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'self';"));
  EXPECT_THAT(page, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(page, EndsWith("<title>A call</title>"));
}

TEST(WebServer, CompressesForWhoCanReadThat) {
  const ServedHere server;
  const auto plain = WebClient(server.endpoint).get("/assets/page.js");
  EXPECT_THAT(plain, HasSubstr("Content-Length: 10000\r\n"));
  EXPECT_THAT(plain, HasSubstr("immutable"));
  const auto compressed =
      WebClient(server.endpoint).get("/assets/page.js", "Accept-Encoding: gzip, br\r\n");
  EXPECT_THAT(compressed, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_LT(compressed.size(), 1000);
}

TEST(WebServer, HasNothingButItsPages) {
  const ServedHere server;
  for (const auto* path : {"/other", "/../etc/passwd", "/assets/"}) {
    EXPECT_THAT(WebClient(server.endpoint).get(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(WebClient(server.endpoint).get("/..%2f..%2fetc/passwd"), StartsWith("HTTP/1.1 400 "));
  WebClient posting(server.endpoint);
  posting.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_THAT(posting.read_all(), StartsWith("HTTP/1.1 405 "));
}

TEST(WebServer, CarriesWhatTwoSayToEachOther) {
  const ServedHere server;
  Talkers two(server);
  two.talk();
  two.bob.say({{"type", "answer"}, {"seq", 1}, {"to", 1}, {"sdp", "안녕"}});
  EXPECT_EQ(two.alice.read(), Json({{"type", "answer"}, {"seq", 2}, {"from", 2}, {"sdp", "안녕"}}));
}

TEST(WebServer, CarriesOnWithAConnectionMadeAnew) {
  const ServedHere server;
  WebSocketClient alice = join(server);
  std::string token;
  {
    WebSocketClient bob(server.endpoint);
    bob.say({{"type", "join"}, {"room", room}});
    token = bob.read().at("token").get<std::string>();
  }  // cut without a word
  EXPECT_EQ(alice.read().at("type"), "peer-joined");
  alice.say({{"type", "offer"}, {"seq", 1}, {"to", 2}, {"sdp", "while you were away"}});
  WebSocketClient again(server.endpoint);
  again.say({{"type", "resume"}, {"token", token}, {"received", 1}});
  EXPECT_EQ(again.read().at("type"), "resumed");
  EXPECT_EQ(again.read().at("sdp"), "while you were away");
}

TEST(WebServer, LetsPagesOfItsOwnAndOfFriendsSignal) {
  const ServedHere server;
  WebSocketClient own(server.endpoint, "Origin: http://test\r\n");
  WebSocketClient behind_a_proxy(server.endpoint, "Origin: https://test\r\n");
  WebSocketClient friendly(server.endpoint, "Origin: https://friend.example\r\n");
  for (const std::string origin : {"https://evil.example", "null", "https://test.evil.example"}) {
    EXPECT_THAT(
        [&] { WebSocketClient(server.endpoint, fmt::format("Origin: {}\r\n", origin)); },
        Throws<std::runtime_error>(testing::Property(&std::runtime_error::what, HasSubstr("403"))))
        << origin;
  }
}

TEST(WebServer, SpeaksNoOtherProtocolThanItsOwn) {
  const ServedHere server;
  EXPECT_THAT([&] { WebSocketClient(server.endpoint, "", "chat"); },
              Throws<std::runtime_error>(
                  testing::Property(&std::runtime_error::what, HasSubstr("400 Bad Request"))));
}

/// What bad input gets: its connection ends, and the two others talk on.
class WebServerGivenBadInput : public testing::Test {
 protected:
  void TearDown() override { two.talk(); }

  ServedHere server;
  Talkers two{server};
  WebSocketClient hostile{server.endpoint};
};

TEST_F(WebServerGivenBadInput, CutsOffWhoSendsNoJson) {
  hostile.send_frame(0x81, "hello?");
  EXPECT_EQ(hostile.read().at("code"), "malformed");
  EXPECT_EQ(hostile.close_code(), 1007);
}

TEST_F(WebServerGivenBadInput, CutsOffWhoSendsNoUtf8) {
  hostile.send_frame(0x81, "\xff\xfe");
  EXPECT_EQ(hostile.close_code(), 1007);
}

TEST_F(WebServerGivenBadInput, CutsOffWhoSendsTenMegabytes) {
  hostile.send_frame(0x81, std::string(10 << 20, ' '));
  hostile.close_code();
}

TEST_F(WebServerGivenBadInput, CutsOffWhoseMessageDoesNotEnd) {
  hostile.send_frame(0x01, std::string(1000, ' '));  // and never a last fragment
  for (int fragment = 0; fragment < 10000; ++fragment)
    hostile.send_frame(0x00, std::string(1000, ' '));
  EXPECT_EQ(hostile.read_frame().opcode, 0);
}

TEST_F(WebServerGivenBadInput, CutsOffWhoDoesNotSpeakWebSocket) {
  hostile.write("\x81\x05hello");  // not masked
  EXPECT_EQ(hostile.close_code(), 1002);
}

TEST_F(WebServerGivenBadInput, CutsOffAFlood) {
  for (int i = 0; i < 5000; ++i) hostile.say({{"type", "heartbeat"}, {"received", 0}});
  EXPECT_EQ(hostile.read().at("code"), "not-joined");
  EXPECT_EQ(hostile.close_code(), 1008);

  hostile = WebSocketClient(server.endpoint);
  hostile.say({{"type", "join"}, {"room", "a-room-of-its-own-0000"}});
  for (int i = 0; i < 5000; ++i) hostile.say({{"type", "heartbeat"}, {"received", 0}});
  EXPECT_EQ(hostile.close_code(), 1008);
}

TEST(WebServer, CutsOffWhoDoesNotReadAndNobodyElse) {
  const ServedHere server;
  Talkers two(server);
  const std::string other_room = "a-room-of-its-own-0000";
  WebSocketClient speaker = join(server, other_room);
  const WebSocketClient deaf = join(server, other_room);
  EXPECT_EQ(speaker.read().at("type"), "peer-joined");
  // More than the kernel keeps for a connection, and than the server does.
  const std::string page(60000, ' ');
  for (int seq = 1; seq <= 150; ++seq)
    speaker.say({{"type", "offer"}, {"seq", seq}, {"to", 2}, {"sdp", page}});
  EXPECT_EQ(speaker.read(),
            Json({{"type", "peer-left"}, {"seq", 2}, {"peer", 2}, {"reason", "cut-off"}}));
  two.talk();
}

TEST(WebServer, EndsAConnectionOnWhichNothingComes) {
  auto options = on_loopback();
  options.silence = std::chrono::seconds(1);
  const ServedHere server(options);
  WebClient silent(server.endpoint);
  WebClient half_asked(server.endpoint);
  half_asked.write("GET / HTT");
  WebSocketClient meeting(server.endpoint);
  EXPECT_EQ(silent.read_all(), "");
  half_asked.read_all();                      // which ends
  EXPECT_EQ(meeting.read_frame().opcode, 0);  // so does this
  EXPECT_THAT(WebClient(server.endpoint).get("/"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(WebServer, IsNotHeldUpByARequestThatNeverComes) {
  const ServedHere server;
  const WebClient half_open(server.endpoint);
  const WebClient half_asked(server.endpoint);
  half_asked.write("GET / HTT");
  Talkers two(server);
  two.talk();
  WebClient endless(server.endpoint);
  endless.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n\r\n");
  endless.write(std::string(1 << 20, 'x'));
  endless.read_all();  // which ends
}

TEST(WebServer, TellsItsClientsWhenItEnds) {
  ServedHere server;
  Talkers two(server);
  server.stop();
  EXPECT_EQ(two.alice.read().at("code"), "shutting-down");
  EXPECT_EQ(two.alice.close_code(), 1001);
  EXPECT_EQ(two.bob.read().at("code"), "shutting-down");
}

TEST(WebServer, SaysWhereItCannotListen) {
  const ServedHere first;
  EventLoop loop;
  auto options = on_loopback();
  options.listen = {first.endpoint};
  EXPECT_THAT([&] { WebServer(loop, options, some_pages(), {}); },
              Throws<UsageError>(testing::Property(&UsageError::what,
                                                   AllOf(HasSubstr("listening on 127.0.0.1:"),
                                                         HasSubstr("Address already in use")))));
}

TEST(WebServer, SaysWhichCertificateItCannotRead) {
  EventLoop loop;
  auto options = on_loopback();
  options.certificate = "/nonexistent.pem";
  options.key = "/nonexistent.key";
  EXPECT_THAT([&] { WebServer(loop, options, some_pages(), {}); },
              Throws<UsageError>(testing::Property(
                  &UsageError::what, HasSubstr("reading the certificate /nonexistent.pem"))));
}

TEST(Pages, AreAllThatIsInTheirFolder) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { Pages::load(folder.path()); },
              Throws<UsageError>(testing::Property(&UsageError::what, HasSubstr("no pages in"))));
  std::filesystem::create_directory(folder.path() + "/assets");
  std::ofstream(folder.path() + "/index.html") << "hello";
  std::ofstream(folder.path() + "/assets/style-1.css") << std::string(1000, ' ');
  const Pages pages = Pages::load(folder.path());
  ASSERT_NE(pages.find("/"), nullptr);
  EXPECT_EQ(pages.find("/")->plain, "hello");
  EXPECT_FALSE(pages.find("/")->immutable);
  EXPECT_EQ(pages.find("/")->compressed, "") << "five bytes do not get smaller";
  EXPECT_EQ(pages.find("/assets/style-1.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(pages.find("/assets/style-2.css"), nullptr);
}

// Made with `echo -n "1764000000:user" | openssl dgst -sha1 -hmac secret -binary | base64`.
TEST(TurnCredentials, AreAHashOfTheirEndAndUser) {
  const auto credentials = turn_credentials(
      "secret", "user", std::chrono::sys_seconds{std::chrono::seconds(1764000000)});
  EXPECT_EQ(credentials.username, "1764000000:user");
  EXPECT_EQ(credentials.password, "u9xVUWBjY3FfksLvfoUG9B3CjZQ=");
}

TEST(IceServers, AreWhatABrowserTakes) {
  const std::chrono::sys_seconds now{std::chrono::seconds(1764000000 - 43200)};
  const IceService service{.stun = {"stun:a:3478"},
                           .turn = {"turn:a:3478?transport=udp", "turn:a:443?transport=tcp"},
                           .turn_secret = "secret"};
  const Json servers = ice_servers(service, "user", now);
  EXPECT_EQ(servers[0], Json({{"urls", {"stun:a:3478"}}}));
  EXPECT_EQ(servers[1].at("urls").size(), 2);
  EXPECT_EQ(servers[1].at("username"), "1764000000:user");
  EXPECT_THAT(servers[1].at("credential").get<std::string>(), EndsWith("="));
  EXPECT_EQ(ice_servers({}, "user", now), Json::array());
}

}  // namespace
}  // namespace icelab
