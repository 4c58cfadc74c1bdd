// Writes one file for each kind of message and stream that the STUN fuzz target knows.
// usage: stun_corpus FOLDER

#include "tests/support/packets.h"
#include "tests/support/stun_messages.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  using namespace icelab;
  using namespace icelab::stun_attribute;
  if (argc != 2) {
    fmt::print(stderr, "usage: {} FOLDER\n", argv[0]);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto write = [&](const std::string& name, const Bytes& bytes) {
    std::ofstream file(folder / name, std::ios::binary);
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file << std::string(bytes.begin(), bytes.end());
  };
  const auto join = [](std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const Endpoint peer = "203.0.113.22:40000"_endpoint;
  const Bytes check = stun_bytes(StunClass::request, StunMethod::binding, "check",
                                 {username("bob:alice"), priority(1), use_candidate()});
  const Bytes success = stun_bytes(StunClass::success, StunMethod::binding, "check",
                                   {xor_mapped_address(peer), mapped_address(peer)});
  const Bytes bind = stun_bytes(StunClass::request, StunMethod::channel_bind, "bind",
                                {channel_number(0x4000), xor_peer_address(peer)});
  const Bytes channel_data = channel_data_bytes(0x4000, Bytes{1, 2, 3});
  write("check", check);
  write("success", success);
  write("role-conflict",
        stun_bytes(StunClass::error, StunMethod::binding, "check", {error_code(487)}));
  write("allocated", stun_bytes(StunClass::success, StunMethod::allocate, "allocate",
                                {xor_relayed_address(peer), xor_mapped_address(peer)}));
  write("channel-bind", bind);
  write("send", stun_bytes(StunClass::indication, StunMethod::send, "send",
                           {xor_peer_address(peer), wrapped_data(check)}));
  write("channel-data", channel_data);
  write("turn-stream", join({bind, channel_data, Bytes{0}, check, success}));
  write("ice-tcp-stream", join({framed(check), framed(success), framed(Bytes{1}), framed(check)}));
}
