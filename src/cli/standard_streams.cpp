#include "src/cli/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <iostream>

namespace icelab {
namespace {

/// A pipe or socket at whose other end nobody is.
bool has_no_reader(int descriptor) {
  pollfd watched{descriptor, POLLOUT, 0};
  return poll(&watched, 1, 0) == 1 && (watched.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

void open_closed_streams() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = open("/dev/null", O_RDWR);
  if (descriptor > STDERR_FILENO) close(descriptor);
}

bool flush_standard_output() {
  std::cout.flush();
  return std::cout.good() || has_no_reader(STDOUT_FILENO);
}

}  // namespace icelab
