#include "netns/fabric/box.h"

#include <algorithm>

namespace icelab {

bool Box::is_transparent_for(const IpAddress& inside) const {
  return std::ranges::none_of(external_addresses(),
                              [&](const IpAddress& own) { return own.is_v4() == inside.is_v4(); });
}

}  // namespace icelab
