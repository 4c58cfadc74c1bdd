#include "src/serve/tls_handshakes.h"

#include "src/base/error.h"
#include "src/base/file.h"
#include "src/serve/metered_stream.h"

#include <fmt/format.h>

#include <iterator>
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
  for (const auto& file : {certificate, key}) require_file(file);
  GError* error = nullptr;
  ObjectRef<GTlsCertificate> loaded(
      g_tls_certificate_new_from_files(certificate.c_str(), key.c_str(), &error));
  if (loaded) return loaded;
  throw UsageError(fmt::format("reading the certificate {} and its key {}: {}", certificate, key,
                               text_of(ErrorRef(error))));
}

struct Handshake {
  ObjectRef<GIOStream> stream;
  std::shared_ptr<PolledStream> place;
  IpAddress source;
  bool is_shared;
  TlsHandshakes::Done done;
};

/// One that is under way.
struct Running {
  Instant since;
  ObjectRef<GCancellable> cancellable;
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
  /// The one to start next; none where all have to wait.
  std::list<Handshake>::iterator next();
  void start(Handshake handshake);
  void ended(std::list<Running>::iterator place, const IpAddress& source);
  void drop_cut();

  HandshakeLimits limits;
  ObjectRef<GTlsCertificate> certificate;
  std::list<Arrival> silent;  // those that have said nothing yet
  std::list<Handshake> waiting;
  std::list<Running> running;  // the oldest first
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

/// Of the sources with the fewest under way, the one that has waited longest.
std::list<Handshake>::iterator TlsHandshakes::State::next() {
  auto best = waiting.end();
  size_t fewest = limits.of_a_source;
  for (auto each = waiting.begin(); each != waiting.end() && fewest > 0; ++each) {
    const auto found = of_source.find(each->source);
    const size_t others = found == of_source.end() || each->is_shared ? 0 : found->second;
    if (others >= fewest) continue;
    fewest = others;
    best = each;
  }
  return best;
}

void TlsHandshakes::State::start_some() {
  while (running.size() < limits.at_once) {
    const auto chosen = next();
    if (chosen == waiting.end()) return;
    Handshake handshake = std::move(*chosen);
    waiting.erase(chosen);
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
  handshake.stream.reset(tls);
  ++of_source[handshake.source];
  running.push_back({.since = now(), .cancellable = ObjectRef<GCancellable>(g_cancellable_new())});
  struct Context {
    std::weak_ptr<State> state;
    std::list<Running>::iterator place;
    Handshake handshake;
  };
  const auto finished = +[](GObject* connection, GAsyncResult* result, gpointer data) {
    const std::unique_ptr<Context> context(static_cast<Context*>(data));
    const bool stands =
        g_tls_connection_handshake_finish(G_TLS_CONNECTION(connection), result, nullptr) != FALSE;
    const auto state = context->state.lock();
    if (!state) return;
    state->ended(context->place, context->handshake.source);
    if (!stands) ++state->failed;
    if (stands) context->handshake.done(std::move(context->handshake.stream));
    state->start_some();
  };
  g_tls_connection_handshake_async(
      G_TLS_CONNECTION(tls), G_PRIORITY_DEFAULT, running.back().cancellable.get(), finished,
      new Context{weak_from_this(), std::prev(running.end()), std::move(handshake)});
}

void TlsHandshakes::State::ended(std::list<Running>::iterator place, const IpAddress& source) {
  running.erase(place);
  const auto found = of_source.find(source);
  if (--found->second == 0) of_source.erase(found);
}

void TlsHandshakes::State::drop_cut() {
  const size_t all = waiting.size();
  waiting.remove_if([](const Handshake& handshake) { return handshake.place->has_ended(); });
  failed += all - waiting.size();
}

TlsHandshakes::TlsHandshakes(const std::string& certificate, const std::string& key,
                             HandshakeLimits limits)
    : state_(std::make_shared<State>()) {
  g_setenv(priority_variable, priorities, FALSE);
  state_->limits = limits;
  state_->certificate = load_certificate(certificate, key);
}

TlsHandshakes::~TlsHandshakes() = default;

void TlsHandshakes::begin(ObjectRef<GIOStream> metered, const IpAddress& source, bool is_shared,
                          Done done) {
  auto place = place_of(metered.get());
  state_->await_first_byte({.stream = std::move(metered),
                            .place = std::move(place),
                            .source = source,
                            .is_shared = is_shared,
                            .done = std::move(done)});
}

void TlsHandshakes::expire(Instant now) {
  state_->drop_cut();
  for (const Running& each : state_->running) {
    if (now - each.since > state_->limits.patience) g_cancellable_cancel(each.cancellable.get());
  }
}

size_t TlsHandshakes::under_way() const {
  return state_->running.size();
}

size_t TlsHandshakes::waiting() const {
  return state_->waiting.size() + state_->silent.size();
}

size_t TlsHandshakes::failed() const {
  return state_->failed;
}

}  // namespace icelab
