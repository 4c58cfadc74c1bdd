#include "netns/fabric/blocked_sources.h"

namespace icelab {

void BlockedSources::block(Protocol protocol, const Endpoint& external, const Endpoint& remote,
                           Instant until, Instant now) {
  if (until_.size() >= max_sources)
    std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
  if (until_.size() < max_sources) until_[{protocol, external, remote}] = until;
}

Instant BlockedSources::until(Protocol protocol, const Endpoint& external,
                              const Endpoint& remote) const {
  const auto found = until_.find({protocol, external, remote});
  return found == until_.end() ? Instant{} : found->second;
}

}  // namespace icelab
