#include "netns/linux/conntrack.h"

#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace icelab {
namespace {

/// IPCTNL_MSG_CT_DELETE without a tuple deletes them all.
struct FlushRequest {
  nlmsghdr header{};
  nfgenmsg body{};
};

FlushRequest flush_request() {
  FlushRequest request;
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.body.nfgen_family = AF_INET;
  request.body.version = NFNETLINK_V0;
  return request;
}

}  // namespace

void flush_conntrack() {
  constexpr const char* attempt = "flush connection tracking";
  const Descriptor socket(
      check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), attempt));
  const FlushRequest request = flush_request();
  check(send(socket.get(), &request, sizeof(request), 0), attempt);
  alignas(nlmsghdr) std::array<std::uint8_t, 1024> answer{};
  const ssize_t length = check(recv(socket.get(), answer.data(), answer.size(), 0), attempt);
  if (static_cast<size_t>(length) < NLMSG_LENGTH(sizeof(nlmsgerr)))
    throw SystemError(attempt, EBADMSG);
  nlmsgerr verdict{};
  std::memcpy(&verdict, answer.data() + NLMSG_LENGTH(0), sizeof(verdict));
  if (verdict.error != 0) throw SystemError(attempt, -verdict.error);
}

}  // namespace icelab
