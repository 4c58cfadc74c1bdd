#pragma once

#include "harness/scenario/boxes.h"
#include "src/base/clock.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

// What happens in mid-run, to a network that has stood still until then.

/// A box forgets everything, as if it had been switched off and on.
struct Reboot {
  std::string box;
};
/// A NAT gets another external address, and forgets what it had mapped to the old one.
struct ChangeAddress {
  std::string box;
};
/// Whatever a box remembers has come to the end of its lifetime.
struct Expire {
  std::string box;
};
/// Another box of the same kind takes its place.
struct Replace {
  std::string box;
  BoxBehavior behavior;
};
/// A cable is pulled out or put back: a host's interface, or a box on its outer side.
struct SetConnected {
  std::string target;  // "alice.eth0", "alice.nat"
  bool connected;
};
struct RunServer {
  std::string server;
  bool running;
};
struct RestartIce {
  std::string peer;
};

using EventAction =
    std::variant<Reboot, ChangeAddress, Expire, Replace, SetConnected, RunServer, RestartIce>;

/// "reboot alice.nat"
std::string describe(const EventAction& action);

// What an event may wait for besides another event.
inline constexpr std::string_view when_started = "start";        // the agents have been started
inline constexpr std::string_view when_connected = "connected";  // data has come through both ways
inline constexpr std::string_view when_selected = "selected";    // both agents have named a pair

struct EventSpec {
  std::string name;   // its description, unless it was given another
  std::string after;  // one of the words above, or the name of an earlier event
  Duration delay;     // from then on
  EventAction action;
};

}  // namespace icelab
