#include "src/serve/source_shares.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr auto share_period = std::chrono::minutes(1);

TokenBucket bucket(double a_minute, Instant now) {
  return {a_minute, a_minute / seconds(share_period), now};
}

}  // namespace

IpAddress source_of(const IpAddress& address) {
  if (address.is_v4()) return address;
  auto bytes = address.bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), std::uint8_t{0});
  return IpAddress::v6(bytes);
}

SourceLimits source_limits(size_t connections) {
  const auto number = static_cast<double>(connections);
  return {.connections = connections,
          .connections_a_minute = 4 * number,
          .rooms_a_minute = number,
          .credentials_a_minute = number / 4};
}

SourceShares::Share& SourceShares::share_of(const IpAddress& source, Instant now) {
  const auto [found, is_new] = shares_.try_emplace(
      source, Share{.connections_made = bucket(limits_.connections_a_minute, now),
                    .rooms = bucket(limits_.rooms_a_minute, now),
                    .credentials = bucket(limits_.credentials_a_minute, now),
                    .used = now});
  found->second.used = now;
  return found->second;
}

bool SourceShares::take_connection(const IpAddress& source, Instant now) {
  Share& share = share_of(source, now);
  if (share.connections >= limits_.connections || !share.connections_made.take(now)) return false;
  ++share.connections;
  return true;
}

bool SourceShares::take_room(const IpAddress& source, Instant now) {
  return share_of(source, now).rooms.take(now);
}

bool SourceShares::take_credentials(const IpAddress& source, Instant now) {
  return share_of(source, now).credentials.take(now);
}

void SourceShares::return_connection(const IpAddress& source) {
  const auto found = shares_.find(source);
  if (found != shares_.end() && found->second.connections > 0) --found->second.connections;
}

/// A bucket that nobody has taken from for a minute is full again: as that of a new source is.
void SourceShares::expire(Instant now) {
  std::erase_if(shares_, [&](const auto& entry) {
    return entry.second.connections == 0 && now - entry.second.used > share_period;
  });
}

}  // namespace icelab
