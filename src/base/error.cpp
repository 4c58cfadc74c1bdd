#include "src/base/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace icelab {

SystemError::SystemError(const std::string& attempt) : SystemError(attempt, errno) {}

SystemError::SystemError(const std::string& attempt, int error)
    : std::runtime_error(fmt::format("{}: {}", attempt, std::generic_category().message(error))),
      error_(error) {}

}  // namespace icelab
