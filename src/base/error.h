#pragma once

#include <stdexcept>
#include <string>

namespace icelab {

/// A system call that failed: what was attempted, on what, and errno's word for why.
class SystemError : public std::runtime_error {
 public:
  explicit SystemError(const std::string& attempt);  // takes errno
  SystemError(const std::string& attempt, int error);
  [[nodiscard]] int code() const { return error_; }

 private:
  int error_;
};

/// What the user gave is wrong: the command line or a file. Exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// This machine cannot run labs; the message says what to do about it. Exit status 3.
class MachineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Returns the result of a system call, or throws SystemError(attempt) if it is negative.
template <typename Result>
Result check(Result result, const std::string& attempt) {
  if (result < 0) throw SystemError(attempt);
  return result;
}

}  // namespace icelab
