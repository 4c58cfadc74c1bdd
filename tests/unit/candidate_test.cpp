#include "src/ice/candidate.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::Eq;
using testing::Optional;

Endpoint endpoint(const char* text) {
  return Endpoint::parse(text).value();
}

TEST(Candidate, ReadsAHostCandidate) {
  const Candidate expected{
      "1", 1, CandidateTransport::udp, 2130706431, endpoint("10.0.1.2:41010"), CandidateType::host,
      {}};
  EXPECT_THAT(Candidate::parse("candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host"),
              Optional(expected));
}

TEST(Candidate, ReadsTheExampleOfRfc8839) {
  const auto candidate = Candidate::parse(
      "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->foundation, "2");
  EXPECT_EQ(candidate->priority, 1694498815U);
  EXPECT_EQ(candidate->endpoint, endpoint("192.0.2.3:45664"));
  EXPECT_EQ(candidate->type, CandidateType::server_reflexive);
  EXPECT_THAT(candidate->related, Optional(endpoint("203.0.113.141:8998")));
}

TEST(Candidate, ReadsIpv6) {
  const auto candidate =
      Candidate::parse("candidate:a+/9 256 udp 1 2001:db8::7 9 typ relay raddr ::1 rport 65535");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->component, 256);
  EXPECT_EQ(candidate->endpoint, endpoint("[2001:db8::7]:9"));
  EXPECT_THAT(candidate->related, Optional(endpoint("[::1]:65535")));
}

TEST(Candidate, ReadsTheTcpTypesOfRfc6544) {
  const auto transport = [](const std::string& tcp_type) {
    const auto candidate =
        Candidate::parse("candidate:1 1 TCP 2128609279 10.0.1.2 9 typ host tcptype " + tcp_type);
    return candidate ? std::optional(candidate->transport) : std::nullopt;
  };
  EXPECT_THAT(transport("active"), Optional(CandidateTransport::tcp_active));
  EXPECT_THAT(transport("passive"), Optional(CandidateTransport::tcp_passive));
  EXPECT_THAT(transport("so"), Optional(CandidateTransport::tcp_simultaneous_open));
  EXPECT_EQ(transport("sideways"), std::nullopt);
}

TEST(Candidate, IgnoresExtensionsThatItDoesNotKnow) {
  EXPECT_TRUE(
      Candidate::parse("candidate:1 1 udp 2113937151 10.0.1.2 41010 typ host generation 0 ufrag "
                       "Ab+/ network-cost 999"));
}

TEST(Candidate, IgnoresATcpTypeOnUdp) {
  const auto candidate =
      Candidate::parse("candidate:1 1 UDP 1 10.0.1.2 41010 typ host tcptype active");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->transport, CandidateTransport::udp);
}

class MalformedCandidate : public testing::TestWithParam<std::string> {};

TEST_P(MalformedCandidate, IsRefused) {
  EXPECT_EQ(Candidate::parse(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, MalformedCandidate,
    testing::Values(
        "", "a=", "candidate:", "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ",
        "1 1 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate: 1 1 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:1  1 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host ",
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host\r\n",
        "candidate:1-2 1 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:123456789012345678901234567890123 1 UDP 1 10.0.1.2 41010 typ host",
        "candidate:1 0 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:1 257 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:1 1 SCTP 2130706431 10.0.1.2 41010 typ host",
        "candidate:1 1 UDP 0 10.0.1.2 41010 typ host",
        "candidate:1 1 UDP 2147483648 10.0.1.2 41010 typ host",
        "candidate:1 1 UDP +5 10.0.1.2 41010 typ host",
        "candidate:1 1 UDP 2130706431 b1c2.local 41010 typ host",
        "candidate:1 1 UDP 2130706431 fe80::1%eth0 41010 typ host",
        "candidate:1 1 UDP 2130706431 10.0.1.2 65536 typ host",
        "candidate:1 1 UDP 2130706431 10.0.1.2 -1 typ host",
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 type host",
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ magic",
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host generation",
        "candidate:1 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.2",
        "candidate:1 1 UDP 1694498815 192.0.2.3 45664 typ srflx rport 8998",
        "candidate:1 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr nowhere rport 8998",
        "candidate:1 1 TCP 2128609279 10.0.1.2 9 typ host",
        std::string("candidate:1 1 UDP 2130706431 10.0.1.2\0x 41010 typ host", 54)));

class CandidateLine : public testing::TestWithParam<std::string> {};

TEST_P(CandidateLine, IsWrittenAsItWasRead) {
  const auto candidate = Candidate::parse(GetParam());
  ASSERT_TRUE(candidate);
  EXPECT_THAT(candidate->to_sdp(), Eq(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, CandidateLine,
    testing::Values(
        "candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host",
        "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.2 rport 8998",
        "candidate:3 2 TCP 2128609279 10.0.1.2 9 typ host tcptype active",
        "candidate:4 1 TCP 1684797951 203.0.113.2 5000 typ prflx raddr 10.0.1.2 rport 9 tcptype so",
        "candidate:5 1 UDP 16777215 2001:db8::1 50000 typ relay raddr 2001:db8::2 rport 41010"));

Endpoint base_of_line(const std::string& line) {
  return base_of(Candidate::parse(line).value());
}

TEST(Base, OfAHostOrRelayedCandidateIsItself) {
  EXPECT_EQ(base_of_line("candidate:1 1 UDP 2130706431 10.0.1.2 41010 typ host"),
            endpoint("10.0.1.2:41010"));
  EXPECT_EQ(
      base_of_line(
          "candidate:5 1 UDP 16777215 203.0.113.10 50000 typ relay raddr 10.0.1.2 rport 41010"),
      endpoint("203.0.113.10:50000"));
}

TEST(Base, OfAReflexiveCandidateIsTheAddressThatItIsRelatedTo) {
  for (const std::string type : {"srflx", "prflx"}) {
    const std::string line = "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ " + type;
    EXPECT_EQ(base_of_line(line + " raddr 10.0.1.2 rport 8998"), endpoint("10.0.1.2:8998"));
    EXPECT_EQ(base_of_line(line), endpoint("192.0.2.3:45664"));
  }
}

TEST(Base, OfAnActiveTcpCandidateHasNoPort) {
  EXPECT_EQ(base_of_line("candidate:4 1 TCP 1684797951 203.0.113.2 5000 typ prflx raddr 10.0.1.2 "
                         "rport 41010 tcptype active"),
            endpoint("10.0.1.2:9"));
}

TEST(PairPriority, FollowsRfc8445) {
  EXPECT_EQ(pair_priority(1, 2), (1ULL << 32) + 4);
  EXPECT_EQ(pair_priority(2, 1), (1ULL << 32) + 5);
  EXPECT_EQ(pair_priority(3, 3), (3ULL << 32) + 6);
  EXPECT_EQ(pair_priority(0x7fffffff, 0x7fffffff), (0x7fffffffULL << 32) + 0xfffffffe);
}

}  // namespace
}  // namespace icelab
