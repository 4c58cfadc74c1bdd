#include "src/serve/web_server.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"
#include "src/serve/glib_object.h"
#include "src/serve/metered_stream.h"
#include "src/serve/stream_poller.h"

#include <fmt/format.h>
#include <gio/gio.h>
#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace icelab {
namespace {

constexpr auto signalling_path = "/signal";
/// A little more than a message with its frame, and than the headers of any request.
constexpr size_t most_read = 2 * largest_signal;
constexpr auto expiry_interval = std::chrono::seconds(1);
constexpr auto goodbye_patience = std::chrono::seconds(2);

// Nothing but what is served here, and nobody puts these pages into a frame of theirs.
constexpr auto security_policy =
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' "
    "blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// 128 bits that nobody can guess, in hexadecimal.
std::string random_token() {
  std::random_device random;
  std::string token;
  for (int word = 0; word < 4; ++word) token += fmt::format("{:08x}", random());
  return token;
}

/// Whether an Origin (RFC 6454) is that of the server's own pages. Behind a proxy that speaks HTTPS
/// the schemes differ: it is the host that counts.
bool is_own_origin(std::string_view origin, const char* host) {
  const size_t scheme = origin.find("://");
  return host != nullptr && scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

ObjectRef<GTlsCertificate> load_certificate(const WebServerOptions& options) {
  if (options.certificate.empty()) return nullptr;
  GError* error = nullptr;
  ObjectRef<GTlsCertificate> certificate(
      g_tls_certificate_new_from_files(options.certificate.c_str(), options.key.c_str(), &error));
  if (certificate) return certificate;
  throw UsageError(fmt::format("reading the certificate {} and its key {}: {}", options.certificate,
                               options.key, text_of(ErrorRef(error))));
}

Json ice_servers_from_now(const IceService& service, std::string_view user) {
  const auto now = std::chrono::system_clock::now();
  return ice_servers(service, user, std::chrono::floor<std::chrono::seconds>(now));
}

}  // namespace

class WebServer::Site : public SignallingWire {
 public:
  Site(EventLoop& loop, WebServerOptions options, Pages pages, IceService service);
  ~Site() override;
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] std::vector<std::string> links() const;
  void shut_down(std::function<void()> done);

  void send(ConnectionId id, const std::string& message) override;
  void close(ConnectionId id, int code, std::string_view reason) override;

 private:
  /// A WebSocket, and what libsoup's signals are given. Signals are cut before it goes.
  struct Socket {
    Socket(Site& its_site, ConnectionId its_id, SoupWebsocketConnection* soup, GIOStream* stream)
        : site(its_site),
          id(its_id),
          connection(SOUP_WEBSOCKET_CONNECTION(g_object_ref(soup))),
          meter(stream) {}
    ~Socket() { g_signal_handlers_disconnect_by_data(connection.get(), this); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    Site& site;
    ConnectionId id;
    ObjectRef<SoupWebsocketConnection> connection;
    GIOStream* meter;  // under the connection
  };

  void listen(const Endpoint& endpoint);
  void accept(GSocketConnection* connection);
  void answer(SoupServerMessage* message, std::string_view path) const;
  void check_origin(SoupServerMessage* message) const;
  void open(SoupWebsocketConnection* connection);
  void closed(ConnectionId id);
  void expire();

  EventLoop& loop_;
  /// Shared with the streams, of which some go later.
  std::shared_ptr<StreamPoller> poller_;
  WebServerOptions options_;
  Pages pages_;
  Signalling signalling_;
  ObjectRef<GTlsCertificate> certificate_;
  ObjectRef<SoupServer> soup_;
  ObjectRef<GSocketService> listener_;
  std::vector<Endpoint> listening_;
  /// Connections of any kind; shared with what tells of their end.
  std::shared_ptr<size_t> open_ = std::make_shared<size_t>(0);
  ConnectionId last_id_ = 0;
  std::unordered_map<ConnectionId, std::unique_ptr<Socket>> sockets_;
  EventLoop::Watch expiry_;
  EventLoop::Watch goodbye_;
  std::function<void()> gone_;
};

WebServer::Site::Site(EventLoop& loop, WebServerOptions options, Pages pages, IceService service)
    : loop_(loop),
      poller_(std::make_shared<StreamPoller>(options.silence)),
      options_(std::move(options)),
      pages_(std::move(pages)),
      signalling_(options_.limits,
                  {.ice_servers =
                       [service = std::move(service)](std::string_view user) {
                         return ice_servers_from_now(service, user);
                       },
                   .new_token = random_token},
                  *this),
      certificate_(load_certificate(options_)),
      soup_(soup_server_new("server-header", "icelab", nullptr)),
      listener_(g_socket_service_new()) {
  // It compresses, which messages of this size do not need.
  soup_server_remove_websocket_extension(soup_.get(), SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  soup_server_add_early_handler(
      soup_.get(), signalling_path,
      [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer self) {
        static_cast<Site*>(self)->check_origin(message);
      },
      this, nullptr);
  std::array<char*, 2> protocols{const_cast<char*>(signalling_subprotocol), nullptr};
  soup_server_add_websocket_handler(
      soup_.get(), signalling_path, nullptr, protocols.data(),
      [](SoupServer*, SoupServerMessage*, const char*, SoupWebsocketConnection* connection,
         gpointer self) { static_cast<Site*>(self)->open(connection); },
      this, nullptr);
  soup_server_add_handler(
      soup_.get(), nullptr,
      [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer self) {
        static_cast<Site*>(self)->answer(message, path);
      },
      this, nullptr);

  g_signal_connect(listener_.get(), "incoming",
                   G_CALLBACK(+[](GSocketService*, GSocketConnection* connection, GObject*,
                                  gpointer self) -> gboolean {
                     static_cast<Site*>(self)->accept(connection);
                     return TRUE;
                   }),
                   this);
  for (const Endpoint& endpoint : options_.listen) listen(endpoint);
  expire();
}

WebServer::Site::~Site() {
  g_signal_handlers_disconnect_by_data(listener_.get(), this);
  g_socket_service_stop(listener_.get());
  g_socket_listener_close(G_SOCKET_LISTENER(listener_.get()));
  sockets_.clear();
  soup_server_disconnect(soup_.get());
}

void WebServer::Site::listen(const Endpoint& endpoint) {
  const SocketAddress address(endpoint);
  GError* error = nullptr;
  const ObjectRef<GSocketAddress> wanted(
      g_socket_address_new_from_native(const_cast<sockaddr*>(address.get()), address.size()));
  GSocketAddress* effective = nullptr;
  const bool listening = g_socket_listener_add_address(
                             G_SOCKET_LISTENER(listener_.get()), wanted.get(), G_SOCKET_TYPE_STREAM,
                             G_SOCKET_PROTOCOL_TCP, nullptr, &effective, &error) != FALSE;
  if (!listening) {
    throw UsageError(
        fmt::format("listening on {}: {}", endpoint.to_string(), text_of(ErrorRef(error))));
  }
  const ObjectRef<GSocketAddress> held(effective);
  const auto port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
  listening_.push_back({endpoint.address, port});
}

std::vector<std::string> WebServer::Site::links() const {
  std::vector<std::string> links;
  links.reserve(listening_.size());
  for (const Endpoint& endpoint : listening_)
    links.push_back(fmt::format("http{}://{}/", certificate_ ? "s" : "", endpoint.to_string()));
  return links;
}

void WebServer::Site::accept(GSocketConnection* connection) {
  if (*open_ >= 2 * options_.limits.connections) return;  // which closes it
  ++*open_;
  g_object_weak_ref(
      G_OBJECT(connection),
      [](gpointer data, GObject*) {
        const std::unique_ptr<std::shared_ptr<size_t>> count(
            static_cast<std::shared_ptr<size_t>*>(data));
        --**count;
      },
      new std::shared_ptr<size_t>(open_));

  GSocket* socket = g_socket_connection_get_socket(connection);
  // For what is sent; of what comes, the poller is in charge.
  g_socket_set_timeout(
      socket,
      static_cast<guint>(std::chrono::ceil<std::chrono::seconds>(options_.silence).count()));
  g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
  ObjectRef<GIOStream> stream = meter_stream(connection, most_read, poller_);
  if (certificate_) {
    stream.reset(g_tls_server_connection_new(stream.get(), certificate_.get(), nullptr));
    if (!stream) return;
  }
  const ObjectRef<GSocketAddress> local(g_socket_get_local_address(socket, nullptr));
  const ObjectRef<GSocketAddress> remote(g_socket_get_remote_address(socket, nullptr));
  soup_server_accept_iostream(soup_.get(), stream.get(), local.get(), remote.get(), nullptr);
}

void WebServer::Site::answer(SoupServerMessage* message, std::string_view path) const {
  const std::string_view method = soup_server_message_get_method(message);
  SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
  soup_message_headers_append(headers, "Connection", "close");
  soup_message_headers_append(headers, "X-Content-Type-Options", "nosniff");
  if (method != "GET" && method != "HEAD") {
    soup_message_headers_append(headers, "Allow", "GET, HEAD");
    soup_server_message_set_status(message, SOUP_STATUS_METHOD_NOT_ALLOWED, nullptr);
    return;
  }
  const Page* page = pages_.find(path);
  if (page == nullptr) {
    constexpr std::string_view text = "There is no such page.\n";
    soup_server_message_set_status(message, SOUP_STATUS_NOT_FOUND, nullptr);
    soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, text.data(),
                                     text.size());
    return;
  }
  soup_message_headers_append(headers, "Content-Security-Policy", security_policy);
  soup_message_headers_append(headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_append(headers, "Vary", "Accept-Encoding");
  soup_message_headers_append(headers, "Cache-Control",
                              page->immutable ? "max-age=31536000, immutable" : "no-cache");
  const bool compress =
      !page->compressed.empty() &&
      soup_message_headers_header_contains(soup_server_message_get_request_headers(message),
                                           "Accept-Encoding", "gzip") != FALSE;
  if (compress) soup_message_headers_append(headers, "Content-Encoding", "gzip");
  const std::string& content = compress ? page->compressed : page->plain;
  soup_server_message_set_status(message, SOUP_STATUS_OK, nullptr);
  soup_server_message_set_response(message, page->content_type.c_str(), SOUP_MEMORY_STATIC,
                                   content.data(), content.size());
}

/// Any page may open a WebSocket to anywhere: it is for servers to look where it comes from
/// (RFC 6455 section 10.2).
void WebServer::Site::check_origin(SoupServerMessage* message) const {
  SoupMessageHeaders* headers = soup_server_message_get_request_headers(message);
  const char* origin = soup_message_headers_get_one(headers, "Origin");
  if (origin == nullptr || is_own_origin(origin, soup_message_headers_get_one(headers, "Host")) ||
      std::ranges::find(options_.origins, origin) != options_.origins.end()) {
    return;
  }
  constexpr std::string_view text = "Pages of this origin may not signal here: see --origin.\n";
  soup_server_message_set_status(message, SOUP_STATUS_FORBIDDEN, nullptr);
  soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, text.data(),
                                   text.size());
}

namespace {

/// The metered stream under a WebSocket: libsoup and TLS each have wrapped it.
GIOStream* stream_under(GIOStream* stream, const char* property) {
  GIOStream* base = nullptr;
  g_object_get(stream, property, &base, nullptr);
  g_object_unref(base);  // its wrapper holds it
  return base;
}

}  // namespace

void WebServer::Site::open(SoupWebsocketConnection* connection) {
  const ConnectionId id = ++last_id_;
  GIOStream* meter =
      stream_under(soup_websocket_connection_get_io_stream(connection), "base-iostream");
  if (G_IS_TLS_CONNECTION(meter)) meter = stream_under(meter, "base-io-stream");
  soup_websocket_connection_set_max_incoming_payload_size(connection, largest_signal);
  auto socket = std::make_unique<Socket>(*this, id, connection, meter);
  reset_meter(meter);
  g_signal_connect(connection, "message",
                   G_CALLBACK(+[](SoupWebsocketConnection*, gint, GBytes* bytes, gpointer data) {
                     const auto* self = static_cast<Socket*>(data);
                     reset_meter(self->meter);
                     gsize size = 0;
                     const auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &size));
                     self->site.loop_.guard([&] {
                       self->site.signalling_.received(self->id, {text, size}, now());
                     });
                   }),
                   socket.get());
  g_signal_connect(connection, "closed", G_CALLBACK(+[](SoupWebsocketConnection*, gpointer data) {
                     const auto* self = static_cast<Socket*>(data);
                     self->site.loop_.guard([self] { self->site.closed(self->id); });
                   }),
                   socket.get());
  sockets_.emplace(id, std::move(socket));
  loop_.guard([&] { signalling_.opened(id, now()); });
}

void WebServer::Site::send(ConnectionId id, const std::string& message) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  SoupWebsocketConnection* connection = found->second->connection.get();
  if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text(connection, message.c_str());
}

void WebServer::Site::close(ConnectionId id, int code, std::string_view reason) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  SoupWebsocketConnection* connection = found->second->connection.get();
  if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN) {
    soup_websocket_connection_close(connection, static_cast<gushort>(code),
                                    std::string(reason).c_str());
  }
}

void WebServer::Site::closed(ConnectionId id) {
  signalling_.closed(id, now());
  sockets_.erase(id);
  if (sockets_.empty() && gone_) std::exchange(gone_, nullptr)();
}

void WebServer::Site::expire() {
  signalling_.expire(now());
  poller_->expire(now());
  expiry_ = loop_.after(expiry_interval, [this] { expire(); });
}

void WebServer::Site::shut_down(std::function<void()> done) {
  g_socket_service_stop(listener_.get());
  gone_ = std::move(done);
  signalling_.shut_down();
  goodbye_ = loop_.after(sockets_.empty() ? Duration{} : goodbye_patience, [this] {
    if (gone_) std::exchange(gone_, nullptr)();
  });
}

WebServer::WebServer(EventLoop& loop, WebServerOptions options, Pages pages, IceService service) {
  loop.adopt([&] {
    site_ = std::make_unique<Site>(loop, std::move(options), std::move(pages), std::move(service));
  });
}
WebServer::~WebServer() = default;

std::vector<std::string> WebServer::links() const {
  return site_->links();
}

void WebServer::shut_down(std::function<void()> done) {
  site_->shut_down(std::move(done));
}

}  // namespace icelab
