#include "netns/linux/tun.h"

#include "harness/certify/socket.h"
#include "netns/linux/host.h"
#include "src/base/error.h"
#include "tests/lab/contained.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace icelab {
namespace {

const Endpoint sender = "203.0.113.10:3478"_endpoint;
const Endpoint receiver = "10.0.1.2:40000"_endpoint;

/// Fragmentation forbidden, as in what Linux sends: such datagrams may be joined.
Packet datagram(const std::string& payload) {
  const Packet plain = udp_packet(sender, receiver, payload);
  return *Packet::parse(
      ip_bytes(17, sender.address, receiver.address, plain.bytes().subspan(20), 0x4000));
}

class TunTest : public ContainedTest {
 protected:
  /// Hands the packets to the host as one, and says what its socket receives.
  std::vector<std::string> received(TunWriter writer, const std::vector<Packet>& packets) {
    const UdpProbe socket(host_.network(), receiver);
    Segments segments;
    for (const auto& packet : packets) EXPECT_TRUE(segments.join(packet));
    writer.write(host_.tun(), segments);
    std::vector<std::string> payloads;
    for (size_t i = 0; i < packets.size(); ++i) payloads.push_back(socket.await("a datagram").data);
    return payloads;
  }
  Host host_ = Host::create({.interfaces = {{.addresses = {{receiver.address, 24}}}}});
};

TEST_F(TunTest, HandsOverOnePacket) {
  EXPECT_THAT(received(TunWriter(), {datagram("alone")}), testing::ElementsAre("alone"));
}

TEST_F(TunTest, HandsOverARunOfDatagramsEachAsItWas) {
  std::vector<Packet> packets;
  std::vector<std::string> payloads;
  for (int i = 0; i < 54; ++i) {
    payloads.emplace_back(1200, static_cast<char>('A' + i));
    packets.push_back(datagram(payloads.back()));
  }
  EXPECT_EQ(received(TunWriter(), packets), payloads);
}

/// A kernel before Linux 6.2: it does not know the joined form.
ssize_t old_kernel(int fd, const iovec* parts, int count) {
  if (count <= 2) return writev(fd, parts, count);
  errno = EINVAL;
  return -1;
}

TEST_F(TunTest, HandsThemOverOneByOneWhereTheKernelCannotTakeThemApart) {
  EXPECT_THAT(received(TunWriter(old_kernel), {datagram("one"), datagram("two"), datagram("3")}),
              testing::ElementsAre("one", "two", "3"));
}

TEST_F(TunTest, LosesWhatIsWrittenToAnInterfaceThatIsDown) {
  run_inside(host_.network(), [] {
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq request{};
    std::string("eth0").copy(request.ifr_name, IFNAMSIZ);
    ASSERT_EQ(ioctl(socket.get(), SIOCSIFFLAGS, &request), 0);
  });
  const Packet packet = datagram("lost");
  Segments segments;
  segments.join(packet);
  EXPECT_NO_THROW(TunWriter().write(host_.tun(), segments));
}

TEST_F(TunTest, SaysSoWhenWritingFails) {
  const Packet packet = datagram("lost");
  Segments segments;
  segments.join(packet);
  TunWriter writer([](int, const iovec*, int) -> ssize_t {
    errno = ENOBUFS;
    return -1;
  });
  EXPECT_THAT([&] { writer.write(host_.tun(), segments); },
              testing::ThrowsMessage<SystemError>(testing::HasSubstr(
                  "write a packet to a host's interface: No buffer space available")));
}

}  // namespace
}  // namespace icelab
