#pragma once

#include "src/base/event_loop.h"
#include "src/net/address.h"
#include "src/serve/forwarded.h"
#include "src/serve/pages.h"
#include "src/serve/request_rules.h"
#include "src/serve/signalling.h"
#include "src/serve/turn_credentials.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

struct WebServerOptions {
  std::vector<Endpoint> listen;  // port 0: any
  std::string certificate;       // PEM files; without, it is HTTP and not HTTPS
  std::string key;
  SiteNames names;
  std::vector<IpPrefix> proxies;    // that are believed when they say for whom they ask
  std::vector<IpPrefix> operators;  // who may read /metrics
  SignallingLimits limits;
  /// From a connection to the end of a request's headers.
  Duration request = std::chrono::seconds(10);
  /// On which nothing comes, or can be sent, for so long is closed: longer than a client may be
  /// silent, so that until then it is Signalling that ends a connection.
  Duration silence = std::chrono::seconds(60);
};

/// Pages over HTTP or HTTPS, and signalling over WebSockets at /signal (docs/signalling.md), on
/// libsoup and the loop that it is given.
class WebServer {
 public:
  /// Listens at once. Throws UsageError if an address cannot be had, or the certificate or its key
  /// cannot be read.
  WebServer(EventLoop& loop, WebServerOptions options, Pages pages, IceService service);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// "http://127.0.0.1:8080/", one for each address.
  [[nodiscard]] std::vector<std::string> links() const;
  /// Tells every client, and calls back when their connections are closed, or soon after.
  void shut_down(std::function<void()> done);

 private:
  class Site;
  std::unique_ptr<Site> site_;
};

}  // namespace icelab
