#include "src/net/socket_address.h"

#include "tests/support/packets.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

TEST(SocketAddress, GivesBackTheEndpointThatItWasMadeOfInBothFamilies) {
  for (const Endpoint& endpoint : {"192.0.2.1:80"_endpoint, "[2001:db8::1]:65535"_endpoint})
    EXPECT_EQ(SocketAddress(endpoint).endpoint(), endpoint);
}

TEST(SocketAddress, IsOfTheEndpointsOwnFamily) {
  EXPECT_EQ(SocketAddress("192.0.2.1:80"_endpoint).get()->sa_family, AF_INET);
  EXPECT_EQ(SocketAddress("[2001:db8::1]:80"_endpoint).get()->sa_family, AF_INET6);
}

TEST(SocketAddress, IsMappedForAnIpv6SocketThatAimsAtAnIpv4Endpoint) {
  const SocketAddress mapped("192.0.2.1:80"_endpoint, AF_INET6);
  EXPECT_EQ(mapped.get()->sa_family, AF_INET6);
  EXPECT_EQ(mapped.endpoint(), "192.0.2.1:80"_endpoint);
}

TEST(SocketAddress, HasNoEndpointIfItIsOfNeitherFamily) {
  EXPECT_EQ(SocketAddress().endpoint(), std::nullopt);
}

}  // namespace
}  // namespace icelab
