#include "netns/fabric/verdict.h"

namespace icelab {

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::filtered:
      return "filtered";
    case DropReason::no_mapping:
      return "no-mapping";
    case DropReason::mapping_mismatch:
      return "mapping-mismatch";
    case DropReason::mapping_expired:
      return "mapping-expired";
    case DropReason::port_exhausted:
      return "port-exhausted";
    case DropReason::hairpin_unsupported:
      return "hairpin-unsupported";
    case DropReason::blocked:
      return "blocked";
    case DropReason::lost:
      return "lost";
    case DropReason::too_big:
      return "too-big";
    case DropReason::unroutable:
      break;
  }
  return "unroutable";
}

std::string_view to_string(Direction direction) {
  return direction == Direction::outbound ? "outbound" : "inbound";
}

}  // namespace icelab
