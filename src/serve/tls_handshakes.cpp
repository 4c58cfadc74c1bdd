#include "src/serve/tls_handshakes.h"

#include "src/base/error.h"

#include <fmt/format.h>

#include <list>
#include <unordered_map>
#include <utility>

namespace icelab {
namespace {

/// What GnuTLS takes as a priority string. GIO reads it once, from its environment, before the
/// first connection; an operator may set another.
constexpr auto priority_variable = "G_TLS_GNUTLS_PRIORITY";
constexpr auto priorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"
    "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE";

ObjectRef<GTlsCertificate> load_certificate(const std::string& certificate,
                                            const std::string& key) {
  GError* error = nullptr;
  ObjectRef<GTlsCertificate> loaded(
      g_tls_certificate_new_from_files(certificate.c_str(), key.c_str(), &error));
  if (loaded) return loaded;
  throw UsageError(fmt::format("reading the certificate {} and its key {}: {}", certificate, key,
                               text_of(ErrorRef(error))));
}

struct Handshake {
  ObjectRef<GIOStream> stream;
  IpAddress source;
  TlsHandshakes::Done done;
};

struct DestroySource {
  void operator()(GSource* source) const {
    g_source_destroy(source);
    g_source_unref(source);
  }
};
using SourceRef = std::unique_ptr<GSource, DestroySource>;

}  // namespace

struct TlsHandshakes::State : std::enable_shared_from_this<State> {
  struct Arrival {
    Handshake handshake;
    SourceRef first_byte;
  };

  void await_first_byte(Handshake handshake);
  /// As many of those that have said something as the limits allow.
  void start_some();
  void start(Handshake handshake);
  void ended(const IpAddress& source);

  HandshakeLimits limits;
  ObjectRef<GTlsCertificate> certificate;
  std::list<Arrival> silent;  // those that have said nothing yet
  std::list<Handshake> waiting;
  size_t under_way = 0;
  std::unordered_map<IpAddress, size_t> of_source;
  size_t failed = 0;
};

/// A connection that says nothing costs no thread.
void TlsHandshakes::State::await_first_byte(Handshake handshake) {
  auto* input = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(handshake.stream.get()));
  SourceRef source(g_pollable_input_stream_create_source(input, nullptr));
  silent.push_front({.handshake = std::move(handshake), .first_byte = nullptr});
  struct Context {
    State* state;
    std::list<Arrival>::iterator place;
  };
  const auto heard = +[](GObject*, gpointer data) -> gboolean {
    const auto* context = static_cast<Context*>(data);
    State* state = context->state;
    state->waiting.push_back(std::move(context->place->handshake));
    state->silent.erase(context->place);  // and with it this source, and the context
    state->start_some();
    return G_SOURCE_REMOVE;
  };
  g_source_set_callback(source.get(), G_SOURCE_FUNC(heard), new Context{this, silent.begin()},
                        [](gpointer data) { delete static_cast<Context*>(data); });
  g_source_attach(source.get(), g_main_context_get_thread_default());
  silent.front().first_byte = std::move(source);
}

void TlsHandshakes::State::start_some() {
  for (auto next = waiting.begin(); next != waiting.end() && under_way < limits.at_once;) {
    const auto others = of_source.find(next->source);
    if (others != of_source.end() && others->second >= limits.of_a_source) {
      ++next;
      continue;
    }
    Handshake handshake = std::move(*next);
    next = waiting.erase(next);
    start(std::move(handshake));
  }
}

void TlsHandshakes::State::start(Handshake handshake) {
  GIOStream* tls = g_tls_server_connection_new(handshake.stream.get(), certificate.get(), nullptr);
  if (tls == nullptr) {
    ++failed;
    return;
  }
  // It would be for clients' certificates, which are not asked for; the default one is loaded for
  // each connection anew.
  g_tls_connection_set_database(G_TLS_CONNECTION(tls), nullptr);
  ++under_way;
  ++of_source[handshake.source];
  handshake.stream.reset(tls);
  struct Context {
    std::weak_ptr<State> state;
    Handshake handshake;
  };
  auto* context = new Context{weak_from_this(), std::move(handshake)};
  const auto finished = +[](GObject* connection, GAsyncResult* result, gpointer data) {
    const std::unique_ptr<Context> ended(static_cast<Context*>(data));
    GError* error = nullptr;
    const bool stands =
        g_tls_connection_handshake_finish(G_TLS_CONNECTION(connection), result, &error) != FALSE;
    const ErrorRef held(error);
    const auto state = ended->state.lock();
    if (!state) return;
    state->ended(ended->handshake.source);
    if (stands) {
      ended->handshake.done(std::move(ended->handshake.stream));
    } else {
      ++state->failed;
    }
    state->start_some();
  };
  g_tls_connection_handshake_async(G_TLS_CONNECTION(tls), G_PRIORITY_DEFAULT, nullptr, finished,
                                   context);
}

void TlsHandshakes::State::ended(const IpAddress& source) {
  --under_way;
  const auto found = of_source.find(source);
  if (--found->second == 0) of_source.erase(found);
}

TlsHandshakes::TlsHandshakes(const std::string& certificate, const std::string& key,
                             HandshakeLimits limits)
    : state_(std::make_shared<State>()) {
  g_setenv(priority_variable, priorities, FALSE);
  state_->limits = limits;
  state_->certificate = load_certificate(certificate, key);
}

TlsHandshakes::~TlsHandshakes() = default;

void TlsHandshakes::begin(ObjectRef<GIOStream> stream, const IpAddress& source, Done done) {
  state_->await_first_byte(
      {.stream = std::move(stream), .source = source, .done = std::move(done)});
}

size_t TlsHandshakes::under_way() const {
  return state_->under_way;
}

size_t TlsHandshakes::waiting() const {
  return state_->waiting.size() + state_->silent.size();
}

size_t TlsHandshakes::failed() const {
  return state_->failed;
}

}  // namespace icelab
