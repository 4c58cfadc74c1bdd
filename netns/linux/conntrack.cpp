#include "netns/linux/conntrack.h"

#include "netns/linux/netlink_answer.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

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
  const int error = NetlinkAnswer::receive(socket.get(), attempt).error().value_or(EBADMSG);
  if (error != 0) throw SystemError(attempt, error);
}

}  // namespace icelab
