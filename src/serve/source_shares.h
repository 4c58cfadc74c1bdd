#pragma once

#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/serve/token_bucket.h"

#include <cstddef>
#include <unordered_map>

namespace icelab {

/// Whom a share belongs to: an IPv4 address, or the first 64 bits of an IPv6 address, since a
/// host may choose the others as it likes (RFC 4291 section 2.5.1).
IpAddress source_of(const IpAddress& address);

/// The most that one source has of a server.
struct SourceLimits {
  size_t connections = 200;  // at once
  double connections_a_minute = 800;
  double rooms_a_minute = 200;
  double credentials_a_minute = 50;
};

/// So many connections at once; a minute four times as many, since a client whose network is bad
/// makes several, as many rooms, and credentials for a quarter, since each opens some allocations.
SourceLimits source_limits(size_t connections);

/// What each source has of a server at the moment, so that none has all of it. Pure.
class SourceShares {
 public:
  explicit SourceShares(SourceLimits limits) : limits_(limits) {}

  // False if the source has its share already: then nothing is taken.
  bool take_connection(const IpAddress& source, Instant now);
  bool take_room(const IpAddress& source, Instant now);
  bool take_credentials(const IpAddress& source, Instant now);

  void return_connection(const IpAddress& source);
  /// Forgets sources that hold nothing and have used nothing for a minute.
  void expire(Instant now);
  /// How many sources are remembered.
  [[nodiscard]] size_t size() const { return shares_.size(); }

 private:
  struct Share {
    size_t connections = 0;
    TokenBucket connections_made;
    TokenBucket rooms;
    TokenBucket credentials;
    Instant used;
  };
  Share& share_of(const IpAddress& source, Instant now);

  SourceLimits limits_;
  std::unordered_map<IpAddress, Share> shares_;
};

}  // namespace icelab
