#pragma once

#include "src/net/packet.h"
#include "src/net/pcapng.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

struct CapturedPacket {
  std::string interface;
  Pcapng::WallTime time;
  Packet packet;
  std::string comment;
};

struct CapturedFile {
  std::vector<std::string> interfaces;
  std::map<std::string, std::string> names;  // by address
  std::vector<CapturedPacket> packets;
};

/// Reads a pcapng file of one little-endian section by its format's own words, sharing no code with
/// the writer. Throws std::runtime_error where a block is not well-formed.
CapturedFile read_pcapng(std::string_view file);

}  // namespace icelab
