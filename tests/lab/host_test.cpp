#include "netns/linux/host.h"

#include "harness/certify/socket.h"
#include "netns/linux/pump.h"
#include "netns/linux/tun.h"
#include "src/base/error.h"
#include "tests/lab/contained.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace icelab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::UnorderedElementsAre;

using HostTest = ContainedTest;

InterfaceAddress address(std::uint32_t bits, int prefix) {
  return {IpAddress::v4(bits), prefix};
}

/// "eth0 10.0.1.2/255.255.255.0" for each address of each interface that is up, IPv6 without its
/// mask.
std::vector<std::string> interfaces_of(const Host& host) {
  std::vector<std::string> found;
  run_inside(host.network(), [&] {
    ifaddrs* raw = nullptr;
    check(getifaddrs(&raw), "list interfaces");
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, freeifaddrs);
    for (const ifaddrs* each = raw; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
      const auto text = [](const sockaddr* any) {
        return std::string(inet_ntoa(reinterpret_cast<const sockaddr_in*>(any)->sin_addr));
      };
      const std::string name = each->ifa_name;
      if (each->ifa_addr->sa_family == AF_INET)
        found.push_back(name + " " + text(each->ifa_addr) + "/" + text(each->ifa_netmask));
      if (each->ifa_addr->sa_family == AF_INET6) found.push_back(name + " IPv6");
    }
  });
  return found;
}

/// The words of each line of a file under /proc, as a host's programs see it.
std::vector<std::vector<std::string>> lines_inside(const Host& host, const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  run_inside(host.network(), [&] {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      lines.emplace_back(std::istream_iterator<std::string>(words),
                         std::istream_iterator<std::string>());
    }
  });
  return lines;
}

/// In hexadecimal, as the kernel shows them.
std::vector<std::string> ipv6_addresses_of(const Host& host) {
  std::vector<std::string> addresses;
  for (const auto& words : lines_inside(host, "/proc/thread-self/net/if_inet6")) {
    if (words.back() == "eth0") addresses.push_back(words.front());
  }
  return addresses;
}

TEST_F(HostTest, HasOneInterfaceOfTheNameAndWithTheAddressesAskedFor) {
  const Host host = Host::create(
      {.interfaces = {
           {.name = "wlan0", .addresses = {address(0xcb00710a, 24), address(0xcb00710b, 24)}}}});
  EXPECT_THAT(interfaces_of(host),
              UnorderedElementsAre("lo 127.0.0.1/255.0.0.0", "wlan0 203.0.113.10/255.255.255.0",
                                   "wlan0 203.0.113.11/255.255.255.0"));
}

TEST_F(HostTest, RoutesEverythingThroughThatInterface) {
  const Host host = Host::create({.interfaces = {{.addresses = {address(0x0a000102, 24)}}}});
  std::vector<std::string> defaults;
  for (const auto& words : lines_inside(host, "/proc/thread-self/net/route")) {
    if (words.size() > 7 && words[1] == "00000000" && words[7] == "00000000")
      defaults.push_back(words[0]);
  }
  EXPECT_THAT(defaults, ElementsAre("eth0"));
}

TEST_F(HostTest, HasNoIpv6Address) {
  const Host host = Host::create({.interfaces = {{.addresses = {address(0x0a000102, 24)}}}});
  EXPECT_THAT(interfaces_of(host), Not(Contains(testing::HasSubstr("IPv6"))));
  EXPECT_THAT(lines_inside(host, "/proc/thread-self/net/if_inet6"), IsEmpty());
}

TEST_F(HostTest, HasTheIpv6AddressesThatItIsGivenAndNoneOfItsOwnMaking) {
  const Host host =
      Host::create({.interfaces = {{.addresses = {{*IpAddress::parse("2001:db8:0:1::2"), 64},
                                                  address(0x0a000102, 24)}}}});
  EXPECT_THAT(ipv6_addresses_of(host), ElementsAre("20010db8000000010000000000000002"));
}

TEST_F(HostTest, FormsTheIpv6AddressThatItsRouterAdvertises) {
  const IpAddress formed = *IpAddress::parse("2001:db8:0:1::1:2");
  const IpAddress link_local = *IpAddress::parse("fe80::1:2");
  const Host host = Host::create(
      {.interfaces = {{.addresses = {{formed, 64}, {link_local, 64}}, .autoconfigured = true}}});
  EXPECT_THAT(ipv6_addresses_of(host), ElementsAre("fe800000000000000000000000010002"));

  Fabric fabric(0);
  const HostId id = fabric.add_host(Fabric::internet(), "alice.eth0", {formed, link_local});
  fabric.advertise(id, {.prefix = *IpPrefix::parse("2001:db8:0:1::/64")});
  const Pump pump(std::move(fabric), {{.host = id, .tun = host.tun()}});
  host.await_addresses();
  EXPECT_THAT(ipv6_addresses_of(host), UnorderedElementsAre("fe800000000000000000000000010002",
                                                            "20010db8000000010000000000010002"));
  EXPECT_THAT(
      lines_inside(host, "/proc/thread-self/net/ipv6_route"),
      Contains(testing::AllOf(Contains("fe800000000000000000000000000001"), Contains("eth0"))))
      << "no default route through the router";
}

TEST_F(HostTest, LeavesTheCallersThreadInItsOwnNetwork) {
  const auto mine = [] { return std::filesystem::read_symlink("/proc/thread-self/ns/net"); };
  const auto before = mine();
  const Host host = Host::create({});
  std::filesystem::path inside;
  run_inside(host.network(), [&] { inside = mine(); });
  EXPECT_EQ(mine(), before);
  EXPECT_NE(inside, before);
}

TEST_F(HostTest, BringsBackWhatIsThrownInside) {
  const Host host = Host::create({});
  EXPECT_THROW(run_inside(host.network(), [] { throw UsageError("no"); }), UsageError);
}

TEST_F(HostTest, LeavesNothingUnderRunNetns) {
  const auto names = [] {
    std::vector<std::string> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/run/netns", none))
      found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  };
  const auto before = names();
  const Host host = Host::create({});
  EXPECT_EQ(names(), before);
}

TEST_F(HostTest, GivesItsDescriptorsBack) {
  const auto open_files = [] {
    const auto files = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  const auto before = open_files();
  { const Host host = Host::create({.watch_loopback = true}); }
  EXPECT_EQ(open_files(), before);
}

/// Sends so many datagrams to somebody else on its network, in one burst.
void send_burst(const Host& host, std::uint32_t datagrams) {
  const Endpoint local{IpAddress::v4(0x0a000102), 4000}, remote{IpAddress::v4(0x0a000103), 4000};
  const UdpProbe socket(host.network(), local);
  for (std::uint32_t i = 0; i < datagrams; ++i) socket.send(remote, "one of many");
}

size_t read_all(const Host& host) {
  std::vector<std::uint8_t> buffer(2000);
  size_t packets = 0;
  while (read_packet(host.tun(), buffer)) ++packets;
  return packets;
}

TEST_F(HostTest, KeepsABurstUntilSomebodyReadsIt) {
  const Host host = Host::create({.interfaces = {{.addresses = {address(0x0a000102, 24)}}}});
  send_burst(host, interface_queue);
  EXPECT_THAT(host.count_drops(), ElementsAre(Optional(DropCounts{})));
  EXPECT_EQ(read_all(host), interface_queue);
}

TEST_F(HostTest, CountsWhatItsInterfaceDropped) {
  const Host host =
      Host::create({.interfaces = {{.name = "wlan0"}, {.addresses = {address(0x0a000102, 24)}}}});
  send_burst(host, interface_queue + 7);
  EXPECT_THAT(host.count_drops(),
              ElementsAre(Optional(DropCounts{}), Optional(DropCounts{.sent = 7})));
}

TEST_F(HostTest, KnowsNoCountOfAnInterfaceThatAProgramHasRemoved) {
  const Host host = Host::create({});
  run_inside(host.network(), [] { ASSERT_EQ(std::system("ip link delete eth0"), 0); });
  EXPECT_THAT(host.count_drops(), ElementsAre(std::nullopt));
}

TEST_F(HostTest, CountsWhatItsProgramsSaidToEachOtherUnheard) {
  const Host host = Host::create(
      {.interfaces = {{.addresses = {address(0x0a000102, 24)}}}, .watch_loopback = true});
  send_burst(host, 100);
  EXPECT_EQ(host.count_unheard(), 0U) << "what leaves the host is not for that ear";
  const Endpoint local{IpAddress::v4(0x0a000102), 4000};
  const UdpProbe socket(host.network(), local);
  constexpr size_t datagrams = 20'000;
  for (size_t i = 0; i < datagrams; ++i) socket.send(local, "psst");
  size_t heard = 0;
  std::array<char, 100> buffer{};
  while (read(host.loopback(), buffer.data(), buffer.size()) > 0) ++heard;
  EXPECT_GT(heard, 500U);
  EXPECT_EQ(heard + host.count_unheard(), datagrams);
}

}  // namespace
}  // namespace icelab
