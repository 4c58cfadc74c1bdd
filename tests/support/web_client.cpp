#include "tests/support/web_client.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace icelab {
namespace {

constexpr int text_frame = 1;
constexpr int close_frame = 8;

}  // namespace

WebClient::WebClient(const Endpoint& server, const std::optional<IpAddress>& from, Wait wait)
    : socket_(
          check(::socket(server.address.is_v4() ? AF_INET : AF_INET6,
                         SOCK_STREAM | SOCK_CLOEXEC | (wait == Wait::no ? SOCK_NONBLOCK : 0), 0),
                "open a TCP socket")) {
  if (from) bind_socket(socket_.get(), {*from, 0});
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const SocketAddress address(server);
  const int result = connect(socket_.get(), address.get(), address.size());
  if (wait == Wait::yes) check(result, "connect to the server");
}

bool WebClient::has_input(std::chrono::milliseconds patience) const {
  pollfd descriptor{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return poll(&descriptor, 1, static_cast<int>(patience.count())) > 0;
}

bool WebClient::has_ended(std::chrono::milliseconds patience) const {
  char byte = 0;
  return has_input(patience) && recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0;
}

void WebClient::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has hung up, as reading tells
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string WebClient::read(size_t count) {
  std::string bytes;
  std::array<char, 65536> chunk{};
  while (bytes.size() < count) {
    const size_t most = std::min(chunk.size(), count - bytes.size());
    const ssize_t length = recv(socket_.get(), chunk.data(), most, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
      throw std::runtime_error("nothing came from the server");
    if (length <= 0) break;
    bytes.append(chunk.data(), static_cast<size_t>(length));
  }
  return bytes;
}

std::string WebClient::read_all() {
  return read(std::string::npos);
}

std::string WebClient::get(std::string_view path, std::string_view headers) {
  write(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, headers));
  return read_all();
}

WebSocketClient::WebSocketClient(const Endpoint& server, std::string_view headers,
                                 std::string_view protocol, std::string_view path)
    : client_(server) {
  client_.write(fmt::format(
      "GET {} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}{}\r\n",
      path, protocol.empty() ? "" : fmt::format("Sec-WebSocket-Protocol: {}\r\n", protocol),
      headers));
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    const std::string next = client_.read(1);
    if (next.empty()) break;
    answer += next;
  }
  if (!answer.starts_with("HTTP/1.1 101 "))
    throw std::runtime_error(answer.substr(0, answer.find("\r\n")));
}

void WebSocketClient::send_frame(std::uint8_t head, std::string_view payload) {
  constexpr std::uint8_t masked = 0x80;
  std::string frame(1, static_cast<char>(head));
  const size_t size = payload.size();
  const auto append_size = [&](std::uint8_t code, int bytes) {
    frame += static_cast<char>(masked | code);
    for (int byte = bytes - 1; byte >= 0; --byte)
      frame += static_cast<char>((size >> (8 * byte)) & 0xff);
  };
  if (size < 126) {
    frame += static_cast<char>(masked | size);
  } else if (size < 65536) {
    append_size(126, 2);
  } else {
    append_size(127, 8);
  }
  frame.append(4, '\0');
  frame += payload;
  client_.write(frame);
}

WebSocketClient::Frame WebSocketClient::read_frame() {
  const std::string head = client_.read(2);
  if (head.size() < 2) return {};
  size_t size = static_cast<std::uint8_t>(head[1]);
  if (size >= 126) {
    const std::string bytes = client_.read(size == 126 ? 2 : 8);
    size = 0;
    for (const char byte : bytes) size = (size << 8) | static_cast<std::uint8_t>(byte);
  }
  return {.opcode = head[0] & 0x0f, .payload = client_.read(size)};
}

Json WebSocketClient::read() {
  const Frame frame = read_frame();
  if (frame.opcode != text_frame)
    throw std::runtime_error(fmt::format("a frame of opcode {} came", frame.opcode));
  return Json::parse(frame.payload);
}

int WebSocketClient::close_code() {
  for (;;) {
    const Frame frame = read_frame();
    if (frame.opcode == 0 || (frame.opcode == close_frame && frame.payload.size() < 2)) return 0;
    if (frame.opcode != close_frame) continue;
    return (static_cast<std::uint8_t>(frame.payload[0]) << 8) |
           static_cast<std::uint8_t>(frame.payload[1]);
  }
}

}  // namespace icelab
