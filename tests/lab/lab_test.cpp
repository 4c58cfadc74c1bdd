#include "harness/lab/lab.h"

#include "tests/lab/contained.h"
#include "tests/lab/sockets.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t evidence_limit = 1 << 20;
constexpr std::uint16_t port = 4000;

BoxSpec nat(const std::string& name, const std::string& profile = "port-restricted-cone") {
  return {.name = name, .behavior = find_nat_profile(profile)->behavior};
}

/// alice behind what a test asks for, and a server on the internet.
class LabTest : public ContainedTest {
 protected:
  void stand(const std::vector<BoxSpec>& behind) {
    lab_.emplace(std::vector<PeerSpec>{{.name = "alice", .agent = {}, .behind = behind}},
                 std::vector<ServerSpec>{{.name = "server", .kind = "coturn"}}, 1, evidence_limit);
  }
  Lab& lab() { return *lab_; }
  const Host& alice() { return lab_->host("alice"); }
  const Host& server() { return lab_->host("server"); }
  Endpoint at_server() { return {lab_->place("server").addresses[0], port}; }
  Endpoint at_alice() { return {lab_->place("alice").addresses[0], port}; }

  /// A datagram there and one back: whatever either host has sent before has then been through the
  /// lab.
  Datagram exchange() {
    const UdpSocket listener(server(), at_server());
    const UdpSocket socket(alice(), at_alice());
    socket.send(at_server(), "question");
    Datagram question = listener.receive();
    listener.send(question.from, "answer");
    const Datagram answer = socket.receive();
    EXPECT_EQ(answer.data, "answer");
    EXPECT_EQ(answer.from, at_server());
    return question;
  }

 private:
  std::optional<Lab> lab_;
};

/// The hops that a packet with this payload passed, and what became of it there: "alice.nat
/// forwarded".
std::vector<std::string> way_of(const Recording& recording, const std::string& payload) {
  static const std::map<Event, std::string> words{{Event::sent, "sent"},
                                                  {Event::forwarded, "forwarded"},
                                                  {Event::dropped, "dropped"},
                                                  {Event::delivered, "delivered"},
                                                  {Event::overheard, "overheard"}};
  std::vector<std::string> way;
  for (const auto& observation : recording.observations) {
    const auto bytes = recording.bytes(observation);
    if (std::string(bytes.begin(), bytes.end()).ends_with(payload))
      way.push_back(recording.hop(observation) + " " + words.at(observation.event));
  }
  return way;
}

TEST_F(LabTest, CarriesUdpBothWaysWithoutANat) {
  stand({});
  EXPECT_EQ(exchange().from, at_alice());
}

TEST_F(LabTest, CarriesUdpBothWaysThroughANat) {
  stand({nat("alice.nat")});
  const Datagram question = exchange();
  EXPECT_EQ(question.data, "question");
  EXPECT_EQ(question.from.to_string(), "203.0.113.21:4000");
  EXPECT_EQ(at_alice().to_string(), "10.0.1.2:4000");

  const Recording seen = lab().stop();
  EXPECT_THAT(way_of(seen, "question"), ElementsAre("alice.eth0 sent", "alice.nat forwarded",
                                                    "internet forwarded", "server.eth0 delivered"));
  EXPECT_THAT(way_of(seen, "answer"), ElementsAre("server.eth0 sent", "internet forwarded",
                                                  "alice.nat forwarded", "alice.eth0 delivered"));
}

TEST_F(LabTest, TranslatesTwiceBehindTwoNats) {
  stand({nat("alice.nat1"), nat("alice.nat2", "symmetric")});
  EXPECT_EQ(exchange().from.address.to_string(), "203.0.113.21");
  EXPECT_THAT(way_of(lab().stop(), "question"),
              ElementsAre("alice.eth0 sent", "alice.nat1 forwarded", "alice.nat2 forwarded",
                          "internet forwarded", "server.eth0 delivered"));
}

TEST_F(LabTest, CarriesTcpThroughANat) {
  stand({nat("alice.nat")});
  const auto listener = TcpSocket::listen(server(), at_server());
  const auto client = TcpSocket::connect(alice(), at_server());
  const auto accepted = listener.accept();
  EXPECT_EQ(accepted.remote().address.to_string(), "203.0.113.21");
  client.send("question");
  EXPECT_EQ(accepted.receive(), "question");
  accepted.send("answer");
  EXPECT_EQ(client.receive(), "answer");
}

TEST_F(LabTest, CarriesPingThroughANat) {
  stand({nat("alice.nat")});
  EXPECT_EQ(ping(alice(), at_server().address), at_server().address);
}

TEST_F(LabTest, DropsWhatIsAddressedToAPrivateAddressOnTheInternet) {
  stand({nat("alice.nat")});
  UdpSocket(alice(), at_alice()).send({IpAddress::v4(0xc0a80101), port}, "lost");
  exchange();
  const Recording seen = lab().stop();
  EXPECT_THAT(way_of(seen, "lost"),
              ElementsAre("alice.eth0 sent", "alice.nat forwarded", "internet dropped"));
  const auto dropped = std::ranges::find_if(seen.observations, [](const auto& observation) {
    return observation.event == Event::dropped;
  });
  EXPECT_EQ(dropped->drop->reason, DropReason::unroutable);
  EXPECT_THAT(dropped->drop->detail, HasSubstr("192.168.1.1 is a private address"));
}

TEST_F(LabTest, FiltersAStrangerAndSaysSo) {
  stand({nat("alice.nat")});
  const Endpoint mapped = exchange().from;
  const UdpSocket stranger(server(), {lab().place("server").addresses[1], port});
  stranger.send(mapped, "unasked");
  exchange();
  EXPECT_THAT(way_of(lab().stop(), "unasked"),
              ElementsAre("server.eth0 sent", "internet forwarded", "alice.nat dropped"));
}

TEST_F(LabTest, OverhearsOnceWhatAServersProgramsSayToEachOther) {
  stand({});
  const UdpSocket listener(server(), at_server());
  const UdpSocket neighbour(server(), {lab().place("server").addresses[1], port});
  neighbour.send(at_server(), "psst");
  EXPECT_EQ(listener.receive().from, neighbour.local());
  EXPECT_THAT(way_of(lab().stop(), "psst"), ElementsAre("server.lo overheard"));
}

TEST_F(LabTest, RecordsAllThatWasSentBeforeItStops) {
  stand({});
  const UdpSocket socket(alice(), at_alice());
  for (int i = 0; i < 20; ++i) socket.send(at_server(), "last words");
  EXPECT_THAT(way_of(lab().stop(), "last words"), Contains("server.eth0 delivered").Times(20));
}

TEST_F(LabTest, KeepsLabsOfTheSameAddressesApart) {
  stand({nat("alice.nat")});
  Lab other({{.name = "alice", .agent = {}, .behind = {nat("alice.nat")}}},
            {{.name = "server", .kind = "coturn"}}, 1, evidence_limit);
  exchange();
  EXPECT_TRUE(other.stop().observations.empty());
  EXPECT_FALSE(lab().stop().observations.empty());
}

}  // namespace
}  // namespace icelab
