#include "src/agent/web_socket.h"

#include "src/serve/glib_object.h"

#include <fmt/format.h>
#include <libsoup/soup.h>

#include <array>
#include <utility>

namespace icelab {
namespace {

/// Why a connection did not come about. libsoup calls every answer that is none to a WebSocket's
/// handshake the same.
std::string describe(const ErrorRef& error, SoupMessage* message) {
  const SoupStatus status = soup_message_get_status(message);
  if (status == SOUP_STATUS_NONE || status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    return text_of(error);
  return fmt::format("the server answers {} {}: it has no signalling here",
                     static_cast<int>(status), soup_status_get_phrase(status));
}

/// libsoup's own errors, then what the other side wrote.
std::string describe_end(const std::string& error, SoupWebsocketConnection* connection) {
  if (!error.empty()) return error;
  const gushort code = soup_websocket_connection_get_close_code(connection);
  const char* reason = soup_websocket_connection_get_close_data(connection);
  if (code == 0) return "the connection broke";
  return fmt::format("the server closed the connection with code {}{}{}", code,
                     reason != nullptr ? ": " : "", reason != nullptr ? reason : "");
}

}  // namespace

/// Shared with a connection that is being made: libsoup may tell of it after the WebSocket has
/// gone.
struct WebSocket::State : std::enable_shared_from_this<State> {
  State(Handlers what_to_call, size_t largest_message)
      : handlers(std::move(what_to_call)), largest(largest_message) {}
  ~State() { detach(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void connect(const std::string& url, const std::string& subprotocol);
  void connected(GAsyncResult* result);
  void open(SoupWebsocketConnection* new_connection);
  void closed();
  void detach();

  Handlers handlers;
  size_t largest;
  bool is_detached = false;
  std::string error;  // libsoup's, of the connection
  ObjectRef<SoupSession> session{
      soup_session_new_with_options("user-agent", "icelab-agent ", nullptr)};
  ObjectRef<SoupMessage> message;
  ObjectRef<GCancellable> cancellable{g_cancellable_new()};
  ObjectRef<SoupWebsocketConnection> connection;
};

void WebSocket::State::connect(const std::string& url, const std::string& subprotocol) {
  // It decompresses, and so makes messages larger than they were when their size was looked at.
  soup_session_remove_feature_by_type(session.get(), SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  message.reset(soup_message_new(SOUP_METHOD_GET, url.c_str()));
  std::string protocol = subprotocol;
  std::array<char*, 2> protocols{protocol.data(), nullptr};
  soup_session_websocket_connect_async(
      session.get(), message.get(), nullptr, protocols.data(), G_PRIORITY_DEFAULT,
      cancellable.get(),
      [](GObject*, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<State>> held(
            static_cast<std::shared_ptr<State>*>(data));
        (*held)->connected(result);
      },
      new std::shared_ptr<State>(shared_from_this()));
}

void WebSocket::State::connected(GAsyncResult* result) {
  GError* failure = nullptr;
  const ObjectRef<SoupWebsocketConnection> made(
      soup_session_websocket_connect_finish(session.get(), result, &failure));
  const ErrorRef held(failure);
  if (is_detached) return;
  if (!made) return handlers.closed(describe(held, message.get()));
  open(made.get());
  handlers.opened();
}

void WebSocket::State::open(SoupWebsocketConnection* new_connection) {
  connection.reset(SOUP_WEBSOCKET_CONNECTION(g_object_ref(new_connection)));
  soup_websocket_connection_set_max_incoming_payload_size(new_connection, largest);
  const auto on_message = +[](SoupWebsocketConnection*, gint, GBytes* bytes, gpointer data) {
    const auto self = static_cast<State*>(data)->shared_from_this();
    gsize size = 0;
    const auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    self->handlers.received({text, size});
  };
  const auto on_error = +[](SoupWebsocketConnection*, GError* failure, gpointer data) {
    static_cast<State*>(data)->error = failure->message;
  };
  const auto on_closed = +[](SoupWebsocketConnection*, gpointer data) {
    static_cast<State*>(data)->shared_from_this()->closed();
  };
  g_signal_connect(new_connection, "message", G_CALLBACK(on_message), this);
  g_signal_connect(new_connection, "error", G_CALLBACK(on_error), this);
  g_signal_connect(new_connection, "closed", G_CALLBACK(on_closed), this);
}

void WebSocket::State::closed() {
  const auto self = shared_from_this();
  handlers.closed(describe_end(error, connection.get()));
}

void WebSocket::State::detach() {
  is_detached = true;
  g_cancellable_cancel(cancellable.get());
  if (connection) g_signal_handlers_disconnect_by_data(connection.get(), this);
  connection.reset();
}

WebSocket::WebSocket(const std::string& url, const std::string& subprotocol, size_t largest,
                     Handlers handlers)
    : state_(std::make_shared<State>(std::move(handlers), largest)) {
  state_->connect(url, subprotocol);
}

WebSocket::~WebSocket() {
  state_->detach();
}

void WebSocket::send(const std::string& text) {
  SoupWebsocketConnection* connection = state_->connection.get();
  if (connection == nullptr) return;
  if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text(connection, text.c_str());
}

void WebSocket::close() {
  SoupWebsocketConnection* connection = state_->connection.get();
  if (connection == nullptr) return;
  if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close(connection, SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
}

}  // namespace icelab
