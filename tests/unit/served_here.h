#pragma once

#include "src/serve/web_server.h"
#include "tests/support/web_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <string>
#include <thread>

namespace icelab {

inline constexpr const char* room = "7dXk0mW2q5TzYv9bLhR4cA";

inline Pages some_pages() {
  Pages pages;
  pages.add("/index.html", make_page("/index.html", "<!doctype html><title>A call</title>"));
  pages.add("/assets/page.js", make_page("/assets/page.js", std::string(10000, ' ')));
  return pages;
}

inline WebServerOptions on_loopback() {
  return {.listen = {{*IpAddress::parse("127.0.0.1"), 0}},
          .certificate = "",
          .key = "",
          .names = {.hosts = {"test"}, .origins = {"https://friend.example"}},
          .proxies = {},
          .operators = {*IpPrefix::parse("127.0.0.0/8")},
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
      const size_t begin = link.find("://") + 3;
      listening.set_value(*Endpoint::parse(link.substr(begin, link.size() - begin - 1)));
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

/// /metrics, as an operator asks for it.
inline std::string figures_of(const ServedHere& server, const std::optional<IpAddress>& from = {},
                              std::string_view headers = "") {
  WebClient client(server.endpoint, from);
  client.write(fmt::format("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", headers));
  return client.read_all();
}

inline WebSocketClient join(const ServedHere& server, const std::string& name = room) {
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

}  // namespace icelab
