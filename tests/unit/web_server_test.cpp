#include "src/serve/web_server.h"

#include "src/base/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/served_here.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <string>

namespace icelab {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing::Throws;

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
  WebSocketClient among_others(server.endpoint, "", "chat, icelab-signalling.1");
  for (const auto* protocol : {"chat", "", "icelab-signalling.10"}) {
    EXPECT_THAT([&] { WebSocketClient(server.endpoint, "", protocol); },
                Throws<std::runtime_error>(
                    testing::Property(&std::runtime_error::what, HasSubstr("400 Bad Request"))))
        << protocol;
  }
}

TEST(WebServer, SignalsAtOnePathOnly) {
  const ServedHere server;
  for (const auto* path : {"/signal/", "/signal/x", "/signalx", "/signal%2fx"}) {
    EXPECT_THAT(
        [&] {
          WebSocketClient(server.endpoint, "Origin: https://evil.example\r\n",
                          "icelab-signalling.1", path);
        },
        Throws<std::runtime_error>(testing::Property(&std::runtime_error::what, HasSubstr("404"))))
        << path;
  }
}

TEST(WebServer, WantsOneOrigin) {
  const ServedHere server;
  EXPECT_THAT(
      [&] {
        WebSocketClient(server.endpoint, "Origin: http://test\r\nOrigin: https://evil.example\r\n");
      },
      Throws<std::runtime_error>(testing::Property(&std::runtime_error::what, HasSubstr("403"))));
}

TEST(WebServer, GoesByNoNamesButItsOwn) {
  const ServedHere server;
  for (const auto* host : {"test", "TEST:8080", "localhost:1", "call.localhost", "127.0.0.1:80",
                           "[::1]:80", "[2001:db8::1]"}) {
    WebClient client(server.endpoint);
    client.write(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200 ")) << host;
  }
  for (const auto* host : {"evil.example", "test.evil.example", "eviltest"}) {
    WebClient client(server.endpoint);
    client.write(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 421 ")) << host;
  }
  WebClient confusing(server.endpoint);
  confusing.write("GET / HTTP/1.1\r\nHost: [::1].evil.example\r\n\r\n");
  EXPECT_THAT(confusing.read_all(), StartsWith("HTTP/1.1 400 "));
  WebClient doubled(server.endpoint);
  doubled.write("GET / HTTP/1.1\r\nHost: test\r\nHost: evil.example\r\n\r\n");
  EXPECT_THAT(doubled.read_all(), StartsWith("HTTP/1.1 400 "));
}

TEST(WebServer, SendsWholePagesOnly) {
  const ServedHere server;
  for (const auto* range : {"bytes=0-9", "bytes=20000-30000", "bytes=-5", "bytes=5-1"}) {
    const auto answer =
        WebClient(server.endpoint).get("/assets/page.js", fmt::format("Range: {}\r\n", range));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n")) << range;
    EXPECT_THAT(answer, HasSubstr("Content-Length: 10000\r\n")) << range;
  }
}

TEST(WebServer, SaysThatItRuns) {
  const ServedHere server;
  WebClient balancer(server.endpoint);
  balancer.write("GET /healthz HTTP/1.1\r\nHost: 10.0.0.1.backend.example\r\n\r\n");
  const auto answer = balancer.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, EndsWith("ok\n"));
}

TEST(WebServer, TellsItsFigures) {
  const ServedHere server;
  Talkers two(server);
  two.talk();
  WebSocketClient hostile(server.endpoint);
  hostile.send_frame(0x81, "hello?");
  EXPECT_EQ(hostile.close_code(), 1007);
  WebClient(server.endpoint).get("/", "Host: evil.example\r\n");
  const auto figures = figures_of(server);
  for (const auto* line :
       {"icelab_connections 2\n", "icelab_sessions 2\n", "icelab_rooms 1\n",
        "icelab_messages_total 4\n", "icelab_turn_credentials_total 0\n", "icelab_unsent_bytes 0\n",
        "icelab_refusals_total{reason=\"malformed\"} 1\n",
        "icelab_refusals_total{reason=\"two-hosts\"} 1\n",
        "# TYPE icelab_refusals_total counter\n"}) {
    EXPECT_THAT(figures, HasSubstr(line));
  }
}

TEST(WebServer, TellsItsFiguresToNobodyButTheOperator) {
  auto options = on_loopback();
  options.operators = {*IpPrefix::parse("127.0.0.9/32")};
  const ServedHere server(options);
  EXPECT_THAT(figures_of(server), StartsWith("HTTP/1.1 403 "));
  const auto here = *IpAddress::parse("127.0.0.9");
  EXPECT_THAT(figures_of(server, here), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(figures_of(server, here, "Forwarded: for=192.0.2.1\r\n"), StartsWith("HTTP/1.1 403 "))
      << "somebody else's, by way of a proxy";
  WebClient named(server.endpoint, here);
  named.write("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(named.read_all(), StartsWith("HTTP/1.1 403 ")) << "by way of one that says nothing";
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

TEST(Pages, AreNeitherHiddenNorElsewhere) {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  std::ofstream(folder.path() + "/index.html") << "hello";
  std::ofstream(elsewhere.path() + "/secret") << "secret";
  std::ofstream(folder.path() + "/.env") << "secret";
  std::filesystem::create_directory(folder.path() + "/.git");
  std::ofstream(folder.path() + "/.git/config") << "secret";
  std::filesystem::create_symlink(elsewhere.path() + "/secret", folder.path() + "/link");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() + "/folder");
  std::ofstream(elsewhere.path() + "/page.html") << "hello";
  std::filesystem::create_symlink(elsewhere.path() + "/page.html",
                                  elsewhere.path() + "/index.html");
  EXPECT_THROW(Pages::load(elsewhere.path()), UsageError) << "a link alone is no page";
  const Pages pages = Pages::load(folder.path());
  EXPECT_NE(pages.find("/"), nullptr);
  for (const auto* path : {"/.env", "/.git/config", "/link", "/folder/secret"})
    EXPECT_EQ(pages.find(path), nullptr) << path;
}

// Made with `echo -n "1764000000:user" | openssl dgst -sha1 -hmac secret -binary | base64`.
TEST(TurnCredentials, AreAHashOfTheirEndAndUser) {
  const auto credentials = turn_credentials(
      "secret", "user", std::chrono::sys_seconds{std::chrono::seconds(1764000000)});
  EXPECT_EQ(credentials.username, "1764000000:user");
  EXPECT_EQ(credentials.password, "u9xVUWBjY3FfksLvfoUG9B3CjZQ=");
}

TEST(IceServers, AreWhatABrowserTakes) {
  const std::chrono::sys_seconds now{std::chrono::seconds(1764000000 - 3600)};
  const IceService service{.stun = {"stun:a:3478"},
                           .turn = {"turn:a:3478?transport=udp", "turn:a:443?transport=tcp"},
                           .turn_secret = "secret"};
  const Json servers = ice_servers(service, "user", now);
  EXPECT_EQ(servers[0], Json({{"urls", {"stun:a:3478"}}}));
  EXPECT_EQ(servers[1].at("urls").size(), 2);
  EXPECT_EQ(servers[1].at("username"), "1764000000:user");
  EXPECT_THAT(servers[1].at("credential").get<std::string>(), EndsWith("="));
  EXPECT_EQ(ice_servers({}, "user", now), Json::array());
  EXPECT_EQ(ice_servers(service, "", now), Json::array({servers[0]})) << "nobody gets credentials";
}

}  // namespace
}  // namespace icelab
