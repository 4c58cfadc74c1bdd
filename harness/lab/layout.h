#pragma once

#include "harness/lab/lab.h"
#include "harness/scenario/scenario.h"
#include "netns/fabric/fabric.h"
#include "netns/linux/host.h"
#include "netns/linux/pump.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

/// A lab on paper: who is attached where. Its hosts are then made all at once.
class Layout {
 public:
  Layout(unsigned seed, size_t evidence);

  void add(const Topology& topology);

  Fabric fabric;
  // One of each a host.
  std::vector<HostPlace> places;
  std::vector<HostConfig> configs;
  std::vector<Wire> wires;  // of each interface of each host
  // By name: "alice.nat", "alice.eth0".
  std::map<std::string, BoxPlace> boxes;
  std::map<std::string, HostId> interfaces;

 private:
  /// A network, and the addresses that are used in it: behind boxes that have none of their own,
  /// those of the network outside.
  struct Attachment {
    NetworkId network = Fabric::internet();
    std::shared_ptr<Subnet> subnet{};
    std::shared_ptr<Ipv6Subnet> ipv6{};  // none on the internet: there each site has its own
    bool shares_ipv6 = false;            // with other sites, whose prefix it is not to take away
    bool has_nat64 = false;              // on the way from here to the internet
  };
  /// How many boxes of each kind are still to come inwards.
  struct Depth {
    int ipv4 = 0;
    int ipv6 = 0;
  };

  void add_server(const ServerSpec& server, int number, bool with_ipv6);
  void add_peer(const PeerSpec& peer, int number);
  /// Builds a way from the internet inwards: each NAT takes an address outside, and begins a
  /// network with addresses of its own inside.
  Attachment follow(const Way& way, int site);
  void add_box(const BoxSpec& box, Attachment& inner, int site, Depth& depth);
  static std::vector<InterfaceAddress> take_addresses(const Attachment& at, int site,
                                                      const PeerSpec& peer);
  void add_host(const std::string& name, HostConfig config);
  /// Of the host that was added last.
  void add_interface(InterfaceConfig config, NetworkId network);

  unsigned seed_;
  // One for all: with two uplinks, or two peers, each must know its own address from the other.
  std::shared_ptr<Subnet> behind_clats_ = std::make_shared<Subnet>(Subnet::behind_clat());
  std::map<std::string, Attachment> networks_;
};

}  // namespace icelab
