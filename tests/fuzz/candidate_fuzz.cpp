// Any text as a candidate, an address, an endpoint and a prefix: what can be read can be written,
// and reads the same again.

#include "src/ice/candidate.h"
#include "src/net/prefix.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

template <typename Value>
void check(std::string_view text) {
  const auto value = Value::parse(text);
  if (value) hold(Value::parse(value->to_string()) == value, "an address reads the same again");
}

void check_candidate(std::string_view text) {
  const auto candidate = Candidate::parse(text);
  if (!candidate) return;
  const std::string sdp = candidate->to_sdp();
  hold_printable(sdp, "a candidate is one line");
  hold(Candidate::parse(sdp) == candidate, "a candidate reads the same again");
  hold(base_of(*candidate).address.is_v4() == candidate->endpoint.address.is_v4() ||
           candidate->related.has_value(),
       "a base without a related address is of the candidate's family");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  check_candidate(text);
  check<IpAddress>(text);
  check<Endpoint>(text);
  check<IpPrefix>(text);
  return 0;
}
