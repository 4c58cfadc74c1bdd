#include "netns/linux/netlink_answer.h"

#include "src/base/error.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace icelab {

std::optional<NetlinkAnswer> NetlinkAnswer::parse(std::vector<std::uint8_t> bytes) {
  constexpr std::size_t shortest = NLMSG_LENGTH(sizeof(nlmsgerr));
  if (bytes.size() < shortest) return std::nullopt;
  NetlinkAnswer answer(std::move(bytes));
  const std::size_t length = answer.read<nlmsghdr>(0).nlmsg_len;
  if (length < shortest || length > answer.bytes_.size()) return std::nullopt;
  answer.bytes_.resize(length);
  return answer;
}

NetlinkAnswer NetlinkAnswer::receive(int socket, const std::string& attempt) {
  std::vector<std::uint8_t> bytes(4096);
  bytes.resize(
      static_cast<std::size_t>(check(recv(socket, bytes.data(), bytes.size(), 0), attempt)));
  auto answer = parse(std::move(bytes));
  if (!answer) throw SystemError(attempt, EBADMSG);
  return *std::move(answer);
}

std::optional<int> NetlinkAnswer::error() const {
  if (read<nlmsghdr>(0).nlmsg_type != NLMSG_ERROR) return std::nullopt;
  const int code = read<nlmsgerr>(NLMSG_LENGTH(0)).error;
  constexpr int largest = 4095;  // Linux's MAX_ERRNO
  return code <= 0 && code >= -largest ? -code : EBADMSG;
}

}  // namespace icelab
