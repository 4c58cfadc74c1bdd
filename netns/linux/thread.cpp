#include "netns/linux/thread.h"

#include "src/base/error.h"

#include <system_error>

namespace icelab {

std::thread start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    throw SystemError("start a thread", error.code().value());
  }
}

}  // namespace icelab
