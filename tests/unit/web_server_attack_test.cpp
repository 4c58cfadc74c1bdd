#include "src/serve/web_server.h"
#include "tests/support/tls_client.h"
#include "tests/unit/served_here.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* other_room = "a-room-of-its-own-0000";

/// Loopback has many addresses: a test's attacker has another than its victims.
IpAddress attacker() {
  return *IpAddress::parse("127.0.0.66");
}

WebServerOptions over_tls() {
  auto options = on_loopback();
  options.certificate = ICELAB_SOURCE "/tests/support/tls/certificate.pem";
  options.key = ICELAB_SOURCE "/tests/support/tls/key.pem";
  return options;
}

/// How many of these connections the kernel has made, for a server that has not come to them yet.
size_t count_established(std::list<WebClient>& clients) {
  size_t established = 0;
  for (WebClient& client : clients) {
    pollfd descriptor{.fd = client.socket(), .events = POLLOUT, .revents = 0};
    constexpr int patience_ms = 2000;
    if (poll(&descriptor, 1, patience_ms) <= 0) break;
    ++established;
  }
  return established;
}

TEST(WebServerUnderAttack, LetsEverybodyComeBackAtOnce) {
  EventLoop loop;  // which does not run yet, as one that is busy does not
  const WebServer server(loop, on_loopback(), some_pages(), {});
  const std::string link = server.links().at(0);
  const Endpoint endpoint = *Endpoint::parse(link.substr(7, link.size() - 8));
  std::list<WebClient> clients;
  for (int i = 0; i < 400; ++i) clients.emplace_back(endpoint, std::nullopt, WebClient::Wait::no);
  EXPECT_EQ(count_established(clients), clients.size());
}

TEST(WebServerUnderAttack, EndsARequestThatComesByteByByte) {
  auto options = on_loopback();
  options.request = std::chrono::seconds(1);
  const ServedHere server(options);
  WebClient slow(server.endpoint);
  slow.write("GET / HTTP/1.1\r\nX: ");
  constexpr auto pause = std::chrono::milliseconds(100);
  constexpr int patience = 100;  // times the pause: ten times what is allowed
  int bytes = 0;
  while (bytes < patience && !slow.has_ended(pause)) {
    slow.write("x");
    ++bytes;
  }
  EXPECT_LT(bytes, patience);
  EXPECT_THAT(figures_of(server), HasSubstr("icelab_refusals_total{reason=\"tcp-late\"} 1\n"));
}

TEST(WebServerUnderAttack, EndsARequestWhoseBodyNeverComes) {
  auto options = on_loopback();
  options.request = std::chrono::seconds(1);
  const ServedHere server(options);
  for (const auto* host : {"test", "evil.example"}) {
    WebClient slow(server.endpoint);
    slow.write(fmt::format("POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\n", host));
    slow.read_all();  // which ends
  }
  EXPECT_THAT(figures_of(server), HasSubstr("icelab_refusals_total{reason=\"tcp-late\"} 2\n"));
}

TEST(WebServerUnderAttack, KeepsAWebSocketBeyondTheDeadlinesOfRequests) {
  auto options = on_loopback();
  options.request = options.silence = std::chrono::seconds(1);
  const ServedHere server(options);
  Talkers two(server);
  for (const Instant end = now() + std::chrono::milliseconds(2500); now() < end;) {
    two.talk();
    two.bob.say({{"type", "heartbeat"}, {"received", 1}});
    EXPECT_EQ(two.bob.read().at("type"), "heartbeat");
    EXPECT_FALSE(two.alice.has_input(std::chrono::milliseconds(100)));
  }
}

TEST(WebServerUnderAttack, GivesThePlaceOfWhoOnlyWaitsToANewcomer) {
  auto options = on_loopback();
  options.limits.connections = 2;
  const ServedHere server(options);
  std::list<WebClient> waiting;
  for (int i = 0; i < 10; ++i) waiting.emplace_back(server.endpoint);
  EXPECT_THAT(WebClient(server.endpoint).get("/"), StartsWith("HTTP/1.1 200 "));
}

TEST(WebServerUnderAttack, LeavesOthersTheirShare) {
  auto options = on_loopback();
  options.limits.source.connections = 10;
  const ServedHere server(options);
  std::list<WebClient> many;
  for (int i = 0; i < 100; ++i) many.emplace_back(server.endpoint, attacker());
  EXPECT_THAT(WebClient(server.endpoint, attacker()).get("/"), IsEmpty());
  EXPECT_THAT(figures_of(server),
              HasSubstr("icelab_refusals_total{reason=\"tcp-source-limit\"} 81\n"));
}

TEST(WebServerUnderAttack, KnowsWhomATrustedProxyAsksFor) {
  auto options = on_loopback();
  options.proxies = {*IpPrefix::parse("127.0.0.0/8")};
  options.limits.source.connections = 1;
  const ServedHere server(options);
  const auto from = [&](const char* client) {
    return WebSocketClient(server.endpoint, fmt::format("Forwarded: for={}\r\n", client));
  };
  auto one = from("192.0.2.1");
  auto again = from("192.0.2.1");
  auto other = from("192.0.2.2");
  EXPECT_EQ(again.read().at("code"), "source-limit");
  for (auto* welcome : {&one, &other}) {
    welcome->say({{"type", "join"}, {"room", room}});
    EXPECT_EQ(welcome->read().at("type"), "joined");
  }
}

TEST(WebServerUnderAttack, BelievesNoProxyThatItDoesNotTrust) {
  auto options = on_loopback();
  options.limits.source.connections = 1;
  const ServedHere server(options);
  const WebSocketClient one(server.endpoint, "Forwarded: for=192.0.2.1\r\n");
  WebSocketClient other(server.endpoint, "Forwarded: for=192.0.2.2\r\n");
  EXPECT_EQ(other.read().at("code"), "source-limit");
}

/// What a client pings and does not read is not answered without end.
TEST(WebServerUnderAttack, DoesNotReadFromWhoDoesNotRead) {
  const ServedHere server;
  Talkers two(server);
  WebSocketClient speaker = join(server, other_room);
  WebSocketClient deaf = join(server, other_room);
  EXPECT_EQ(speaker.read().at("type"), "peer-joined");
  const std::string page(60000, ' ');
  constexpr int most = 1000;
  constexpr auto pace = std::chrono::milliseconds(20);  // as fast as a client may speak
  int seq = 0;
  while (seq < most && !speaker.has_input(pace)) {
    speaker.say({{"type", "offer"}, {"seq", ++seq}, {"to", 2}, {"sdp", page}});
    for (int ping = 0; ping < 100; ++ping) deaf.send_frame(0x89, "");
    deaf.say({{"type", "heartbeat"}, {"received", seq}});
  }
  ASSERT_LT(seq, most);
  EXPECT_EQ(speaker.read().at("reason"), "cut-off");
  two.talk();
}

/// It says that it has all, and reads nothing.
TEST(WebServerUnderAttack, CutsOffWhoAcknowledgesAndDoesNotRead) {
  const ServedHere server;
  Talkers two(server);
  WebSocketClient speaker = join(server, other_room);
  WebSocketClient deaf = join(server, other_room);
  EXPECT_EQ(speaker.read().at("type"), "peer-joined");
  const std::string page(60000, ' ');
  int seq = 0;
  constexpr int most = 1000;
  constexpr auto pace = std::chrono::milliseconds(20);  // as fast as a client may speak
  while (seq < most && !speaker.has_input(pace)) {
    speaker.say({{"type", "offer"}, {"seq", ++seq}, {"to", 2}, {"sdp", page}});
    deaf.say({{"type", "heartbeat"}, {"received", seq}});
  }
  ASSERT_LT(seq, most);
  EXPECT_EQ(speaker.read().at("reason"), "cut-off");
  two.talk();
  EXPECT_THAT(figures_of(server),
              AllOf(HasSubstr("icelab_unsent_bytes 0\n"),
                    HasSubstr("icelab_refusals_total{reason=\"too-far-behind\"} 1\n")));
}

TEST(WebServerUnderAttack, CutsOffWhoPingsWithoutEnd) {
  const ServedHere server;
  Talkers two(server);
  WebSocketClient pinging = join(server, other_room);
  for (int i = 0; i < 4000; ++i) pinging.send_frame(0x89, std::string(100, 'x'));
  while (pinging.read_frame().opcode != 0) continue;
  two.talk();
}

TEST(WebServerOverTls, ServesItsPagesAndAsksToBeFoundOverTlsOnly) {
  const ServedHere server(over_tls());
  const auto page = TlsClient(server.endpoint).get("/");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("Strict-Transport-Security: max-age=31536000\r\n"));
  EXPECT_EQ(WebClient(ServedHere().endpoint).get("/").find("Strict-Transport"), std::string::npos);
}

/// What a client says first (RFC 5246 section 7.4.1.2), with these cipher suites.
std::string client_hello(std::uint8_t minor_version, const std::vector<std::uint16_t>& suites) {
  const auto number = [](size_t value, int bytes) {
    std::string text;
    for (int byte = bytes - 1; byte >= 0; --byte)
      text += static_cast<char>((value >> (8 * byte)) & 0xff);
    return text;
  };
  const std::string version = std::string("\x03") + static_cast<char>(minor_version);
  std::string listed;
  for (const auto suite : suites) listed += number(suite, 2);
  // Groups: secp256r1, x25519; uncompressed points; signatures: ecdsa and rsa with SHA-256, SHA-1.
  const std::string extensions =
      number(10, 2) + number(6, 2) + number(4, 2) + number(23, 2) + number(29, 2) + number(11, 2) +
      number(2, 2) + number(1, 1) + number(0, 1) + number(13, 2) + number(10, 2) + number(8, 2) +
      number(0x0403, 2) + number(0x0401, 2) + number(0x0203, 2) + number(0x0201, 2);
  const std::string body = version + std::string(32, 'r') + number(0, 1) +
                           number(listed.size(), 2) + listed + number(1, 1) + number(0, 1) +
                           number(extensions.size(), 2) + extensions;
  const std::string handshake = number(1, 1) + number(body.size(), 3) + body;
  return std::string("\x16\x03\x01") + number(handshake.size(), 2) + handshake;
}

constexpr std::uint16_t ecdhe_rsa_aes128_gcm = 0xc02f;
constexpr std::uint16_t rsa_aes128_gcm = 0x009c;
constexpr std::uint16_t ecdhe_rsa_aes128_cbc = 0xc013;

TEST(WebServerOverTls, RefusesVersionsBeforeOneTwoAndSuitesWithoutForwardSecrecy) {
  const ServedHere server(over_tls());
  const auto first_answer = [&](std::uint8_t minor, std::uint16_t suite) {
    WebClient client(server.endpoint);
    client.write(client_hello(minor, {suite}));
    return client.read(1);
  };
  const std::string handshake_record = "\x16";
  EXPECT_EQ(first_answer(3, ecdhe_rsa_aes128_gcm), handshake_record) << "TLS 1.2";
  EXPECT_NE(first_answer(2, ecdhe_rsa_aes128_cbc), handshake_record) << "TLS 1.1";
  EXPECT_NE(first_answer(1, ecdhe_rsa_aes128_cbc), handshake_record) << "TLS 1.0";
  EXPECT_NE(first_answer(3, rsa_aes128_gcm), handshake_record) << "no forward secrecy";
}

TEST(WebServerOverTls, IsNotHeldUpByHandshakesThatNeverEnd) {
  const ServedHere server(over_tls());
  std::list<WebClient> silent;
  for (int i = 0; i < 100; ++i) silent.emplace_back(server.endpoint, attacker());
  std::list<WebClient> half;
  for (int source = 1; source <= 20; ++source) {
    for (int i = 0; i < 20; ++i) {
      half.emplace_back(server.endpoint, IpAddress::parse(fmt::format("127.0.1.{}", source)));
      half.back().write(client_hello(3, {ecdhe_rsa_aes128_gcm}));
    }
  }
  EXPECT_THAT(TlsClient(server.endpoint).get("/"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(WebServerOverTls, EndsAHandshakeThatTakesTooLong) {
  auto options = over_tls();
  options.request = std::chrono::seconds(1);
  const ServedHere server(options);
  WebClient silent(server.endpoint);
  WebClient half(server.endpoint);
  half.write("\x16\x03\x01");
  EXPECT_EQ(silent.read_all(), "");
  half.read_all();  // which ends
}

}  // namespace
}  // namespace icelab
