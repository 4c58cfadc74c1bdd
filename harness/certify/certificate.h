#pragma once

#include "harness/scenario/boxes.h"
#include "netns/fabric/box.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// By whom a box was measured.
enum class Witness {
  both_sides,    // plain sockets inside and outside
  rfc5780,       // the client of src/probe, which sees the NAT from inside only, as real ones do
  natdiscovery,  // coturn's turnutils_natdiscovery, from inside as well
};
std::string_view to_string(Witness witness);

/// What one witness says of one property.
struct Testimony {
  Witness witness = Witness::both_sides;
  std::string measured;
  /// Whether the NAT may be what it claims to be: it measures so, or it cannot be seen because the
  /// NAT does what it claims in another respect.
  bool agrees = false;
  bool is_hidden = false;
};

/// One property of a box: what it is said to do, and what it was seen to do.
struct Property {
  std::string name;  // "UDP mapping"
  std::string claim;
  std::vector<Testimony> testimonies;  // none if it could not be measured
  std::string why_not{};               // measured

  [[nodiscard]] bool agrees() const;
};

/// "as measured", and by whom if not by sockets on both sides alone; or what was measured instead,
/// by each.
std::string describe_measurement(const Property& property);

/// Who is asked besides the sockets on both sides: what can be had on this machine.
struct Witnesses {
  bool rfc5780 = true;
  bool natdiscovery = true;

  static Witnesses installed();
};

/// Makes a box that has seen nothing yet.
using BoxFactory = std::function<std::unique_ptr<Box>()>;

/// Puts a box of this behaviour between hosts and measures what it does. What
/// cannot be seen is left out: of a NAT that assigns ports at random nobody can tell what an early
/// packet would do. What ages by the machine's clock, as in a kernel router, is measured if it is a
/// matter of seconds, and else stands there without a testimony. A question that could not be
/// answered is answered with "error: ...". Throws MachineError where no hosts can be made.
std::vector<Property> certify(const BoxBehavior& claim, std::uint64_t seed,
                              const Witnesses& witnesses);
/// The same of any box that is said to behave so, and stands where one of that behaviour would
/// (setting.h).
std::vector<Property> certify(const BoxBehavior& claim, const BoxFactory& make,
                              const Witnesses& witnesses);

}  // namespace icelab
