#include "harness/certify/certificate.h"
#include "harness/scenario/behind.h"
#include "netns/linux/containment.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>

namespace icelab {
namespace {

struct CertifyRequest {
  std::vector<std::string> words;
  bool all = false;
  bool verbose = false;
  std::uint64_t seed = 1;
};

struct Subject {
  std::string name;
  NatBehavior behavior;
};

/// Every mapping with every filtering, and each of these with every way to assign ports.
std::vector<Subject> udp_grid() {
  std::vector<Subject> grid;
  for (std::size_t mapping = 0; mapping < words_of<Dependence>.size(); ++mapping) {
    for (std::size_t filtering = 0; filtering < words_of<Dependence>.size(); ++filtering) {
      for (std::size_t ports = 0; ports < words_of<PortAssignment>.size(); ++ports) {
        grid.push_back(
            {fmt::format("{} / {} / {}", words_of<Dependence>[mapping],
                         words_of<Dependence>[filtering], words_of<PortAssignment>[ports]),
             {.mapping = static_cast<Dependence>(mapping),
              .filtering = static_cast<Dependence>(filtering),
              .port_assignment = static_cast<PortAssignment>(ports)}});
      }
    }
  }
  return grid;
}

std::vector<Subject> subjects_of(const CertifyRequest& request) {
  std::vector<Subject> subjects;
  for (const auto& word : request.words) {
    const auto boxes = parse_behind({word}, "certify");
    if (boxes.empty()) throw UsageError(fmt::format("certify: {} is no NAT", word));
    for (const auto& box : boxes) {
      const auto* nat = std::get_if<NatBehavior>(&box.behavior);
      if (nat == nullptr) {
        throw UsageError(fmt::format("certify: {} is a {}, and NATs are what is certified", word,
                                     kind_of(box.behavior)));
      }
      subjects.push_back({word, *nat});
    }
  }
  if (request.words.empty()) {
    for (const auto& profile : nat_profiles()) subjects.push_back({profile.name, profile.behavior});
  }
  if (request.all) {
    auto grid = udp_grid();
    subjects.insert(subjects.end(), grid.begin(), grid.end());
  }
  return subjects;
}

/// The claim beside what was measured; of a NAT that is what it says, one line unless more is asked
/// for.
bool report(const Subject& subject, const std::vector<Finding>& findings, bool verbose) {
  const bool agrees = std::ranges::all_of(findings, &Finding::agrees);
  std::cout << fmt::format("{}  {} ({} properties)\n", agrees ? "ok" : "NO", subject.name,
                           findings.size())
            << std::flush;
  for (const auto& finding : findings) {
    if (finding.agrees() && !verbose) continue;
    std::cout << fmt::format("      {:<24} {:<28} {}\n", finding.property, finding.claim,
                             finding.agrees() ? "as measured" : "measured: " + finding.measured);
  }
  return agrees;
}

int certify_all(const CertifyRequest& request) {
  const auto subjects = subjects_of(request);
  contain_process();
  const Instant start = now();
  std::size_t agreeing = 0;
  for (const auto& subject : subjects) {
    if (report(subject, certify(subject.behavior, request.seed), request.verbose)) ++agreeing;
  }
  std::cout << fmt::format(
      "\n{} NAT{}: {} {} ({:.1f} s)\n", subjects.size(), subjects.size() == 1 ? "" : "s", agreeing,
      agreeing == 1 ? "is what it says" : "are what they say", seconds(now() - start));
  return agreeing == subjects.size() ? exit_as_expected : exit_unexpected;
}

}  // namespace

void add_certify_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "certify", "Prove that each emulated NAT behaves as it says, by measuring it from outside");
  auto request = std::make_shared<CertifyRequest>();
  command->add_option("NAT", request->words,
                      "Names or objects, as in 'behind'; every profile if left out");
  command->add_flag("--all", request->all, "Every cell of the UDP grid too");
  command->add_flag("-v,--verbose", request->verbose, "Show every property");
  command->add_option("--seed", request->seed, "For random ports");
  command->callback([request, &action] { action = [request] { return certify_all(*request); }; });
}

}  // namespace icelab
