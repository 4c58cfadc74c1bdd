#pragma once

#include <string>

#include "src/base/descriptor.h"
#include "src/net/address.h"

namespace icelab {

/// A conversation with the kernel about the links, addresses and routes of one network namespace:
/// the one in which it was created (rtnetlink(7)). Each call waits for the kernel's answer and throws
/// SystemError, naming what was attempted, if it is a refusal.
class Netlink {
 public:
  Netlink();

  void set_up(const std::string& interface);
  void add_address(const std::string& interface, const InterfaceAddress& address);
  /// A default route straight out of a point-to-point interface.
  void add_default_route(const std::string& interface);

 private:
  class Request;
  void send(Request& request, const std::string& attempt);

  Descriptor socket_;
};

}  // namespace icelab
