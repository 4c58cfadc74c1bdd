#include "src/agent/session_description.h"

#include "src/serve/signalling_message.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* ufrag = "Wx5+";
constexpr const char* pwd = "aB3/aB3/aB3/aB3/aB3/aB3/";

RemoteDescription read(const std::string& sdp) {
  const auto description = read_description(sdp);
  if (const auto* fault = std::get_if<DescriptionFault>(&description)) {
    ADD_FAILURE() << fault->message << "\n" << sdp;
    return {};
  }
  return std::get<RemoteDescription>(description);
}

std::string fault_of(const std::string& sdp) {
  const auto description = read_description(sdp);
  const auto* fault = std::get_if<DescriptionFault>(&description);
  return fault != nullptr ? fault->message : "none";
}

std::string lines(const std::vector<std::string>& all, const std::string& end = "\r\n") {
  std::string text;
  for (const auto& line : all) text += line + end;
  return text;
}

const std::vector<std::string> credentials{std::string("a=ice-ufrag:") + ufrag,
                                           std::string("a=ice-pwd:") + pwd};

/// As a browser offers sound, picture and data, bundled.
std::string offer_of_a_browser() {
  std::string sdp = lines({"v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0",
                           "a=group:BUNDLE 0 1 2", "a=extmap-allow-mixed", "a=msid-semantic: WMS"});
  const std::vector<std::string> media{"audio 9 UDP/TLS/RTP/SAVPF 111",
                                       "video 9 UDP/TLS/RTP/SAVPF 96",
                                       "application 9 UDP/DTLS/SCTP webrtc-datachannel"};
  for (size_t i = 0; i < media.size(); ++i) {
    sdp += lines({"m=" + media[i], "c=IN IP4 0.0.0.0"}) + lines(credentials) +
           lines({"a=ice-options:trickle", "a=fingerprint:sha-256 12:34", "a=setup:actpass",
                  "a=mid:" + std::to_string(i)});
  }
  return sdp;
}

TEST(SessionDescription, WhatIsWrittenIsReadAgain) {
  const LocalDescription own{
      .credentials = {.ufrag = ufrag, .pwd = pwd}, .mid = "data", .version = 3};
  const std::string sdp = write_description(own);
  EXPECT_THAT(sdp, HasSubstr("o=- 1 3 IN"));
  EXPECT_THAT(sdp, HasSubstr("a=group:BUNDLE data\r\nm=application 9 "));
  EXPECT_TRUE(sdp.ends_with("\r\n"));
  const RemoteDescription description = read(sdp);
  EXPECT_EQ(description.credentials, own.credentials);
  EXPECT_EQ(description.mid, "data");
  EXPECT_THAT(description.candidates, IsEmpty());
}

TEST(SessionDescription, ABrowsersOfferIsAnsweredInItsSectionForData) {
  const RemoteDescription offer = read(offer_of_a_browser());
  EXPECT_EQ(offer.credentials, (IceCredentials{.ufrag = ufrag, .pwd = pwd}));
  EXPECT_EQ(offer.mid, "2");
}

TEST(SessionDescription, CredentialsMayStandBeforeTheSections) {
  const std::string early =
      lines({"v=0"}) + lines(credentials) + lines({"m=application 9 x y", "a=mid:0"});
  EXPECT_EQ(read(early).credentials.ufrag, ufrag);
  EXPECT_EQ(read(early + "a=ice-ufrag:other\r\n").credentials.ufrag, "other");
}

TEST(SessionDescription, RejectedSectionsDoNotCount) {
  const std::string rejected =
      lines({"v=0", "m=audio 0 x y", "a=ice-ufrag:first", "a=candidate:1"});
  const RemoteDescription description =
      read(rejected + lines({"m=application 9 x y"}) + lines(credentials));
  EXPECT_EQ(description.credentials.ufrag, ufrag);
  EXPECT_EQ(description.mid, "0");
  EXPECT_THAT(description.candidates, IsEmpty());
  EXPECT_THAT(fault_of(rejected), HasSubstr("no section"));
}

TEST(SessionDescription, CandidatesOfTheTransportAreFound) {
  const std::string sdp =
      lines({"v=0", "m=audio 9 x y", "a=candidate:1 1 udp 1 10.0.0.1 1 typ host",
             "a=candidate:2 1 udp 1 10.0.0.2 1 typ host"}) +
      lines(credentials) + lines({"m=video 9 x y", "a=candidate:3"});
  EXPECT_THAT(read(sdp).candidates, ElementsAre("candidate:1 1 udp 1 10.0.0.1 1 typ host",
                                                "candidate:2 1 udp 1 10.0.0.2 1 typ host"));
}

TEST(SessionDescription, LinesMayEndWithALineFeedAloneOrNotAtAll) {
  std::string sdp = lines({"v=0", "m=application 9 x y", credentials[0]}, "\n") + credentials[1];
  EXPECT_EQ(read(sdp).credentials.pwd, pwd);
}

TEST(SessionDescription, ANameThatIsNoTokenIsNotTaken) {
  const std::string sdp = lines({"v=0", "m=application 9 x y"}) + lines(credentials);
  EXPECT_EQ(read(sdp + "a=mid:a b\r\n").mid, "0");
  EXPECT_EQ(read(sdp + "a=mid:" + std::string(1000, 'x')).mid, "0");
  EXPECT_EQ(read(sdp + "a=mid:\r\n").mid, "0");
}

TEST(SessionDescription, WhatIsOfNoUseIsAFault) {
  EXPECT_THAT(fault_of(""), HasSubstr("no section"));
  EXPECT_THAT(fault_of("m="), HasSubstr("ice-ufrag"));
  EXPECT_THAT(fault_of(std::string(1000, '\n')), HasSubstr("no section"));
  EXPECT_THAT(fault_of(std::string("m=x 9\r\n\0a=ice-ufrag:\xff", 20)), HasSubstr("ice-ufrag"));
  EXPECT_THAT(fault_of(lines({"m=x 9", credentials[0]})), HasSubstr("ice-pwd"));
  EXPECT_THAT(fault_of(lines({"m=x 9", credentials[1]})), HasSubstr("ice-ufrag"));
  EXPECT_THAT(fault_of(lines({"m=x 9", credentials[0], "a=ice-pwd:short"})), HasSubstr("ice-pwd"));
  EXPECT_THAT(fault_of(lines({"m=x 9", "a=ice-ufrag:" + std::string(257, 'x'), credentials[1]})),
              HasSubstr("ice-ufrag"));
  EXPECT_THAT(fault_of(lines({"m=x 9", "a=ice-ufrag:a b c d", credentials[1]})),
              HasSubstr("ice-ufrag"));
  EXPECT_THAT(fault_of(std::string(largest_signal + 1, 'a')), HasSubstr("more than 65536 bytes"));
}

TEST(SessionDescription, ManySectionsAndLinesAreReadThrough) {
  std::string sdp;
  while (sdp.size() < largest_signal - 10) sdp += "m=x 0 \n";
  EXPECT_THAT(fault_of(sdp), HasSubstr("no section"));
}

}  // namespace
}  // namespace icelab
