#include "tests/lab/program.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace icelab {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// A shell that may mount what it likes, in a mount namespace that ends with it.
std::vector<std::string> with_own_mounts(const std::string& script) {
  std::vector<std::string> command{"unshare", "--mount"};
  if (geteuid() != 0) command = {"unshare", "--map-root-user", "--mount"};
  command.insert(command.end(), {"sh", "-euc", script, "sh", ICELAB_PROGRAM});
  return command;
}

/// Whether such a shell is to be had here.
bool can_mount() {
  return run(with_own_mounts("mount -t tmpfs none /mnt")).status == 0;
}

TEST(Doctor, ExaminesTheMachineAndSaysWhetherItCanRunLabs) {
  const Outcome doctor = run(icelab_command({"doctor"}));
  for (const std::string what : {"namespaces", "TUN device", "coturn", "libnice", "nft"})
    EXPECT_THAT(doctor.out, ContainsRegex("(ok|NO|--)  " + what + " ")) << what;
  if (doctor.status == 0) {
    EXPECT_THAT(doctor.out,
                AllOf(HasSubstr("\nThis machine can run labs.\n"), Not(HasSubstr("NO  "))));
  } else {
    EXPECT_EQ(doctor.status, 3);
    EXPECT_THAT(doctor.out,
                AllOf(HasSubstr("\nThis machine cannot run labs yet"), HasSubstr("NO  ")));
  }
}

TEST(Doctor, TellsHowLabsAreMadeHere) {
  REQUIRE_LABS();
  const std::string expected = geteuid() == 0 ? "as root" : "through a user namespace";
  EXPECT_THAT(run(icelab_command({"doctor"})).out,
              AllOf(ContainsRegex("ok  namespaces +yes, " + expected),
                    ContainsRegex("(ok|--)  kernel routers ")));
}

TEST(Doctor, NamesThePackagesThatAreMissing) {
  REQUIRE_LABS();
  const Outcome doctor = run(icelab_command({"doctor"}), {{"PATH", "/nonexistent"}});
  EXPECT_EQ(doctor.status, 3);
  EXPECT_THAT(doctor.out, ContainsRegex("NO  coturn +not installed: apt-get install coturn"));
  EXPECT_THAT(
      doctor.out,
      ContainsRegex("--  nft +not installed, needed only for .*: apt-get install nftables"));
}

TEST(Doctor, TellsAnUnprivilegedUserHowToOpenTheTunDevice) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make a device that is for root alone";
  const Outcome doctor =
      run(with_own_mounts("mount -t tmpfs tmpfs /dev/net && mknod -m 600 /dev/net/tun c 10 200 &&"
                          "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$1\" doctor"));
  EXPECT_EQ(doctor.status, 3) << doctor.err;
  EXPECT_THAT(doctor.out,
              AllOf(ContainsRegex("NO  TUN device +open /dev/net/tun: Permission denied"),
                    HasSubstr("chmod 0666 /dev/net/tun")));
}

TEST(Doctor, TellsWhatToDoWhereThereIsNoTunDevice) {
  if (!can_mount()) GTEST_SKIP() << "no mounts of one's own on this machine";
  const Outcome doctor =
      run(with_own_mounts("mount -t tmpfs tmpfs /dev/net && exec \"$1\" doctor"));
  EXPECT_EQ(doctor.status, 3) << doctor.err;
  EXPECT_THAT(doctor.out, AllOf(ContainsRegex("NO  TUN device +open /dev/net/tun: No such file"),
                                HasSubstr("modprobe tun")));
}

TEST(Doctor, TellsWhatToDoWhereNamespacesAreForbidden) {
  if (!can_mount()) GTEST_SKIP() << "no user namespaces on this machine";
  const Outcome doctor =
      run({"unshare", "--map-root-user", "--mount", "sh", "-euc",
           "echo 0 >/proc/sys/user/max_pid_namespaces; exec \"$1\" doctor", "sh", ICELAB_PROGRAM});
  EXPECT_EQ(doctor.status, 3) << doctor.err;
  EXPECT_THAT(doctor.out, AllOf(ContainsRegex("NO  namespaces +cannot create namespaces"),
                                HasSubstr("sysctl user.max_user_namespaces")));
}

}  // namespace
}  // namespace icelab
