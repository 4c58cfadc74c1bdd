#pragma once

#include "netns/fabric/verdict.h"
#include "src/base/clock.h"
#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace icelab {

// What a NAT does about fragments: RFC 4787 section 11. Both ways are bounded in memory and time,
// as the section asks for.

/// Which packet a fragment is a part of (RFC 791 section 3.2, RFC 8200 section 4.5), and which
/// part.
class FragmentKey {
 public:
  FragmentKey(const Packet& fragment, Direction direction);

  [[nodiscard]] bool is_first() const { return offset_ == 0; }
  /// In bytes.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] bool is_last() const { return is_last_; }
  /// Whether it is a part of the same packet.
  bool operator==(const FragmentKey& other) const {
    return source_ == other.source_ && destination_ == other.destination_ &&
           identification_ == other.identification_ && protocol_ == other.protocol_ &&
           direction_ == other.direction_;
  }
  struct Hash {
    std::size_t operator()(const FragmentKey& key) const noexcept;
  };

 private:
  void read_ipv4(std::span<const std::uint8_t> bytes);
  void read_ipv6(std::span<const std::uint8_t> bytes);

  IpAddress source_, destination_;
  std::uint32_t identification_ = 0;
  std::uint8_t protocol_ = 0;
  Direction direction_;
  std::size_t offset_ = 0;
  bool is_last_ = false;
};

/// How long the parts of a packet are waited for. RFC 1122 section 3.3.2 asks hosts for a minute or
/// two; routers are content with less.
inline constexpr Duration fragment_lifetime = std::chrono::seconds(30);

/// Where first fragments went, so that the others can follow them.
class FragmentTrails {
 public:
  static constexpr std::size_t max_trails = 1024;  // the oldest make room

  struct Trail {
    IpAddress source, destination;  // after translation
    bool turned_back = false;
  };
  void remember(const FragmentKey& first, const Trail& trail, Instant now);
  void forget(const FragmentKey& first) { entries_.erase(first); }
  [[nodiscard]] std::optional<Trail> find(const FragmentKey& key, Instant now) const;

 private:
  struct Entry {
    Trail trail;
    Instant until;
  };
  std::unordered_map<FragmentKey, Entry, FragmentKey::Hash> entries_;
};

/// Why a fragment cannot be a part of a packet.
struct UnfitFragment {
  std::string_view why;
};

/// Puts packets together from their fragments, whatever the order.
class FragmentReassembler {
 public:
  static constexpr std::size_t max_packets = 64;  // under way at once; the oldest make room

  /// The whole packet if this is the part that was still missing.
  std::variant<Hold, Packet, UnfitFragment> add(const FragmentKey& key, const Packet& fragment,
                                                Instant now);

 private:
  struct Part {
    std::size_t offset;
    std::vector<std::uint8_t> bytes;
  };
  struct Entry {
    Instant until;
    std::vector<std::uint8_t> header{};  // the first fragment's IP header, as a whole packet has it
    std::vector<Part> parts{};           // none overlaps another
    std::optional<std::size_t> size{};   // known from the last part
  };
  /// How a part relates to those that are here.
  enum class Fit { new_part, duplicate, contradiction };
  static Fit fit(const Entry& entry, const FragmentKey& key, std::span<const std::uint8_t> bytes);
  static std::optional<Packet> join(const Entry& entry);

  std::unordered_map<FragmentKey, Entry, FragmentKey::Hash> entries_;
};

}  // namespace icelab
