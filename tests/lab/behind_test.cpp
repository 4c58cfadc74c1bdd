#include "src/base/path.h"
#include "tests/lab/family.h"
#include "tests/lab/program.h"
#include "tests/support/temporary_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace icelab {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Behind : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_LABS(); }
};

std::vector<std::string> behind(const std::vector<std::string>& nats,
                                const std::vector<std::string>& program) {
  std::vector<std::string> arguments{"behind"};
  arguments.insert(arguments.end(), nats.begin(), nats.end());
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), program.begin(), program.end());
  return icelab_command(arguments);
}

std::vector<std::string> behind_shell(const std::string& script) {
  return behind({"symmetric"}, {"sh", "-c", script});
}

TEST_F(Behind, PassesTheProgramsOutputAndExitStatusOn) {
  const Outcome outcome = run(behind_shell("echo out; echo err >&2; exit 42"));
  EXPECT_EQ(outcome.status, 42);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
}

TEST_F(Behind, SaysADeathBySignalAsAShellDoes) {
  EXPECT_EQ(run(behind_shell("kill -KILL $$")).status, 128 + SIGKILL);
}

TEST_F(Behind, TellsTheProgramWhereTheServersAre) {
  const Outcome outcome = run(
      behind_shell(R"(echo "$ICELAB_STUN $ICELAB_TURN $ICELAB_TURN_USER $ICELAB_TURN_PASSWORD")"));
  // The user's name begins with when the credentials end, in seconds since 1970.
  EXPECT_THAT(outcome.out,
              MatchesRegex("203.0.113.10:3478 203.0.113.10:3478 [0-9]+:host [A-Za-z0-9+/]+=*\n"))
      << outcome.err;
}

TEST_F(Behind, PutsTheProgramOnAHostOfItsOwn) {
  const Outcome outcome = run(behind_shell("cat /proc/net/dev | grep -o '[a-z0-9]*:' | sort"));
  EXPECT_EQ(outcome.out, "eth0:\nlo:\n") << outcome.err;
}

/// Process 1 is icelab's own, which stays in this machine's namespaces.
TEST_F(Behind, KeepsTheProgramFromThisMachinesNetwork) {
  const Outcome entering = run(behind_shell("nsenter --net=/proc/1/ns/net cat /proc/net/dev"));
  EXPECT_NE(entering.status, 0);
  EXPECT_EQ(entering.out, "");
  const Outcome cable = run(behind_shell("ip link add near type veth peer name far netns 1"));
  EXPECT_NE(cable.status, 0);
  EXPECT_THAT(cable.err, HasSubstr("not permitted"));
}

TEST_F(Behind, KeepsTheProgramFromOtherHostsOfItsLab) {
  const Outcome outcome = run(behind_shell(
      "for each in /proc/[0-9]*/ns/net; do nsenter --net=$each cat /proc/net/dev; done"));
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("/ns/net"));
}

TEST_F(Behind, KeepsTheProgramFromMountsAndDevices) {
  const TemporaryFolder folder;
  const Outcome outcome = run(behind_shell(
      fmt::format("mount -t tmpfs none '{0}' && echo mounted; mknod '{0}/disk' b 8 0 && echo made",
                  folder.path())));
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("mknod: "));
}

TEST_F(Behind, LeavesTheProgramItsOwnHost) {
  const Outcome ping = run(behind({"symmetric"}, {"ping", "-c1", "-W20", "203.0.113.10"}));
  EXPECT_EQ(ping.status, 0) << ping.out << ping.err;
  const Outcome owner =
      run(behind_shell("ip address add 10.9.9.9/32 dev lo && ip route add 10.8.0.0/16 dev lo && "
                       "ip -brief address show lo"));
  EXPECT_THAT(owner.out, HasSubstr("10.9.9.9/32")) << owner.err;
  const std::string serve_and_call =
      "$server = IO::Socket::INET->new(LocalPort => 80, Listen => 1) or die \"bind: $!\";"
      "IO::Socket::INET->new(PeerAddr => '10.0.1.2:80') or die \"connect: $!\"; print 'met';";
  const Outcome port80 =
      run(behind({"symmetric"}, {"perl", "-MIO::Socket::INET", "-e", serve_and_call}));
  EXPECT_EQ(port80.out, "met") << port80.err;
}

TEST_F(Behind, LetsRootBecomeSomebodyElseWhoMayPing) {
  if (geteuid() != 0) GTEST_SKIP() << "for root alone";
  const Outcome outcome = run(behind_shell(
      "setpriv --reuid 65534 --regid 65534 --clear-groups ping -c1 -W20 203.0.113.10"));
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

TEST_F(Behind, SaysThatAProgramIsNotFound) {
  const Outcome outcome = run(behind({"symmetric"}, {"no-such-program"}));
  EXPECT_EQ(outcome.status, 127);
  EXPECT_EQ(outcome.err, "icelab: no-such-program: not found\n");
  EXPECT_EQ(run(behind({"symmetric"}, {"/no/such/program"})).status, 127);
}

TEST_F(Behind, SaysThatAProgramIsNotExecutable) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/notes";
  std::ofstream(file) << "no program";
  const Outcome outcome = run(behind({"symmetric"}, {file}));
  EXPECT_EQ(outcome.status, 126);
  EXPECT_EQ(outcome.err, "icelab: " + file + ": not executable\n");
  EXPECT_EQ(run(behind({"symmetric"}, {folder.path()})).status, 126);
  EXPECT_EQ(run(behind({"symmetric"}, {"notes"}), {{"PATH", folder.path()}}).status, 126);
}

TEST_F(Behind, SaysThatTheKernelDoesNotTakeAFileForAProgram) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/noise";
  std::ofstream(file) << "\x01\x02\x03";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const Outcome outcome = run(behind({"symmetric"}, {file}));
  EXPECT_EQ(outcome.status, 126);
  EXPECT_EQ(outcome.err, "icelab: start " + file + ": Exec format error\n");
}

TEST_F(Behind, SaysThatANatIsNotKnownAndWhichItCouldHaveBeen) {
  const Outcome outcome = run(behind({"symetric"}, {"true"}));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'symmetric'?"));
}

TEST_F(Behind, SaysThatBoxesCannotFollowOneAnother) {
  const Outcome outcome = run(behind({"clat"}, {"true"}));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("a clat needs a network of IPv6 only: put a nat64 outside it"));
}

TEST_F(Behind, StandsBehindAKernelRouter) {
  const Outcome outcome = run(behind({"linux-kernel-masquerade"}, {"true"}));
  EXPECT_THAT(outcome.err, Not(HasSubstr("IPv6")));
  EXPECT_THAT(outcome.status, AnyOf(0, 3)) << outcome.err;  // 3: none can be had here
}

/// What the program sees of its host: its addresses, and where it is told that servers are.
std::string host_behind(const std::vector<std::string>& boxes) {
  const Outcome outcome = run(behind(boxes, {"sh", "-c",
                                             "hostname -I | tr -s ' ' '\n' | sort | xargs; "
                                             "echo $ICELAB_STUN $ICELAB_TURN6"}));
  return outcome.out + outcome.err;
}

TEST_F(Behind, GivesItsHostTheAddressesThatItsBoxesAreFor) {
  const std::string both = "203.0.113.10:3478 [2001:db8::10]:3478\n";
  EXPECT_EQ(host_behind({"symmetric"}), "10.0.1.2\n203.0.113.10:3478\n");
  EXPECT_EQ(host_behind({"nat66"}), "203.0.113.21 fd00:0:0:1::2\n" + both);
  EXPECT_EQ(host_behind({"home-router", "ipv6-firewall"}), "10.0.1.2 2001:db8:0:1::2\n" + both);
  EXPECT_EQ(host_behind({"nat64"}), "2001:db8:0:1::2\n[64:ff9b::203.0.113.10]:3478\n");
  EXPECT_EQ(host_behind({"clat", "nat64"}), "192.0.0.2 2001:db8:0:1::2\n" + both);
}

TEST_F(Behind, ReachesServersFromIpv6Alone) {
  const std::string connect = "exec 3<>/dev/tcp/64:ff9b::203.0.113.10/3478 && echo connected";
  const Outcome outcome = run(behind({"nat64"}, {"bash", "-c", connect}));
  EXPECT_EQ(outcome.out, "connected\n") << outcome.err;
}

TEST_F(Behind, EndsWithTheProgramWhenTheTerminalInterruptsBoth) {
  Program icelab(behind_shell("trap 'exit 9' INT; echo ready; while :; do sleep 0.1; done"));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  icelab.signal_group(SIGINT);
  EXPECT_EQ(icelab.wait().status, 9);
}

TEST_F(Behind, StaysWhenTheProgramDoesNotMindAnInterrupt) {
  Program icelab(behind_shell("trap 'echo caught' INT; echo ready; while :; do sleep 0.1; done"));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  icelab.signal_group(SIGINT);
  ASSERT_TRUE(eventually([&] { return icelab.out().find("caught") != std::string::npos; }));
  icelab.signal(SIGTERM);
  EXPECT_EQ(icelab.wait().status, 128 + SIGTERM);
}

TEST_F(Behind, LeavesTheQuitKeyToTheProgramToo) {
  Program icelab(behind_shell("trap 'exit 5' QUIT; echo ready; while :; do sleep 0.1; done"));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  icelab.signal_group(SIGQUIT);
  EXPECT_EQ(icelab.wait().status, 5);
}

TEST_F(Behind, KeepsTheProgramsExitStatusWhenTheWholeGroupIsTerminated) {
  Program icelab(behind_shell("trap 'exit 4' TERM; echo ready; while :; do sleep 0.1; done"));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  icelab.signal_group(SIGTERM);
  EXPECT_EQ(icelab.wait().status, 4);
}

TEST_F(Behind, PassesTerminationOnToTheProgram) {
  Program icelab(behind_shell("trap 'exit 8' TERM; echo ready; while :; do sleep 0.1; done"));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  icelab.signal(SIGTERM);
  EXPECT_EQ(icelab.wait().status, 8);
}

/// A program that sends 7000 datagrams in one burst, as soon as there is a file "go", and ends when
/// there is a file "end".
std::string burst_script(const std::string& folder) {
  return fmt::format(R"(
    await() {{ until [ -e {}/$1 ]; do sleep 0.02; done; }}
    echo ready; await go
    perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0);
                      $to = pack_sockaddr_in(9, inet_aton("203.0.113.10"));
                      send(S, "one of many", 0, $to) for 1..7000'
    echo sent; await end)",
                     folder);
}

/// While icelab itself stands still, the host's interface keeps what it has room for.
TEST_F(Behind, TellsWhatTheHostsOwnInterfaceDropped) {
  if (!find_program("perl")) GTEST_SKIP() << "perl is not installed";
  const TemporaryFolder folder;
  const auto make = [&](const std::string& file) { std::ofstream(folder.path() + "/" + file); };
  Program icelab(behind({"home-router"}, {"sh", "-c", burst_script(folder.path())}));
  ASSERT_TRUE(eventually([&] { return icelab.out() == "ready\n"; })) << icelab.err();
  const pid_t carrier = only_child(only_child(icelab.pid()));
  kill(carrier, SIGSTOP);
  make("go");
  EXPECT_TRUE(eventually([&] { return icelab.out() == "ready\nsent\n"; }));
  kill(carrier, SIGCONT);
  make("end");
  EXPECT_EQ(icelab.wait().err,
            "icelab: interface-dropped at host.eth0: its queue was full for 2000 packets of its "
            "host's, which the network never saw\n");
}

/// What turnutils_natdiscovery, a client of RFC 5780 that is not ours, must say of a NAT, and
/// nothing else.
struct Diagnosis {
  std::vector<std::string> nats;
  std::string mapping;  // its words: "Endpoint Independent"
  std::string filtering;
};

const std::vector<std::pair<std::string, std::string>> dependences{
    {"endpoint-independent", "Endpoint Independent"},
    {"address-dependent", "Address Dependent"},
    {"address-and-port-dependent", "Address and Port Dependent"}};

/// The nine cells of mapping and filtering, the profiles, and chains, which are as strict as their
/// strictest.
std::vector<Diagnosis> every_nat() {
  const std::string independent = dependences[0].second;
  const std::string by_port = dependences[2].second;
  std::vector<Diagnosis> all{{{"full-cone"}, independent, independent},
                             {{"restricted-cone"}, independent, dependences[1].second},
                             {{"port-restricted-cone"}, independent, by_port},
                             {{"symmetric"}, by_port, by_port},
                             {{"full-cone", "symmetric"}, by_port, by_port},
                             {{"symmetric", "full-cone"}, by_port, by_port},
                             {{"full-cone", "full-cone"}, independent, independent}};
  for (const auto& [mapping, mapping_words] : dependences) {
    for (const auto& [filtering, filtering_words] : dependences) {
      all.push_back(
          {{fmt::format(R"({{"nat":{{"mapping":"{}","filtering":"{}"}}}})", mapping, filtering)},
           mapping_words,
           filtering_words});
    }
  }
  return all;
}

/// The lines with which it concludes, such as "NAT with Address Dependent Filtering!".
std::vector<std::string> conclusions(const std::string& output) {
  std::vector<std::string> found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("NAT with") || line.starts_with("No NAT")) found.push_back(line);
  }
  return found;
}

std::vector<std::string> natdiscovery(const std::string& local) {
  return {"turnutils_natdiscovery", "-m", "-f", "-L", local, "203.0.113.10"};
}

TEST_F(Behind, AnIndependentClientFindsEveryNatAsItIsNamed) {
  if (!find_program("turnutils_natdiscovery"))
    GTEST_SKIP() << "turnutils_natdiscovery is not installed";
  const auto diagnoses = every_nat();
  // It waits three seconds for each answer that a NAT filters: all at once.
  std::vector<std::unique_ptr<Program>> clients;
  clients.reserve(diagnoses.size());
  for (const auto& each : diagnoses)
    clients.push_back(std::make_unique<Program>(behind(each.nats, natdiscovery("10.0.1.2"))));
  for (size_t i = 0; i < diagnoses.size(); ++i) {
    const Outcome outcome = clients[i]->wait();
    EXPECT_THAT(conclusions(outcome.out),
                ElementsAre("NAT with " + diagnoses[i].mapping + " Mapping!",
                            "NAT with " + diagnoses[i].filtering + " Filtering!"))
        << testing::PrintToString(diagnoses[i].nats) << '\n'
        << outcome.out << outcome.err;
  }
}

TEST_F(Behind, AnIndependentClientFindsNoNatWhereThereIsNone) {
  if (!find_program("turnutils_natdiscovery"))
    GTEST_SKIP() << "turnutils_natdiscovery is not installed";
  const Outcome outcome = run(behind({"none"}, natdiscovery("203.0.113.21")));
  // It says so at each answer that shows the address it sent from, and goes on.
  EXPECT_THAT(conclusions(outcome.out), ElementsAre("No NAT! (Endpoint Independent Mapping)",
                                                    "NAT with Endpoint Independent Mapping!",
                                                    "No NAT! (Endpoint Independent Mapping)",
                                                    "NAT with Endpoint Independent Filtering!"))
      << outcome.out << outcome.err;
}

}  // namespace
}  // namespace icelab
