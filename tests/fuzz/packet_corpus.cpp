// Writes one file for each kind of packet that the fuzz target knows: where a fuzzer starts from.
// usage: packet_corpus FOLDER

#include "tests/support/packets.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

int main(int argc, char** argv) {
  using namespace icelab;
  if (argc != 2) {
    fmt::print(stderr, "usage: {} FOLDER\n", argv[0]);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const Endpoint inside = "10.0.2.2:5000"_endpoint;
  const Endpoint outside = "203.0.113.10:3478"_endpoint;
  const Endpoint external = "203.0.113.21:5000"_endpoint;

  const auto write = [&](const std::string& name, std::span<const std::uint8_t> bytes) {
    std::ofstream file(folder / name, std::ios::binary);
    file.exceptions(std::ios::failbit | std::ios::badbit);
    const std::string text(bytes.begin(), bytes.end());
    file << text;
  };
  const auto write_both = [&](const std::string& name, auto make) {
    write(name + "-outbound", make(inside, outside).bytes());
    write(name + "-inbound", make(outside, external).bytes());
    const Packet passed = make(external, outside);
    write(name + "-error-inbound",
          icmp_packet(icmp_unreachable, outside.address, external.address, passed.bytes()).bytes());
    write(name + "-error-outbound-short",
          icmp_packet(icmp_time_exceeded, inside.address, outside.address,
                      make(outside, inside).bytes(), 28)
              .bytes());
  };
  write_both("udp", [](auto from, auto to) { return udp_packet(from, to, "odd"); });
  write_both("syn", [](auto from, auto to) { return tcp_packet(from, to, {.syn = true}); });
  write_both("fin", [](auto from, auto to) {
    return tcp_packet(from, to, {.ack = true, .fin = true}, "x");
  });
  write_both("echo", [&](auto from, auto to) {
    return echo_packet(to == external ? Echo::reply : Echo::request, from.address, to.address, 5000,
                       "ping");
  });
  const Endpoint inside6 = "[fd00:0:0:2::2]:5000"_endpoint;
  const Endpoint outside6 = "[2001:db8::10]:3478"_endpoint;
  const Endpoint external6 = "[2001:db8:0:2::1]:5000"_endpoint;
  const auto write_ipv6 = [&](const std::string& name, auto make) {
    write("ipv6-" + name + "-outbound", make(inside6, outside6).bytes());
    write("ipv6-" + name + "-inbound", make(outside6, external6).bytes());
    write("ipv6-" + name + "-error-inbound",
          icmp_packet(icmpv6_unreachable, outside6.address, external6.address,
                      make(external6, outside6).bytes())
              .bytes());
  };
  write_ipv6("udp", [](auto from, auto to) { return udp_packet(from, to, "odd"); });
  write_ipv6("syn", [](auto from, auto to) { return tcp_packet(from, to, {.syn = true}); });
  write_ipv6("echo", [&](auto from, auto to) {
    return echo_packet(to == external6 ? Echo::reply : Echo::request, from.address, to.address,
                       5000, "ping");
  });
  const Endpoint outside4_in6 = "[64:ff9b::203.0.113.10]:3478"_endpoint;
  write("nat64-outbound", udp_packet(inside6, outside4_in6, "odd").bytes());
  write("clat-inbound",
        udp_packet(outside4_in6, "[2001:db8:0:2:464::c000:1]:5000"_endpoint, "odd").bytes());
  write("clat-error-inbound",
        icmp_packet(icmpv6_too_big, "2001:db8:9::1"_address, "2001:db8:0:2:464::c000:1"_address,
                    udp_packet("[2001:db8:0:2:464::c000:1]:5000"_endpoint, outside4_in6).bytes())
            .bytes());
  const Packet plain6 = udp_packet(inside6, outside6, "a payload of some length");
  const Bytes options{0, 1, 4, 0, 0, 0, 0};
  constexpr std::uint8_t hop_by_hop = 0, destination_options = 60;
  write("ipv6-options",
        with_extension(with_extension(plain6, destination_options, options), hop_by_hop, options)
            .bytes());
  write("ipv6-fragment-first", ipv6_fragments(plain6, 16)[0].bytes());
  write("ipv6-fragment-last", ipv6_fragments(plain6, 16)[1].bytes());
  constexpr std::uint8_t udp = 17, gre = 47;
  write("fragment-first", ip_bytes(udp, inside.address, outside.address, Bytes(16, 1), 0x2000));
  write("fragment-last", ip_bytes(udp, outside.address, external.address, Bytes(16, 1), 0x0002));
  write("gre", ip_bytes(gre, inside.address, outside.address, Bytes(4, 0)));
  write("header-only", ip_bytes(gre, inside.address, outside.address, Bytes{}));
}
