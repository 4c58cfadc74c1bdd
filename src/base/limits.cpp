#include "src/base/limits.h"

#include <sys/resource.h>

#include "src/base/error.h"

namespace icelab {

void raise_descriptor_limit() {
  rlimit limit{};
  check(getrlimit(RLIMIT_NOFILE, &limit), "ask how many files may be open");
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "raise the number of files that may be open");
}

}  // namespace icelab
