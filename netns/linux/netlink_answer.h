#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// One message of the kernel's (netlink(7)): whether it is about the request as such, and what it
/// begins with.
class NetlinkAnswer {
 public:
  /// The first message of what was received; nullopt unless it is whole, and long enough to tell of
  /// an error. Pure.
  static std::optional<NetlinkAnswer> parse(std::vector<std::uint8_t> bytes);
  /// Waits for the next one. Throws SystemError, naming what was attempted, if there is none or it
  /// is malformed.
  static NetlinkAnswer receive(int socket, const std::string& attempt);

  /// Of an answer about the request as such: zero, or errno's word for why it was refused; EBADMSG
  /// where there is none.
  [[nodiscard]] std::optional<int> error() const;
  /// The struct behind its header; zero from where the message ends.
  template <typename Body>
  [[nodiscard]] Body body() const {
    return read<Body>(NLMSG_LENGTH(0));
  }
  /// The value of the one attribute behind such a struct.
  template <typename Body, typename Value>
  [[nodiscard]] Value attribute() const {
    return read<Value>(NLMSG_LENGTH(NLMSG_ALIGN(sizeof(Body))) + RTA_LENGTH(0));
  }

 private:
  explicit NetlinkAnswer(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  template <typename Value>
  [[nodiscard]] Value read(std::size_t at) const {
    Value value{};
    const std::size_t begin = std::min(at, bytes_.size());
    std::memcpy(&value, bytes_.data() + begin, std::min(sizeof(value), bytes_.size() - begin));
    return value;
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace icelab
