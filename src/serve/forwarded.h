#pragma once

#include "src/net/prefix.h"

#include <optional>
#include <string_view>
#include <vector>

namespace icelab {

/// Proxies that are believed when they say for whom they ask.
using TrustedProxies = std::vector<IpPrefix>;

bool is_trusted(const TrustedProxies& proxies, const IpAddress& address);

/// The client that a request comes from, by the `Forwarded` header of a trusted proxy (RFC 7239
/// section 4): the last one that is no trusted proxy itself, since clients can write the others.
/// Nothing where the header does not tell.
std::optional<IpAddress> forwarded_client(std::string_view header, const TrustedProxies& proxies);

}  // namespace icelab
