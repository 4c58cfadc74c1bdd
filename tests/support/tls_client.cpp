#include "tests/support/tls_client.h"

#include "src/serve/glib_object.h"

#include <fmt/format.h>
#include <gio/gio.h>

#include <array>
#include <stdexcept>

namespace icelab {

struct TlsClient::State {
  ObjectRef<GSocketConnection> connection;
};

TlsClient::TlsClient(const Endpoint& server) : state_(std::make_unique<State>()) {
  constexpr guint patience_s = 10;
  const ObjectRef<GSocketClient> client(g_socket_client_new());
  g_socket_client_set_timeout(client.get(), patience_s);
  g_socket_client_set_tls(client.get(), TRUE);
  g_signal_connect(client.get(), "event",
                   G_CALLBACK(+[](GSocketClient*, GSocketClientEvent event, GSocketConnectable*,
                                  GIOStream* connection, gpointer) {
                     if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING) return;
                     g_signal_connect(
                         connection, "accept-certificate",
                         G_CALLBACK(+[](GTlsConnection*, GTlsCertificate*, GTlsCertificateFlags,
                                        gpointer) -> gboolean { return TRUE; }),
                         nullptr);
                   }),
                   nullptr);
  GError* error = nullptr;
  state_->connection.reset(g_socket_client_connect_to_host(client.get(), server.to_string().c_str(),
                                                           server.port, nullptr, &error));
  if (!state_->connection) throw std::runtime_error(text_of(ErrorRef(error)));
}

TlsClient::~TlsClient() = default;

std::string TlsClient::get(const std::string& path) const {
  GIOStream* stream = G_IO_STREAM(state_->connection.get());
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
  g_output_stream_write_all(g_io_stream_get_output_stream(stream), request.data(), request.size(),
                            nullptr, nullptr, nullptr);
  std::string answer;
  std::array<char, 65536> chunk{};
  for (;;) {
    const gssize length = g_input_stream_read(g_io_stream_get_input_stream(stream), chunk.data(),
                                              chunk.size(), nullptr, nullptr);
    if (length <= 0) return answer;
    answer.append(chunk.data(), static_cast<size_t>(length));
  }
}

}  // namespace icelab
