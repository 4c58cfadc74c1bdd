#include "harness/certify/certificate.h"
#include "harness/scenario/behind.h"
#include "harness/scenario/box_reader.h"
#include "netns/linux/containment.h"
#include "netns/linux/kernel_router.h"
#include "netns/linux/thread.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/limits.h"
#include "src/base/overloaded.h"
#include "src/base/text.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <iostream>
#include <optional>
#include <thread>
#include <variant>

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
  BoxBehavior behavior;
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
             NatBehavior{.mapping = static_cast<Dependence>(mapping),
                         .filtering = static_cast<Dependence>(filtering),
                         .port_assignment = static_cast<PortAssignment>(ports)}});
      }
    }
  }
  return grid;
}

/// Each option of a link once.
std::vector<Subject> links() {
  constexpr auto links = std::to_array<std::string_view>(
      {R"({"link": {}})", R"({"link": {"delay_ms": 20, "jitter_ms": 8}})",
       R"({"link": {"delay_ms": 30, "reorder": 0.1}})", R"({"link": {"loss": 0.05}})",
       R"({"link": {"burst_loss": {"begin": 0.02, "end": 0.25}}})",
       R"({"link": {"duplicate": 0.03}})", R"({"link": {"corrupt": 0.1}})",
       R"({"link": {"rate_kbps": 1000, "queue_bytes": 20000, "down": {"rate_kbps": 4000}}})"});
  std::vector<Subject> subjects;
  subjects.reserve(links.size());
  for (const auto link : links)
    subjects.push_back(
        {std::string(link), parse_behind({std::string(link)}, "certify")[0].behavior});
  return subjects;
}

/// Every box that has a name.
std::vector<std::string> all_names() {
  std::vector<std::string> names = box_names();
  std::erase_if(names, [](const std::string& name) { return parse_behind({name}, "").empty(); });
  return names;
}

std::vector<Subject> subjects_of(const CertifyRequest& request) {
  std::vector<Subject> subjects;
  for (const auto& word : request.words.empty() ? all_names() : request.words) {
    const auto boxes = parse_behind({word}, "certify");
    if (boxes.empty()) throw UsageError(fmt::format("certify: {} is no box", word));
    for (const auto& box : boxes) subjects.push_back({word, box.behavior});
  }
  if (request.all) {
    for (const auto& grid : {udp_grid(), links()})
      subjects.insert(subjects.end(), grid.begin(), grid.end());
  }
  return subjects;
}

/// The claim beside what was measured; of a box that is what it says, one line unless more is asked
/// for.
bool report(const Subject& subject, const std::vector<Property>& properties, bool verbose) {
  const bool agrees = std::ranges::all_of(properties, &Property::agrees);
  const auto measured = std::ranges::count_if(
      properties, [](const Property& property) { return !property.testimonies.empty(); });
  const auto others = static_cast<std::ptrdiff_t>(properties.size()) - measured;
  std::cout << fmt::format("{}  {} ({} properties{})\n", agrees ? "ok" : "NO", subject.name,
                           measured, others == 0 ? "" : fmt::format(", {} not measured", others))
            << std::flush;
  for (const auto& property : properties) {
    if (property.agrees() && !verbose) continue;
    std::cout << fmt::format("      {:<24} {:<28} {}\n", property.name, property.claim,
                             describe_measurement(property));
  }
  return agrees;
}

/// Says who cannot be asked here.
Witnesses find_witnesses() {
  const auto witnesses = Witnesses::installed();
  const auto mention = [](std::string_view program, std::string_view loss) {
    std::cerr << fmt::format(
        "certify: no '{}' in PATH, so {}; to install it: apt-get install coturn\n", program, loss);
  };
  if (!witnesses.rfc5780) {
    mention("turnserver", "nothing is asked from inside");
  } else if (!witnesses.natdiscovery) {
    mention("turnutils_natdiscovery", "it is no witness of mapping and filtering");
  }
  return witnesses;
}

/// Silence is waited for: several boxes at once cost hardly more than one.
std::size_t measured_at_once(std::size_t subjects) {
  constexpr std::size_t a_processor = 6;
  // A testbed's hosts, and what is open on them.
  constexpr std::size_t descriptors = 96;
  raise_descriptor_limit();
  const std::size_t by_processors = a_processor * std::max(1U, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(std::min(by_processors, descriptor_limit() / descriptors), 1,
                                 subjects);
}

/// Calls `work` for each index up to `count`, on several threads, in order.
class SideBySide {
 public:
  SideBySide(std::size_t count, std::size_t threads, std::function<void(std::size_t)> work)
      : work_(std::move(work)), count_(count) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.push_back(start_thread([this] {
        for (std::size_t index = next_++; index < count_; index = next_++) work_(index);
      }));
    }
  }
  ~SideBySide() {
    next_ = count_;
    for (auto& thread : threads_) thread.join();
  }
  SideBySide(const SideBySide&) = delete;
  SideBySide& operator=(const SideBySide&) = delete;

 private:
  std::function<void(std::size_t)> work_;
  std::size_t count_;
  std::atomic<std::size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

/// Where nobody asked for kernel routers by name, a machine without them has the others certified.
void leave_out_impossible(std::vector<Subject>& subjects) {
  try {
    require_kernel_routers();
  } catch (const MachineError& error) {
    std::cerr << fmt::format("certify: no kernel routers: {}\n", error.what());
    std::erase_if(subjects, [](const Subject& subject) {
      return std::holds_alternative<KernelRouterBehavior>(subject.behavior);
    });
  }
}

int certify_all(const CertifyRequest& request) {
  auto subjects = subjects_of(request);
  const auto witnesses = find_witnesses();
  contain_process();
  if (request.words.empty()) leave_out_impossible(subjects);
  const Instant start = now();
  using Measurement = std::packaged_task<std::vector<Property>()>;
  std::vector<Measurement> measurements;
  measurements.reserve(subjects.size());
  for (const auto& subject : subjects) {
    measurements.emplace_back([&] { return certify(subject.behavior, request.seed, witnesses); });
  }
  std::size_t agreeing = 0;
  const SideBySide workers(subjects.size(), measured_at_once(subjects.size()),
                           [&](std::size_t index) { measurements[index](); });
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (report(subjects[i], measurements[i].get_future().get(), request.verbose)) ++agreeing;
  }
  std::cout << fmt::format(
      "\n{} box{}: {} {} ({:.1f} s)\n", subjects.size(), subjects.size() == 1 ? "" : "es", agreeing,
      agreeing == 1 ? "is what it says" : "are what they say", seconds(now() - start));
  return agreeing == subjects.size() ? exit_as_expected : exit_unexpected;
}

}  // namespace

void add_certify_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("certify",
                                     "Prove that each emulated NAT, firewall, translator and link "
                                     "behaves as it says, by measuring "
                                     "it from both sides");
  auto request = std::make_shared<CertifyRequest>();
  command->add_option("BOX", request->words,
                      "Names or objects, as in 'behind'; everything that has a name if left out");
  command->add_flag("--all", request->all, "Every cell of the UDP grid too, and links");
  command->add_flag("-v,--verbose", request->verbose, "Show every property");
  command->add_option("--seed", request->seed, "For random ports");
  command->callback([request, &action] { action = [request] { return certify_all(*request); }; });
}

}  // namespace icelab
