#pragma once

#include "src/net/prefix.h"

#include <optional>
#include <string_view>
#include <vector>

namespace icelab {

/// Whether an address is in one of the prefixes.
bool covers(const std::vector<IpPrefix>& prefixes, const IpAddress& address);

/// The client that a request comes from, by the `Forwarded` header (RFC 7239 section 4) of proxies
/// that are trusted: the last one that is no such proxy itself, since clients can write the others.
/// Nothing where the header does not tell.
std::optional<IpAddress> forwarded_client(std::string_view header,
                                          const std::vector<IpPrefix>& proxies);

}  // namespace icelab
