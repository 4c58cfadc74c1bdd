#include "netns/linux/tun.h"

#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace icelab {
namespace {

/// What stands before each packet on a TUN with IFF_VNET_HDR: struct virtio_net_hdr of
/// <linux/virtio_net.h>, which C++ cannot include.
struct OffloadHeader {
  std::uint8_t flags = 0;
  std::uint8_t segmentation = 0;
  std::uint16_t header_size = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;  // from there
};
static_assert(sizeof(OffloadHeader) == 10);
constexpr std::uint8_t needs_checksum = 1;    // VIRTIO_NET_HDR_F_NEEDS_CSUM
constexpr std::uint8_t udp_segmentation = 5;  // VIRTIO_NET_HDR_GSO_UDP_L4

Descriptor open_tun_device() {
  constexpr const char* path = "/dev/net/tun";
  const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) return Descriptor(fd);
  const SystemError error(fmt::format("open {}", path));
  switch (error.code()) {
    case EACCES:
    case EPERM:
      throw MachineError(
          fmt::format("{}\nIts mode must let this user read and write it, as distributions ship "
                      "it: 'chmod 0666 {}' as root",
                      error.what(), path));
    case ENOENT:
    case ENODEV:
      throw MachineError(fmt::format(
          "{}\nThe kernel needs the tun driver: 'modprobe tun'; in a container, '--device {}'",
          error.what(), path));
    default:
      throw MachineError(error.what());
  }
}

iovec part(const void* data, size_t size) {
  return {const_cast<void*>(data), size};  // NOLINT: writev reads only
}

}  // namespace

Descriptor create_tun(const std::string& name) {
  Descriptor tun = open_tun_device();
  ifreq request{};
  if (name.size() >= sizeof(request.ifr_name))
    throw std::invalid_argument(fmt::format("interface name {} is too long", name));
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  // IFF_VNET_HDR: an OffloadHeader stands before each packet.
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  check(ioctl(tun.get(), TUNSETIFF, &request), fmt::format("create TUN interface {}", name));
  // Closing a TUN that is not persistent unregisters it at once, which takes 37-170 ms of RCU grace
  // periods; a persistent one goes with its namespace, in the kernel's own time.
  check(ioctl(tun.get(), TUNSETPERSIST, 1), fmt::format("keep TUN interface {}", name));
  return tun;
}

std::optional<size_t> read_packet(int tun, std::span<std::uint8_t> buffer) {
  OffloadHeader header;
  const std::array<iovec, 2> parts{{{&header, sizeof(header)}, {buffer.data(), buffer.size()}}};
  const ssize_t length = readv(tun, parts.data(), static_cast<int>(parts.size()));
  if (length < static_cast<ssize_t>(sizeof(header))) return std::nullopt;
  return static_cast<size_t>(length) - sizeof(header);
}

size_t TunWriter::write(int tun, const Segments& segments) {
  if (segments.count() > 1 && kernel_segments_) return write_joined(tun, segments);
  for (size_t i = 0; i < segments.count(); ++i) write_alone(tun, segments.packet(i).bytes());
  return 0;
}

size_t TunWriter::write_joined(int tun, const Segments& segments) {
  const auto headers = segments.header();
  const OffloadHeader header{
      .flags = needs_checksum,
      .segmentation = udp_segmentation,
      .header_size = Segments::header_size,
      .segment_size = static_cast<std::uint16_t>(segments.segment_size()),
      .checksum_start = Segments::checksum_start,
      .checksum_offset = Segments::checksum_offset,
  };
  parts_ = {part(&header, sizeof(header)), part(headers.data(), headers.size())};
  for (size_t i = 0; i < segments.count(); ++i) {
    const auto payload = segments.packet(i).payload();
    parts_.push_back(part(payload.data(), payload.size()));
  }
  switch (give(tun)) {
    case Given::taken:
      return 0;
    case Given::dropped:
      return segments.count() - 1;
    case Given::not_understood:
      break;
  }
  kernel_segments_ = false;
  return write(tun, segments);
}

void TunWriter::write_alone(int tun, std::span<const std::uint8_t> packet) {
  const OffloadHeader header;
  parts_ = {part(&header, sizeof(header)), part(packet.data(), packet.size())};
  if (give(tun) == Given::not_understood)
    throw SystemError("write a packet to a host's interface", EINVAL);
}

TunWriter::Given TunWriter::give(int tun) {
  if (call_(tun, parts_.data(), static_cast<int>(parts_.size())) >= 0) return Given::taken;
  switch (errno) {
    case EINVAL:
      return Given::not_understood;
    case EIO:     // the interface is down
    case EBADFD:  // or gone
      return Given::dropped;
    default:
      throw SystemError("write a packet to a host's interface");
  }
}

}  // namespace icelab
