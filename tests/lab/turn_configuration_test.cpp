// The configuration that docs/serve.md recommends for coturn, tried with coturn: on loopback, and
// without a packet to any of the peers that are asked for.

#include "netns/linux/process.h"
#include "src/base/clock.h"
#include "src/base/file.h"
#include "src/base/path.h"
#include "src/net/socket_address.h"
#include "src/serve/turn_credentials.h"
#include "tests/support/scripted_server.h"
#include "tests/support/stun_messages.h"
#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glib.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/time.h>

#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace icelab {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view secret = "a-secret-of-this-test";
constexpr std::string_view realm = "turn.example.org";
constexpr int forbidden = 403;
constexpr int quota_reached = 486;

/// The indented lines after the one that names the file.
std::string documented_configuration() {
  std::istringstream document(read_file(ICELAB_SOURCE "/docs/serve.md", 1U << 20));
  std::string line;
  while (std::getline(document, line) && line.find("`turnserver.conf`:") == std::string::npos)
    continue;
  std::string configuration;
  while (std::getline(document, line) && (line.empty() || line.starts_with("    "))) {
    if (!line.empty()) configuration += line.substr(4) + "\n";
  }
  const std::string_view place = "REPLACE-ME";
  const size_t found = configuration.find(place);
  return found == std::string::npos ? "" : configuration.replace(found, place.size(), secret);
}

Bytes digest(GChecksumType type, std::string_view text) {
  Bytes result(32);
  gsize length = result.size();
  GChecksum* checksum = g_checksum_new(type);
  g_checksum_update(checksum, reinterpret_cast<const guchar*>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(checksum, result.data(), &length);
  g_checksum_free(checksum);
  result.resize(length);
  return result;
}

/// MESSAGE-INTEGRITY (RFC 8489 section 14.5), with the key of long-term credentials.
void sign(Bytes& message, const Bytes& key) {
  constexpr std::uint16_t message_integrity = 0x0008;
  constexpr size_t hash_size = 20;
  constexpr size_t header_size = 20;
  const size_t length = message.size() + 4 + hash_size - header_size;
  message[2] = static_cast<std::uint8_t>(length >> 8);
  message[3] = static_cast<std::uint8_t>(length);
  std::array<guint8, hash_size> hash{};
  gsize size = hash.size();
  GHmac* hmac = g_hmac_new(G_CHECKSUM_SHA1, key.data(), key.size());
  g_hmac_update(hmac, message.data(), static_cast<gssize>(message.size()));
  g_hmac_get_digest(hmac, hash.data(), &size);
  g_hmac_unref(hmac);
  for (const std::uint8_t byte :
       {0, static_cast<int>(message_integrity), 0, static_cast<int>(hash_size)})
    message.push_back(byte);
  message.insert(message.end(), hash.begin(), hash.end());
}

/// The value of an attribute that StunMessage does not read.
Bytes attribute(const Bytes& message, std::uint16_t type) {
  for (size_t at = 20; at + 4 <= message.size();) {
    const auto length = static_cast<size_t>(message[at + 2] << 8 | message[at + 3]);
    const auto begin = message.begin() + static_cast<std::ptrdiff_t>(at + 4);
    if ((message[at] << 8 | message[at + 1]) == type && at + 4 + length <= message.size())
      return {begin, begin + static_cast<std::ptrdiff_t>(length)};
    at += 4 + (length + 3) / 4 * 4;
  }
  return {};
}

/// A client's socket, with at most one allocation.
class TurnClient {
 public:
  TurnClient(const Endpoint& server, std::string user)
      : socket_(check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a UDP socket")),
        credentials_(turn_credentials(
            secret, user,
            std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                std::chrono::hours(1))) {
    const SocketAddress address(server);
    check(connect(socket_.get(), address.get(), address.size()), "connect a UDP socket");
    const timeval patience{.tv_sec = 0, .tv_usec = 200000};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    key_ = digest(G_CHECKSUM_MD5,
                  fmt::format("{}:{}:{}", credentials_.username, realm, credentials_.password));
  }

  /// 0, or the error; -1 where nobody answers.
  int allocate() {
    constexpr std::uint16_t requested_transport = 0x0019;
    return ask(StunMethod::allocate, {{requested_transport, {17, 0, 0, 0}}});
  }
  int permit(const char* peer) {
    return ask(StunMethod::create_permission,
               {stun_attribute::xor_peer_address({*IpAddress::parse(peer), 4711})});
  }
  bool is_answered() {
    return exchange(stun_bytes(StunClass::request, StunMethod::binding, "hello")).has_value();
  }

 private:
  int ask(StunMethod method, const std::vector<StunAttributeBytes>& attributes) {
    constexpr std::uint16_t realm_type = 0x0014;
    constexpr std::uint16_t nonce_type = 0x0015;
    constexpr int unauthorized = 401;
    if (nonce_.empty()) {  // it comes with the refusal
      const auto refusal = exchange(stun_bytes(StunClass::request, method, "first", attributes));
      if (!refusal || StunMessage::parse(*refusal)->error_code != unauthorized) return -1;
      nonce_ = attribute(*refusal, nonce_type);
    }
    auto all = attributes;
    all.push_back(stun_attribute::username(credentials_.username));
    all.push_back({realm_type, Bytes(realm.begin(), realm.end())});
    all.push_back({nonce_type, nonce_});
    Bytes request = stun_bytes(StunClass::request, method, fmt::format("{:012}", ++asked_), all);
    sign(request, key_);
    const auto answer = exchange(request);
    return answer ? StunMessage::parse(*answer)->error_code.value_or(0) : -1;
  }

  std::optional<Bytes> exchange(const Bytes& request) {
    Bytes answer(1500);
    constexpr int pause_ms = 20;  // coturn may be starting, and a refusal comes at once
    for (const Instant give_up = now() + std::chrono::seconds(30); now() < give_up;) {
      if (send(socket_.get(), request.data(), request.size(), 0) > 0) {
        const ssize_t length = recv(socket_.get(), answer.data(), answer.size(), 0);
        if (length > 0) {
          answer.resize(static_cast<size_t>(length));
          return answer;
        }
      }
      poll(nullptr, 0, pause_ms);
    }
    return std::nullopt;
  }

  Descriptor socket_;
  TurnCredentials credentials_;
  Bytes key_;
  Bytes nonce_;
  int asked_ = 0;
};

class TurnConfiguration : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("turnserver"))
      GTEST_SKIP() << "coturn is not installed: no 'turnserver' in PATH";
    const std::string file = folder_.path() + "/turnserver.conf";
    std::ofstream(file) << documented_configuration();
    const Descriptor nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
    coturn_.emplace(
        ProgramSpec{.arguments = {"turnserver", "-c", file, "--log-file=stdout",
                                  "--pidfile=/dev/null", "--userdb=:memory:", "-m", "1", "--no-tls",
                                  "--no-dtls", "--listening-ip=" + server.address.to_string(),
                                  "--relay-ip=" + server.address.to_string(),
                                  fmt::format("--listening-port={}", server.port)},
                    .environment = {},
                    .output = nowhere.get(),
                    .error = nowhere.get()});
    ASSERT_TRUE(TurnClient(server, "anybody").is_answered());
  }

  const Endpoint server{loopback_address(1), 3478};

 private:
  const TemporaryFolder folder_;
  std::optional<ChildProcess> coturn_;
};

TEST_F(TurnConfiguration, RelaysToTheInternetAndIntoNoPrivateNetwork) {
  TurnClient client(server, "one");
  ASSERT_EQ(client.allocate(), 0);
  EXPECT_EQ(client.permit("203.0.113.7"), 0);
  for (const auto* peer : {"10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
                           "127.0.0.1", "0.0.0.0", "198.18.0.1", "255.255.255.255"}) {
    EXPECT_EQ(client.permit(peer), forbidden) << peer;
  }
}

TEST_F(TurnConfiguration, AllowsAUserSomeAllocations) {
  constexpr int quota = 6;
  std::vector<std::unique_ptr<TurnClient>> clients;
  for (int i = 0; i < quota; ++i) {
    clients.push_back(std::make_unique<TurnClient>(server, "one"));
    EXPECT_EQ(clients.back()->allocate(), 0) << i;
  }
  EXPECT_EQ(TurnClient(server, "one").allocate(), quota_reached);
  EXPECT_EQ(TurnClient(server, "another").allocate(), 0);
}

}  // namespace
}  // namespace icelab
