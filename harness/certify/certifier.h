#pragma once

#include "harness/certify/certificate.h"
#include "harness/certify/inside_view.h"
#include "harness/certify/testbed.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// Asks one question after the other, each of a box that has seen nothing before, and keeps what
/// the witnesses say.
class Certifier {
 public:
  Certifier(const Setting& setting, const BoxFactory& make)
      : setting_(setting), make_(make), in_real_time_(make()->ages_in_real_time()) {}

  /// Asks sockets on both sides.
  void ask(const std::string& name, std::string_view claim,
           const std::function<std::string(Testbed&)>& measure);
  /// Asks them whether something lasts as long as is claimed, if that can be waited for.
  void ask_lifetime(const std::string& name, Duration claim,
                    const std::function<std::string(Testbed&, Duration)>& measure);
  /// A claim that is not asked about.
  void leave_out(const std::string& name, std::string_view claim, std::string why);
  [[nodiscard]] bool can_wait_for(Duration claim) const;
  /// Asks the witnesses inside all that they can say.
  void look_from_inside(const NatBehavior& claim, const Witnesses& witnesses);
  std::vector<Property> take() { return std::move(properties_); }

 private:
  void add(const std::string& name, std::string_view claim, Testimony testimony);
  void ask_rfc5780(const NatBehavior& claim);
  void ask_natdiscovery(const NatBehavior& claim);

  Setting setting_;
  const BoxFactory& make_;
  bool in_real_time_;
  std::vector<Property> properties_;
};

}  // namespace icelab
