// Any bytes as what the kernel says over netlink: they are no message, or its values are read from
// within it.

#include "netns/linux/netlink_answer.h"
#include "tests/fuzz/fuzz_input.h"

#include <linux/rtnetlink.h>

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  using namespace icelab;
  const auto answer = NetlinkAnswer::parse({data, data + size});
  if (!answer) return 0;
  const auto error = answer->error();
  if (error) hold(*error >= 0, "an error is one of errno's words");
  const auto type = answer->body<rtmsg>().rtm_type;
  hold(type == data[NLMSG_LENGTH(0) + offsetof(rtmsg, rtm_type)],
       "a body stands behind the header");
  return 0;
}
