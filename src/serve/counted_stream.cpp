#include "src/serve/counted_stream.h"

#include "src/serve/metered_stream.h"

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

// GObject's way to say what C++ says with a class, its base and its virtual functions.

struct CountedOutput {
  GOutputStream parent;
  GOutputStream* base;  // of the stream under the one that holds this
  GIOStream* metered;
  std::shared_ptr<size_t>* total;
  size_t unwritten;
};
struct CountedStream {
  GIOStream parent;
  GIOStream* base;
  GIOStream* metered;
  CountedOutput* output;
};

CountedOutput* output_of(gpointer object) {
  return static_cast<CountedOutput*>(object);
}
CountedStream* stream_of(gpointer object) {
  return static_cast<CountedStream*>(object);
}

void subtract(CountedOutput* self, size_t bytes) {
  const size_t counted = std::min(bytes, self->unwritten);
  self->unwritten -= counted;
  **self->total -= counted;
}

/// What is written may also be what nobody announced: HTTP, or a WebSocket's pong.
gssize count(CountedOutput* self, gssize written) {
  if (written > 0) subtract(self, static_cast<size_t>(written));
  return written;
}

gssize write_some(GPollableOutputStream* stream, const void* buffer, gsize size, GError** error) {
  CountedOutput* self = output_of(stream);
  GError* failure = nullptr;
  const gssize written = g_pollable_output_stream_write_nonblocking(
      G_POLLABLE_OUTPUT_STREAM(self->base), buffer, size, nullptr, &failure);
  place_of(self->metered)
      ->set_paused(g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) != FALSE);
  if (failure != nullptr) g_propagate_error(error, failure);
  return count(self, written);
}

void implement_pollable(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableOutputStreamInterface*>(interface);
  pollable->is_writable = [](GPollableOutputStream* stream) {
    return g_pollable_output_stream_is_writable(G_POLLABLE_OUTPUT_STREAM(output_of(stream)->base));
  };
  pollable->write_nonblocking = write_some;
  pollable->create_source = [](GPollableOutputStream* stream, GCancellable* cancellable) {
    return g_pollable_output_stream_create_source(G_POLLABLE_OUTPUT_STREAM(output_of(stream)->base),
                                                  cancellable);
  };
}

void implement_output(gpointer type, gpointer) {
  auto* output = static_cast<GOutputStreamClass*>(type);
  output->write_fn = [](GOutputStream* stream, const void* buffer, gsize size,
                        GCancellable* cancellable, GError** error) {
    CountedOutput* self = output_of(stream);
    return count(self, g_output_stream_write(self->base, buffer, size, cancellable, error));
  };
  G_OBJECT_CLASS(type)->finalize = [](GObject* object) {
    subtract(output_of(object), output_of(object)->unwritten);
    delete output_of(object)->total;
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_OUTPUT_STREAM))->finalize(object);
  };
}

/// TLS says goodbye, and waits until that is written: in this thread too (glib-networking 2.74).
void hurry_goodbye(GIOStream* stream) {
  const auto place = place_of(stream_of(stream)->metered);
  if (place->is_blocked()) place->cut();
}

/// The stream under it knows how to close in another thread.
void close_later(GIOStream* stream, int priority, GCancellable* cancellable,
                 GAsyncReadyCallback callback, gpointer data) {
  const auto closed = +[](GObject* base, GAsyncResult* result, gpointer task_data) {
    auto* task = static_cast<GTask*>(task_data);
    GError* error = nullptr;
    if (g_io_stream_close_finish(G_IO_STREAM(base), result, &error) != FALSE) {
      g_task_return_boolean(task, TRUE);
    } else {
      g_task_return_error(task, error);
    }
    g_object_unref(task);
  };
  hurry_goodbye(stream);
  g_io_stream_close_async(stream_of(stream)->base, priority, cancellable, closed,
                          g_task_new(stream, cancellable, callback, data));
}

void implement_stream(gpointer type, gpointer) {
  auto* stream = static_cast<GIOStreamClass*>(type);
  stream->get_input_stream = [](GIOStream* self) {
    return g_io_stream_get_input_stream(stream_of(self)->base);
  };
  stream->get_output_stream = [](GIOStream* self) {
    return G_OUTPUT_STREAM(stream_of(self)->output);
  };
  stream->close_fn = [](GIOStream* self, GCancellable* cancellable, GError** error) {
    hurry_goodbye(self);
    return g_io_stream_close(stream_of(self)->base, cancellable, error);
  };
  stream->close_async = close_later;
  stream->close_finish = [](GIOStream*, GAsyncResult* result, GError** error) {
    return g_task_propagate_boolean(G_TASK(result), error);
  };
  G_OBJECT_CLASS(type)->finalize = [](GObject* object) {
    g_object_unref(stream_of(object)->output);
    g_object_unref(stream_of(object)->base);
    G_OBJECT_CLASS(g_type_class_peek(G_TYPE_IO_STREAM))->finalize(object);
  };
}

GType output_type() {
  static const GType type = [] {
    const GType made = g_type_register_static_simple(G_TYPE_OUTPUT_STREAM, "IcelabCountedOutput",
                                                     sizeof(GOutputStreamClass), implement_output,
                                                     sizeof(CountedOutput), nullptr, GTypeFlags{});
    const GInterfaceInfo pollable{implement_pollable, nullptr, nullptr};
    g_type_add_interface_static(made, G_TYPE_POLLABLE_OUTPUT_STREAM, &pollable);
    return made;
  }();
  return type;
}

GType stream_type() {
  static const GType type =
      g_type_register_static_simple(G_TYPE_IO_STREAM, "IcelabCountedStream", sizeof(GIOStreamClass),
                                    implement_stream, sizeof(CountedStream), nullptr, GTypeFlags{});
  return type;
}

}  // namespace

ObjectRef<GIOStream> count_stream(GIOStream* base, GIOStream* metered,
                                  std::shared_ptr<size_t> total) {
  auto* output = output_of(g_object_new(output_type(), nullptr));
  output->base = g_io_stream_get_output_stream(base);
  output->metered = metered;
  output->total = new std::shared_ptr<size_t>(std::move(total));
  auto* stream = stream_of(g_object_new(stream_type(), nullptr));
  stream->base = G_IO_STREAM(g_object_ref(base));
  stream->metered = metered;
  stream->output = output;
  return ObjectRef<GIOStream>(G_IO_STREAM(stream));
}

void expect_written(GIOStream* counted, size_t bytes) {
  CountedOutput* output = stream_of(counted)->output;
  output->unwritten += bytes;
  **output->total += bytes;
}

size_t unwritten(GIOStream* counted) {
  return stream_of(counted)->output->unwritten;
}

void forget_unwritten(GIOStream* counted) {
  CountedOutput* output = stream_of(counted)->output;
  subtract(output, output->unwritten);
}

GIOStream* metered_under(GIOStream* counted) {
  return stream_of(counted)->metered;
}

}  // namespace icelab
