#include "src/serve/metered_stream.h"

#include "src/serve/token_bucket.h"

#include <algorithm>

namespace icelab {
namespace {

/// libsoup walks all answers that wait for each ping that comes (3.2): that must not be many.
constexpr size_t most_in_a_turn = 8192;
/// Bytes a second: what is no message costs an answer (RFC 6455 section 5.5.2), which no limit on
/// messages counts.
constexpr double refill = 64;

// GObject's way to say what C++ says with a class, its base and its virtual functions.

struct MeteredInput {
  GInputStream parent;
  GPollableInputStream* base;  // of the stream that holds this one
  std::shared_ptr<PolledStream>* place;
  TokenBucket* left;    // bytes
  size_t left_in_turn;  // of this turn of the loop
};
struct MeteredStream {
  GIOStream parent;
  GIOStream* base;
  MeteredInput* input;
};

MeteredInput* input_of(gpointer object) {
  return static_cast<MeteredInput*>(object);
}
MeteredStream* stream_of(gpointer object) {
  return static_cast<MeteredStream*>(object);
}

}  // namespace

std::shared_ptr<PolledStream> place_of(GIOStream* metered) {
  return *stream_of(metered)->input->place;
}

namespace {

gssize read_some(GPollableInputStream* stream, void* buffer, gsize count, GError** error) {
  MeteredInput* self = input_of(stream);
  (*self->place)->reading();
  if ((*self->place)->is_silent()) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "nothing has come for too long");
    return -1;
  }
  const auto left = static_cast<size_t>(self->left->available(now()));
  if (left == 0) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "a message that does not end");
    return -1;
  }
  if (self->left_in_turn == 0 || (*self->place)->is_paused()) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "others are waiting");
    return -1;
  }
  const gsize most = std::min({count, left, self->left_in_turn});
  const gssize length =
      g_pollable_input_stream_read_nonblocking(self->base, buffer, most, nullptr, error);
  if (length > 0) {
    self->left->take(now(), static_cast<double>(length));
    self->left_in_turn -= static_cast<size_t>(length);
    (*self->place)->heard(now());
  }
  return length;
}

/// Whoever waits for more has ended its turn.
GSource* create_source(GPollableInputStream* stream, GCancellable* cancellable) {
  MeteredInput* self = input_of(stream);
  self->left_in_turn = most_in_a_turn;
  return (*self->place)->wait(G_OBJECT(stream), cancellable);
}

void implement_pollable(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableInputStreamInterface*>(interface);
  pollable->is_readable = [](GPollableInputStream* stream) {
    return g_pollable_input_stream_is_readable(input_of(stream)->base);
  };
  pollable->read_nonblocking = read_some;
  pollable->create_source = create_source;
}

void implement_input(gpointer type, gpointer) {
  auto* input = static_cast<GInputStreamClass*>(type);
  input->read_fn = [](GInputStream* stream, void* buffer, gsize count, GCancellable* cancellable,
                      GError** error) {
    return g_input_stream_read(G_INPUT_STREAM(input_of(stream)->base), buffer, count, cancellable,
                               error);
  };
  G_OBJECT_CLASS(type)->finalize = [](GObject* object) {
    delete input_of(object)->place;
    delete input_of(object)->left;
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_INPUT_STREAM))->finalize(object);
  };
}

gboolean close_stream(GIOStream* stream, GCancellable* cancellable, GError** error) {
  place_of(stream)->leave();
  return g_io_stream_close(stream_of(stream)->base, cancellable, error);
}

/// GIOStream would do it in a thread; a socket closes at once.
void close_later(GIOStream* stream, int, GCancellable* cancellable, GAsyncReadyCallback callback,
                 gpointer data) {
  GTask* task = g_task_new(stream, cancellable, callback, data);
  GError* error = nullptr;
  if (close_stream(stream, cancellable, &error) != FALSE) {
    g_task_return_boolean(task, TRUE);
  } else {
    g_task_return_error(task, error);
  }
  g_object_unref(task);
}

void implement_stream(gpointer type, gpointer) {
  auto* stream = static_cast<GIOStreamClass*>(type);
  stream->get_input_stream = [](GIOStream* self) { return G_INPUT_STREAM(stream_of(self)->input); };
  stream->get_output_stream = [](GIOStream* self) {
    return g_io_stream_get_output_stream(stream_of(self)->base);
  };
  stream->close_fn = close_stream;
  stream->close_async = close_later;
  stream->close_finish = [](GIOStream*, GAsyncResult* result, GError** error) {
    return g_task_propagate_boolean(G_TASK(result), error);
  };
  G_OBJECT_CLASS(type)->finalize = [](GObject* object) {
    place_of(G_IO_STREAM(object))->leave();
    g_object_unref(stream_of(object)->input);
    g_object_unref(stream_of(object)->base);
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_IO_STREAM))->finalize(object);
  };
}

GType input_type() {
  static const GType type = [] {
    const GType made = g_type_register_static_simple(G_TYPE_INPUT_STREAM, "IcelabMeteredInput",
                                                     sizeof(GInputStreamClass), implement_input,
                                                     sizeof(MeteredInput), nullptr, GTypeFlags{});
    const GInterfaceInfo pollable{implement_pollable, nullptr, nullptr};
    g_type_add_interface_static(made, G_TYPE_POLLABLE_INPUT_STREAM, &pollable);
    return made;
  }();
  return type;
}

GType stream_type() {
  static const GType type =
      g_type_register_static_simple(G_TYPE_IO_STREAM, "IcelabMeteredStream", sizeof(GIOStreamClass),
                                    implement_stream, sizeof(MeteredStream), nullptr, GTypeFlags{});
  return type;
}

}  // namespace

ObjectRef<GIOStream> meter_stream(GSocketConnection* base, size_t limit,
                                  std::shared_ptr<StreamPoller> poller) {
  const int socket = g_socket_get_fd(g_socket_connection_get_socket(base));
  auto* input = input_of(g_object_new(input_type(), nullptr));
  input->base = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(base)));
  input->place = new auto(std::make_shared<PolledStream>(std::move(poller), socket));
  input->left = new TokenBucket(static_cast<double>(limit), refill, now());
  input->left_in_turn = most_in_a_turn;
  auto* stream = stream_of(g_object_new(stream_type(), nullptr));
  stream->base = G_IO_STREAM(g_object_ref(base));
  stream->input = input;
  return ObjectRef<GIOStream>(G_IO_STREAM(stream));
}

void credit_meter(GIOStream* metered, size_t bytes) {
  stream_of(metered)->input->left->put_back(static_cast<double>(bytes));
}

}  // namespace icelab
