#include "src/base/descriptor.h"

#include <unistd.h>

namespace icelab {

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace icelab
