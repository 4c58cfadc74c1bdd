#include "src/serve/web_server.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"
#include "src/serve/counted_stream.h"
#include "src/serve/glib_object.h"
#include "src/serve/http_answer.h"
#include "src/serve/metered_stream.h"
#include "src/serve/metrics.h"
#include "src/serve/stream_poller.h"
#include "src/serve/tls_handshakes.h"
#include "src/serve/visits.h"

#include <fmt/format.h>
#include <gio/gio.h>
#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <map>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace icelab {
namespace {

constexpr auto signalling_path = "/signal";
constexpr auto health_path = "/healthz";
constexpr auto figures_path = "/metrics";
constexpr auto no_such_page = "There is no such page.\n";
/// Bytes of a connection that are no message: the headers of any request, fragments before the
/// last.
constexpr size_t most_read = 2 * largest_signal;
/// Of a message besides its text: the frame's head (RFC 6455 section 5.2), and what TLS adds.
constexpr size_t frame_overhead = 14;
constexpr size_t record_overhead = 40;
/// What is unsent beyond this is not waited for when a connection ends.
constexpr size_t most_unsent_at_end = 65536;
/// After a restart everybody comes back at once. The kernel has a limit of its own (somaxconn).
constexpr int backlog = 4096;
constexpr auto expiry_interval = std::chrono::seconds(1);
constexpr auto goodbye_patience = std::chrono::seconds(2);

/// 128 bits that nobody can guess, in hexadecimal.
std::string random_secret() {
  std::random_device random;
  std::string secret;
  for (int word = 0; word < 4; ++word) secret += fmt::format("{:08x}", random());
  return secret;
}

Json ice_servers_from_now(const IceService& service, std::string_view user) {
  const auto now = std::chrono::system_clock::now();
  return ice_servers(service, user, std::chrono::floor<std::chrono::seconds>(now));
}

/// What a WebSocket's frame around a text takes, unmasked (RFC 6455 section 5.2).
size_t frame_size(size_t text) {
  constexpr size_t short_text = 125;
  constexpr size_t medium_text = 65535;
  return text + (text <= short_text ? 2 : text <= medium_text ? 4 : 10);
}

Endpoint read_endpoint(GSocketAddress* address) {
  sockaddr_storage native{};
  const bool is_known =
      address != nullptr &&
      g_socket_address_to_native(address, &native, sizeof native, nullptr) != FALSE;
  return is_known ? endpoint_of(&native).value_or(Endpoint{}) : Endpoint{};
}

VisitEnds ends_of(GSocketAddress* remote, GSocketAddress* local) {
  return {.remote = read_endpoint(remote), .local = read_endpoint(local)};
}
VisitEnds ends_of(SoupServerMessage* message) {
  return ends_of(soup_server_message_get_remote_address(message),
                 soup_server_message_get_local_address(message));
}

VisitLimits visit_limits(const WebServerOptions& options) {
  return {.most = 2 * options.limits.connections,
          .of_a_source = 2 * options.limits.source.connections,
          .request = options.request,
          .answer = options.silence};
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
  [[nodiscard]] size_t unsent(ConnectionId id) const override;
  [[nodiscard]] size_t unsent() const override { return *unsent_; }
  void close(ConnectionId id, int code, std::string_view reason) override;

 private:
  /// A WebSocket, and what libsoup's signals are given. Signals are cut before it goes.
  struct Socket {
    Socket(Site& its_site, ConnectionId its_id, SoupWebsocketConnection* soup);
    ~Socket() { g_signal_handlers_disconnect_by_data(connection.get(), this); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    void received(SoupWebsocketDataType type, std::string_view message) const;

    Site& site;
    ConnectionId id;
    ObjectRef<SoupWebsocketConnection> connection;
    GIOStream* counted;  // the streams under the connection
    GIOStream* metered;
  };

  void add_handlers();
  void listen(const Endpoint& endpoint);
  void accept(GSocketConnection* connection);
  /// `stream` is `metered` or TLS over it.
  void serve(GIOStream* stream, GIOStream* metered, const VisitEnds& ends);
  void answer_early(SoupServerMessage* message, std::string_view path);
  void answer(SoupServerMessage* message, std::string_view path);
  void answer_figures(SoupServerMessage* message);
  void refuse(SoupServerMessage* message, const Refusal& refusal);
  [[nodiscard]] IpAddress client_of(SoupServerMessage* message) const;
  void open(SoupServerMessage* message, SoupWebsocketConnection* connection);
  void closed(ConnectionId id);
  void expire();
  [[nodiscard]] Json ice_servers_for(std::string_view turn_user);
  [[nodiscard]] ServerFigures figures() const;

  EventLoop& loop_;
  /// Shared with the streams, of which some go later.
  std::shared_ptr<StreamPoller> poller_;
  std::shared_ptr<size_t> unsent_ = std::make_shared<size_t>(0);
  WebServerOptions options_;
  Pages pages_;
  IceService service_;
  Signalling signalling_;
  Visits visits_;
  std::optional<TlsHandshakes> tls_;
  ObjectRef<SoupServer> soup_;
  ObjectRef<GSocketService> listener_;
  std::vector<Endpoint> listening_;
  ConnectionId last_id_ = 0;
  std::unordered_map<ConnectionId, std::unique_ptr<Socket>> sockets_;
  std::uint64_t credentials_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> refusals_;
  EventLoop::Watch expiry_;
  EventLoop::Watch goodbye_;
  std::function<void()> gone_;
};

WebServer::Site::Site(EventLoop& loop, WebServerOptions options, Pages pages, IceService service)
    : loop_(loop),
      poller_(std::make_shared<StreamPoller>(options.silence)),
      options_(std::move(options)),
      pages_(std::move(pages)),
      service_(std::move(service)),
      signalling_(options_.limits,
                  {.ice_servers = [this](std::string_view user) { return ice_servers_for(user); },
                   .new_secret = random_secret},
                  *this),
      visits_(visit_limits(options_)),
      soup_(soup_server_new("server-header", "icelab", nullptr)),
      listener_(g_socket_service_new()) {
  if (!options_.certificate.empty())
    tls_.emplace(options_.certificate, options_.key, HandshakeLimits{});
  add_handlers();
  g_socket_listener_set_backlog(G_SOCKET_LISTENER(listener_.get()), backlog);
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

void WebServer::Site::add_handlers() {
  // It compresses, which messages of this size do not need.
  soup_server_remove_websocket_extension(soup_.get(), SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  // A path with a handler of its own is not asked of the others.
  for (const char* path : {static_cast<const char*>(nullptr), signalling_path}) {
    soup_server_add_early_handler(
        soup_.get(), path,
        [](SoupServer*, SoupServerMessage* message, const char* asked, GHashTable*, gpointer self) {
          static_cast<Site*>(self)->answer_early(message, asked);
        },
        this, nullptr);
  }
  std::array<char*, 2> protocols{const_cast<char*>(signalling_subprotocol), nullptr};
  soup_server_add_websocket_handler(
      soup_.get(), signalling_path, nullptr, protocols.data(),
      [](SoupServer*, SoupServerMessage* message, const char*, SoupWebsocketConnection* connection,
         gpointer self) { static_cast<Site*>(self)->open(message, connection); },
      this, nullptr);
  soup_server_add_handler(
      soup_.get(), nullptr,
      [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer self) {
        static_cast<Site*>(self)->answer(message, path);
      },
      this, nullptr);
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
    links.push_back(fmt::format("http{}://{}/", tls_ ? "s" : "", endpoint.to_string()));
  return links;
}

/// A connection that is not wanted is closed by being let go.
void WebServer::Site::accept(GSocketConnection* connection) {
  GSocket* socket = g_socket_connection_get_socket(connection);
  const ObjectRef<GSocketAddress> local(g_socket_get_local_address(socket, nullptr));
  const ObjectRef<GSocketAddress> remote(g_socket_get_remote_address(socket, nullptr));
  const VisitEnds ends = ends_of(remote.get(), local.get());
  const bool is_proxy = covers(options_.proxies, ends.remote.address);
  ObjectRef<GIOStream> metered = meter_stream(connection, most_read, poller_);
  const auto admission = visits_.admit(connection, ends, place_of(metered.get()), is_proxy, now());
  if (admission != Visits::Admission::admitted) {
    ++refusals_[admission == Visits::Admission::full ? "tcp-full" : "tcp-source-limit"];
    return;
  }
  // For what is sent; of what comes, the poller is in charge.
  g_socket_set_timeout(
      socket,
      static_cast<guint>(std::chrono::ceil<std::chrono::seconds>(options_.silence).count()));
  g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
  GIOStream* under = metered.get();
  if (!tls_) return serve(under, under, ends);
  // What TLS makes of it holds it.
  tls_->begin(
      std::move(metered), source_of(ends.remote.address), is_proxy,
      [this, under, ends](const ObjectRef<GIOStream>& tls) { serve(tls.get(), under, ends); });
}

void WebServer::Site::serve(GIOStream* stream, GIOStream* metered, const VisitEnds& ends) {
  const auto address_of = [](const Endpoint& endpoint) {
    const SocketAddress address(endpoint);
    return ObjectRef<GSocketAddress>(
        g_socket_address_new_from_native(const_cast<sockaddr*>(address.get()), address.size()));
  };
  const auto counted = count_stream(stream, metered, unsent_);
  soup_server_accept_iostream(soup_.get(), counted.get(), address_of(ends.local).get(),
                              address_of(ends.remote).get(), nullptr);
}

/// As soon as the headers are there. Whatever is answered here is not asked further. libsoup has
/// one handler for a path and for all that begins with it.
void WebServer::Site::answer_early(SoupServerMessage* message, std::string_view path) {
  if (path == health_path) return;  // balancers have names of their own for this server
  const RequestHead head = head_of(message);
  auto refusal = check_request(head, options_.names);
  if (!refusal && path.starts_with(signalling_path)) {
    refusal = path == signalling_path
                  ? check_signalling_request(head, options_.names)
                  : Refusal{"no-such-page", SOUP_STATUS_NOT_FOUND, no_such_page};
  }
  if (refusal) refuse(message, *refusal);
}

void WebServer::Site::refuse(SoupServerMessage* message, const Refusal& refusal) {
  ++refusals_[std::string(refusal.reason)];
  answer_refusal(message, refusal);
}

void WebServer::Site::answer(SoupServerMessage* message, std::string_view path) {
  visits_.asked(ends_of(message));
  if (!require_reading(message)) return;
  if (path == health_path) return answer_text(message, SOUP_STATUS_OK, "ok\n");
  if (path == figures_path) return answer_figures(message);
  if (const Page* page = pages_.find(path)) return answer_page(message, *page, tls_.has_value());
  answer_text(message, SOUP_STATUS_NOT_FOUND, no_such_page);
}

/// They are the operator's. A request that a proxy passes on is somebody else's, and names a host
/// as others know it.
void WebServer::Site::answer_figures(SoupServerMessage* message) {
  const bool is_operator = covers(options_.operators, ends_of(message).remote.address) &&
                           !check_request(head_of(message), {}) &&
                           !header_of(message, "Forwarded") &&
                           !header_of(message, "X-Forwarded-For");
  if (!is_operator) {
    return answer_text(message, SOUP_STATUS_FORBIDDEN,
                       "Figures are for the operator: see --metrics-from.\n");
  }
  answer_text(message, SOUP_STATUS_OK, prometheus_text(figures()));
}

ServerFigures WebServer::Site::figures() const {
  ServerFigures figures{.tcp_connections = visits_.size(),
                        .connections = signalling_.connections(),
                        .sessions = signalling_.sessions(),
                        .rooms = signalling_.rooms(),
                        .unsent_bytes = *unsent_,
                        .unacknowledged_bytes = signalling_.kept_bytes(),
                        .handshakes = tls_ ? tls_->under_way() + tls_->waiting() : 0,
                        .messages = signalling_.messages(),
                        .credentials = credentials_,
                        .refusals = refusals_};
  figures.refusals["tcp-late"] = visits_.late();
  figures.refusals["tcp-evicted"] = visits_.evicted();
  figures.refusals["credentials"] = signalling_.refused_credentials();
  figures.refusals["tls-handshake"] = tls_ ? tls_->failed() : 0;
  for (size_t error = 0; error < signalling_error_count; ++error) {
    const auto reason = static_cast<SignallingError>(error);
    figures.refusals[std::string(code_of(reason))] = signalling_.refusals(reason);
  }
  return figures;
}

/// Whom it comes from, as far as a trusted proxy tells.
IpAddress WebServer::Site::client_of(SoupServerMessage* message) const {
  const IpAddress peer = ends_of(message).remote.address;
  if (!covers(options_.proxies, peer)) return peer;
  const auto header = header_of(message, "Forwarded");
  return header ? forwarded_client(*header, options_.proxies).value_or(peer) : peer;
}

Json WebServer::Site::ice_servers_for(std::string_view turn_user) {
  if (!turn_user.empty() && !service_.turn.empty()) ++credentials_;
  return ice_servers_from_now(service_, turn_user);
}

namespace {

/// What serve() gave to libsoup, which has wrapped it.
GIOStream* counted_under(SoupWebsocketConnection* connection) {
  GIOStream* base = nullptr;
  g_object_get(soup_websocket_connection_get_io_stream(connection), "base-iostream", &base,
               nullptr);
  g_object_unref(base);  // its wrapper holds it
  return base;
}

}  // namespace

WebServer::Site::Socket::Socket(Site& its_site, ConnectionId its_id, SoupWebsocketConnection* soup)
    : site(its_site),
      id(its_id),
      connection(SOUP_WEBSOCKET_CONNECTION(g_object_ref(soup))),
      counted(counted_under(soup)),
      metered(metered_under(counted)) {
  g_signal_connect(
      soup, "message",
      G_CALLBACK(+[](SoupWebsocketConnection*, gint type, GBytes* bytes, gpointer data) {
        gsize size = 0;
        const auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        static_cast<const Socket*>(data)->received(static_cast<SoupWebsocketDataType>(type),
                                                   {text, size});
      }),
      this);
  g_signal_connect(soup, "closed", G_CALLBACK(+[](SoupWebsocketConnection*, gpointer data) {
                     const auto* self = static_cast<Socket*>(data);
                     self->site.loop_.guard([self] { self->site.closed(self->id); });
                   }),
                   this);
}

void WebServer::Site::Socket::received(SoupWebsocketDataType type, std::string_view message) const {
  credit_meter(metered, message.size() + frame_overhead + (site.tls_ ? record_overhead : 0));
  site.loop_.guard([&] {
    if (type == SOUP_WEBSOCKET_DATA_TEXT) {
      site.signalling_.received(id, message, now());
    } else {
      site.signalling_.received_binary(id);
    }
  });
}

void WebServer::Site::open(SoupServerMessage* message, SoupWebsocketConnection* connection) {
  visits_.upgraded(ends_of(message));
  const ConnectionId id = ++last_id_;
  soup_websocket_connection_set_max_incoming_payload_size(connection, largest_signal);
  sockets_.emplace(id, std::make_unique<Socket>(*this, id, connection));
  loop_.guard([&] { signalling_.opened(id, client_of(message), now()); });
}

void WebServer::Site::send(ConnectionId id, const std::string& message) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  SoupWebsocketConnection* connection = found->second->connection.get();
  if (soup_websocket_connection_get_state(connection) != SOUP_WEBSOCKET_STATE_OPEN) return;
  expect_written(found->second->counted, frame_size(message.size()));
  soup_websocket_connection_send_text(connection, message.c_str());
}

size_t WebServer::Site::unsent(ConnectionId id) const {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? 0 : unwritten(found->second->counted);
}

/// A client that does not read would not read the end either, and all that is before it would
/// wait.
void WebServer::Site::close(ConnectionId id, int code, std::string_view reason) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  const Socket& socket = *found->second;
  SoupWebsocketConnection* connection = socket.connection.get();
  const bool is_behind = unwritten(socket.counted) > most_unsent_at_end;
  forget_unwritten(socket.counted);
  if (is_behind) {
    place_of(socket.metered)->cut();
  } else if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN) {
    soup_websocket_connection_close(connection, static_cast<gushort>(code),
                                    std::string(reason).c_str());
  }
}

void WebServer::Site::closed(ConnectionId id) {
  signalling_.closed(id, now());
  const auto socket = sockets_.extract(id);
  forget_unwritten(socket.mapped()->counted);
  if (sockets_.empty() && gone_) std::exchange(gone_, nullptr)();
}

void WebServer::Site::expire() {
  signalling_.expire(now());
  poller_->expire(now());
  visits_.expire(now());
  if (tls_) tls_->expire(now());
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
