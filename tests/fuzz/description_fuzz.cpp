// Any text as a peer's session description: what is taken from it may be written into a description
// of one's own, and says there what it said.

#include "src/agent/session_description.h"
#include "src/ice/candidate.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

void check(const RemoteDescription& remote) {
  const auto own =
      read_description(write_description({.credentials = remote.credentials, .mid = remote.mid}));
  const auto* read = std::get_if<RemoteDescription>(&own);
  hold(read != nullptr, "what is written can be read");
  hold(read->credentials == remote.credentials && read->mid == remote.mid,
       "credentials and the section's name read the same again");
  hold(read->candidates.empty(), "nothing of the peer's is read as a candidate of one's own");
  for (const std::string& candidate : remote.candidates) (void)Candidate::parse(candidate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const auto read = read_description(text_of(data, size));
  if (const auto* remote = std::get_if<RemoteDescription>(&read)) {
    check(*remote);
  } else {
    hold_printable(std::get<DescriptionFault>(read).message, "a fault can be shown");
  }
  return 0;
}
