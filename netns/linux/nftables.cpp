#include "netns/linux/nftables.h"

#include "src/base/error.h"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <memory>
#include <mutex>

namespace icelab {
namespace {

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};
using Context = std::unique_ptr<nft_ctx, FreeContext>;

/// The library counts references to types that all contexts share, without a lock.
std::mutex library;

}  // namespace

void load_nftables(const std::string& commands) {
  const std::lock_guard lock(library);
  // Its netlink socket is of the namespace in which it was made.
  const Context context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) throw MachineError("nftables: no memory for a context of libnftables");
  nft_ctx_buffer_error(context.get());
  if (nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0) return;
  throw MachineError(
      fmt::format("the kernel refuses a router's nftables rules: {}\n"
                  "It needs CONFIG_NF_TABLES, NFT_NAT, NFT_MASQ, NFT_CT and NFT_REJECT: "
                  "'modprobe -a nf_tables nft_chain_nat nft_masq nft_ct nft_reject_ipv4' as root",
                  nft_ctx_get_error_buffer(context.get())));
}

}  // namespace icelab
