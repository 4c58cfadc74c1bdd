// Any text as the headers of a request to the call server, and as what a guest asks a captive
// portal: a refusal is an answer of HTTP, clients are who a trusted proxy says, and the portal's
// answer continues the connection.

#include "netns/fabric/captive_portal.h"
#include "src/serve/forwarded.h"
#include "src/serve/request_rules.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/packets.h"

#include <optional>
#include <string>

namespace {

using namespace icelab;

void check_refusal(const std::optional<Refusal>& refusal) {
  if (!refusal) return;
  hold(refusal->status >= 400 && refusal->status < 500, "a refusal is the client's fault");
  hold(!refusal->reason.empty() && refusal->text.ends_with('\n'), "a refusal has a reason");
}

void check_head(FuzzInput& input) {
  const auto header = [&]() -> std::optional<std::string> {
    return input.below(8) == 0 ? std::nullopt : std::optional<std::string>(input.text());
  };
  RequestHead head;
  head.host = header();
  head.origin = header();
  head.subprotocols = header();
  const SiteNames names{.hosts = {"call.example.org"}, .origins = {"https://friend.example"}};
  check_refusal(check_request(head, names));
  check_refusal(check_signalling_request(head, names));
  if (head.host && !check_request(head, names) && head.origin == "https://" + *head.host) {
    head.subprotocols = "icelab-signalling.1";
    hold(!check_signalling_request(head, names), "the server's own pages may signal");
  }
}

void check_forwarded(std::string_view text) {
  const std::vector<IpPrefix> nobody;
  const std::vector<IpPrefix> proxies{*IpPrefix::parse("10.0.0.0/8"), *IpPrefix::parse("fd00::/8")};
  const auto last = forwarded_client(text, nobody);
  const auto client = forwarded_client(text, proxies);
  // Whoever stands before the last one who is not trusted was written by him.
  if (last && !covers(proxies, *last))
    hold(client == last, "the client is the last one that is no trusted proxy");
}

const Endpoint guest = "10.0.2.2:5000"_endpoint;
const Endpoint server = "203.0.113.10:80"_endpoint;

void check_portal(const Packet& asked) {
  const auto answer = answer_in_its_place(asked);
  const auto header = asked.tcp();
  if (!answer) {
    hold(header.rst || (asked.payload().empty() && !header.syn && !header.fin),
         "whoever says something is answered");
    return;
  }
  hold(answer->source() == asked.destination() && answer->destination() == asked.source(),
       "the answer goes back");
  hold(answer->is_intact() && Packet::parse({answer->bytes().begin(), answer->bytes().end()}),
       "the answer is well-formed");
  hold(answer->tcp().ack && !answer->tcp().rst, "the answer acknowledges");
  const std::uint32_t taken = answer->tcp().acknowledgment - header.sequence;
  hold(taken == asked.payload().size() + (header.syn ? 1 : 0) + (header.fin ? 1 : 0),
       "the answer acknowledges all that was asked");
  const auto payload = answer->payload();
  const auto text = text_of(payload.data(), payload.size());
  hold(text.empty() || (text.starts_with("HTTP/1.1 ") && text.ends_with("\r\n\r\n")),
       "the answer is HTTP");
}

void check_portal(FuzzInput& input) {
  const auto flags = input.below(16);
  const Packet::TcpHeader header{.sequence = input.below(256) << 24U,
                                 .acknowledgment = input.below(256),
                                 .fin = (flags & 1U) != 0,
                                 .syn = (flags & 2U) != 0,
                                 .rst = (flags & 4U) != 0,
                                 .ack = (flags & 8U) != 0};
  check_portal(Packet::tcp(guest, server, header, input.text('\0')));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  switch (input.below(3)) {
    case 0:
      check_head(input);
      break;
    case 1:
      check_forwarded(input.text('\0'));
      break;
    default:
      check_portal(input);
      break;
  }
  return 0;
}
