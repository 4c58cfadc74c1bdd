#include "netns/fabric/fabric.h"

#include "netns/fabric/link.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>

#include <functional>

namespace icelab {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Endpoint alice = "203.0.113.21:5000"_endpoint;
const Endpoint server = "203.0.113.10:3478"_endpoint;
const RouterAddresses router{"192.0.2.1"_address, "2001:db8:ffff::1"_address};
const Instant start{};

/// Does with each packet what a test says.
class ScriptedBox final : public Box {
 public:
  using Rule = std::function<Verdict(Packet&, Direction)>;
  explicit ScriptedBox(Rule rule) : rule_(std::move(rule)) {}
  Verdict pass(Packet& packet, Direction direction, Instant) override {
    return rule_(packet, direction);
  }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }

 private:
  Rule rule_;
};

/// alice behind one box, and a server on the internet.
class FabricTest : public testing::Test {
 protected:
  void stand(std::unique_ptr<Box> box) {
    const NetworkId inner = fabric_.add_network(Fabric::internet(), "alice.box", std::move(box));
    alice_ = fabric_.add_host(inner, "alice.eth0", {alice.address});
    server_ = fabric_.add_host(Fabric::internet(), "server.eth0", {server.address});
  }
  std::vector<Delivery> send(HostId from, const Packet& packet, Instant now = start) {
    std::vector<Delivery> arrived;
    fabric_.send(from, packet, now, arrived);
    return arrived;
  }
  std::vector<Delivery> advance(Instant now) {
    std::vector<Delivery> arrived;
    fabric_.advance(now, arrived);
    return arrived;
  }
  /// "alice.eth0 sent", by packet.
  std::vector<std::string> record() {
    static const std::map<Event, std::string> words{
        {Event::sent, "sent"},           {Event::forwarded, "forwarded"},
        {Event::held, "held"},           {Event::dropped, "dropped"},
        {Event::delivered, "delivered"}, {Event::overheard, "overheard"}};
    std::vector<std::string> lines;
    const Recording recording = fabric_.take_recording();
    for (const auto& observation : recording.observations) {
      lines.push_back(std::to_string(static_cast<int>(observation.packet)) + " " +
                      recording.hop(observation) + " " + words.at(observation.event));
    }
    return lines;
  }
  Fabric fabric_{1 << 20};
  HostId alice_{}, server_{};
};

std::vector<std::string> payloads(const std::vector<Delivery>& arrived) {
  std::vector<std::string> result;
  for (const auto& delivery : arrived) {
    const auto payload = delivery.packet.payload();
    result.emplace_back(payload.begin(), payload.end());
  }
  return result;
}

TEST_F(FabricTest, BringsWhatALinkDelaysWhenItsTimeHasCome) {
  stand(std::make_unique<Link>(LinkBehavior{.delay = milliseconds(40)}, LinkBehavior{}, router, 1));
  EXPECT_THAT(send(alice_, udp_packet(alice, server, "hello")), IsEmpty());
  EXPECT_EQ(fabric_.next_departure(), start + milliseconds(40));
  EXPECT_THAT(advance(start + milliseconds(39)), IsEmpty());
  EXPECT_THAT(payloads(advance(start + milliseconds(40))), ElementsAre("hello"));
  EXPECT_EQ(fabric_.next_departure(), std::nullopt);
  EXPECT_THAT(record(), ElementsAre("0 alice.eth0 sent", "0 alice.box forwarded",
                                    "0 internet forwarded", "0 server.eth0 delivered"));
}

TEST_F(FabricTest, KeepsTheOrderOfWhatLeavesTogether) {
  stand(std::make_unique<Link>(LinkBehavior{.delay = milliseconds(40)}, LinkBehavior{}, router, 1));
  for (const char* text : {"one", "two", "three", "four", "five"})
    send(alice_, udp_packet(alice, server, text));
  EXPECT_THAT(payloads(advance(start + milliseconds(40))),
              ElementsAre("one", "two", "three", "four", "five"));
}

TEST_F(FabricTest, TakesNothingFromTheTimeToLiveOnALink) {
  stand(std::make_unique<Link>(LinkBehavior{}, LinkBehavior{}, router, 1));
  const Packet packet = udp_packet(alice, server);
  send(alice_, packet);
  const auto arrived = advance(start);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].packet.bytes()[8], packet.bytes()[8]);
}

TEST_F(FabricTest, BringsABoxsAnswerBackToTheSender) {
  stand(std::make_unique<ScriptedBox>([](Packet& packet, Direction) {
    return Drop{DropReason::blocked, "no", udp_packet(packet.destination(), packet.source(), "no")};
  }));
  const auto outbound = send(alice_, udp_packet(alice, server, "may I?"));
  ASSERT_THAT(payloads(outbound), ElementsAre("no"));
  EXPECT_EQ(outbound[0].host, alice_);
  const auto inbound = send(server_, udp_packet(server, alice, "may I?"));
  ASSERT_THAT(payloads(inbound), ElementsAre("no"));
  EXPECT_EQ(inbound[0].host, server_);
  EXPECT_THAT(record(),
              ElementsAre("0 alice.eth0 sent", "0 alice.box dropped", "1 alice.box sent",
                          "1 alice.eth0 delivered", "2 server.eth0 sent", "2 internet forwarded",
                          "2 alice.box dropped", "3 alice.box sent", "3 internet forwarded",
                          "3 server.eth0 delivered"));
}

TEST_F(FabricTest, TurnsAReflectedPacketBackIntoTheNetworkItCameFrom) {
  stand(std::make_unique<ScriptedBox>([](Packet& packet, Direction) {
    packet.set_destination({alice.address, 6000});
    return Reflect{};
  }));
  const auto arrived = send(alice_, udp_packet(alice, server, "me"));
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].host, alice_);
  EXPECT_EQ(arrived[0].packet.destination().port, 6000);
}

TEST_F(FabricTest, LetsABoxKeepAPacket) {
  stand(std::make_unique<ScriptedBox>([](Packet&, Direction) { return Hold{}; }));
  EXPECT_THAT(send(alice_, udp_packet(alice, server)), IsEmpty());
  EXPECT_THAT(record(), ElementsAre("0 alice.eth0 sent", "0 alice.box held"));
}

}  // namespace
}  // namespace icelab
