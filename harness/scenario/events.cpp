#include "harness/scenario/events.h"

#include "src/base/overloaded.h"

namespace icelab {

std::string describe(const EventAction& action) {
  return std::visit(
      Overloaded{
          [](const Reboot& done) { return "reboot " + done.box; },
          [](const ChangeAddress& done) { return "change address of " + done.box; },
          [](const Expire& done) { return "expire " + done.box; },
          [](const Replace& done) { return "replace " + done.box; },
          [](const SetConnected& done) {
            return (done.connected ? "connect " : "disconnect ") + done.target;
          },
          [](const RunServer& done) { return (done.running ? "start " : "stop ") + done.server; },
          [](const RestartIce& done) { return "restart ICE of " + done.peer; },
      },
      action);
}

}  // namespace icelab
