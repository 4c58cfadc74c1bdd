#include "tests/support/scripted_server.h"

#include "src/base/error.h"
#include "src/net/socket_address.h"
#include "tests/support/stun_messages.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

std::vector<std::uint8_t> bytes_of(const ScriptedServer::Answer& answer) {
  using namespace stun_attribute;
  if (!answer.raw.empty()) return answer.raw;
  if (answer.error) {
    return stun_bytes(StunClass::error, StunMethod::binding, answer.id,
                      {error_code(*answer.error)});
  }
  std::vector<StunAttributeBytes> attributes;
  if (answer.mapped) attributes.push_back(xor_mapped_address(*answer.mapped));
  if (answer.plain_mapped) attributes.push_back(mapped_address(*answer.plain_mapped));
  if (answer.origin) attributes.push_back(response_origin(*answer.origin));
  if (answer.other) attributes.push_back(other_address(*answer.other));
  return stun_bytes(StunClass::success, StunMethod::binding, answer.id, attributes);
}

bool is_classic(const TransactionId& id) {
  constexpr std::array<std::uint8_t, 4> cookie{0x21, 0x12, 0xa4, 0x42};
  return !std::equal(cookie.begin(), cookie.end(), id.begin());
}

}  // namespace

Descriptor bound_socket(const Endpoint& local) {
  Descriptor socket_descriptor(
      check(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "open a UDP socket"));
  bind_socket(socket_descriptor.get(), local);
  return socket_descriptor;
}

IpAddress loopback_address(std::uint8_t last) {
  const auto own = static_cast<std::uint32_t>(getpid()) & 0xffffU;
  return IpAddress::v4(0x7f000000U | own << 8U | last);
}

ScriptedServer::ScriptedServer(EventLoop& loop) {
  for (const Endpoint& place : {primary, Endpoint{primary.address, other.port},
                                Endpoint{other.address, primary.port}, other}) {
    Descriptor socket = bound_socket(place);
    auto watch = loop.on_readable(socket.get(), [this, place] { serve(place); });
    places_.emplace(place, Place{std::move(socket), std::move(watch)});
  }
}

void ScriptedServer::serve(const Endpoint& asked) {
  std::array<std::uint8_t, 1500> buffer{};
  SocketAddress source;
  const ssize_t length = recvfrom(places_.at(asked).socket.get(), buffer.data(), buffer.size(), 0,
                                  source.get(), source.size_pointer());
  if (length < 0) return;
  const auto message = StunMessage::parse(std::span(buffer).first(static_cast<size_t>(length)));
  if (!message || message->message_class != StunClass::request) return;

  const Endpoint local = source.endpoint().value();
  const Endpoint mapped = mapping ? mapping(local, asked) : local;
  contacted_[mapped].insert(asked);
  const auto seen = std::ranges::count_if(requests_, [&](const Request& earlier) {
    return earlier.message.transaction == message->transaction;
  });
  const Request& request =
      requests_.emplace_back(Request{*message, mapped, asked, static_cast<int>(seen) + 1});
  Answer reply = answer(request);
  if (bend) bend(request, reply);
  if (!reply.is_lost && lets_in(mapped, reply.from)) send(reply.from, local, bytes_of(reply));
}

ScriptedServer::Answer ScriptedServer::answer(const Request& request) const {
  const bool classic = is_classic(request.message.transaction);
  const auto changed = [](auto now, auto one, auto another) { return now == one ? another : one; };
  Endpoint from = request.asked;
  if (request.message.change_address)
    from.address = changed(from.address, primary.address, other.address);
  if (request.message.change_port) from.port = changed(from.port, primary.port, other.port);
  return {.from = from,
          .id = request.message.transaction,
          .mapped = classic ? std::nullopt : std::optional(request.source),
          .plain_mapped = classic ? std::optional(request.source) : std::nullopt,
          .origin = from,
          .other = Endpoint{changed(request.asked.address, primary.address, other.address),
                            changed(request.asked.port, primary.port, other.port)},
          .error = {},
          .raw = {}};
}

bool ScriptedServer::lets_in(const Endpoint& mapped, const Endpoint& from) const {
  return std::ranges::any_of(contacted_.at(mapped), [&](const Endpoint& contacted) {
    return filtering == Filtering::none || contacted == from ||
           (filtering == Filtering::by_address && contacted.address == from.address);
  });
}

void ScriptedServer::send(const Endpoint& from, const Endpoint& to,
                          std::span<const std::uint8_t> bytes) {
  const SocketAddress address(to);
  check(sendto(places_.at(from).socket.get(), bytes.data(), bytes.size(), 0, address.get(),
               address.size()),
        "answer " + to.to_string());
}

}  // namespace icelab
