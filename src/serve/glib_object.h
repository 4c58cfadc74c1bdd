#pragma once

#include <glib-object.h>

#include <memory>
#include <string>

namespace icelab {

struct ReleaseObject {
  void operator()(gpointer object) const { g_object_unref(object); }
};
/// Holds one reference.
template <typename Type>
using ObjectRef = std::unique_ptr<Type, ReleaseObject>;

struct ReleaseError {
  void operator()(GError* error) const { g_error_free(error); }
};
using ErrorRef = std::unique_ptr<GError, ReleaseError>;

/// What a GError says, where a function that failed has set it.
inline std::string text_of(const ErrorRef& error) {
  return error ? error->message : "unknown error";
}

}  // namespace icelab
