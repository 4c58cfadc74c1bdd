#include "src/base/limits.h"

#include "src/base/error.h"

#include <sys/resource.h>

namespace icelab {
namespace {

rlimit get_limit() {
  rlimit limit{};
  check(getrlimit(RLIMIT_NOFILE, &limit), "ask how many files may be open");
  return limit;
}

}  // namespace

size_t descriptor_limit() {
  return get_limit().rlim_cur;
}

void raise_descriptor_limit() {
  rlimit limit = get_limit();
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "raise the number of files that may be open");
}

}  // namespace icelab
