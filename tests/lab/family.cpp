#include "tests/lab/family.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace icelab {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

fs::path proc(pid_t pid) {
  return fmt::format("/proc/{}", pid);
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::ranges::all_of(name, [](char c) { return std::isdigit(c) != 0; }))
      found.push_back(std::stoi(name));
  }
  return found;
}

/// A process may end while it is looked at: then it is in none.
std::set<std::string> networks_of(pid_t pid) {
  std::set<std::string> found;
  std::error_code gone;
  const std::string own = fs::read_symlink(proc(pid) / "ns/net", gone);
  if (!own.empty()) found.insert(own);
  for (fs::directory_iterator fd(proc(pid) / "fd", gone), end; fd != end; fd.increment(gone)) {
    const std::string target = fs::read_symlink(fd->path(), gone);
    if (target.starts_with("net:[")) found.insert(target);
  }
  return found;
}

}  // namespace

Family::Family() {
  static int count = 0;
  mark_ = fmt::format("{}-{}", getpid(), ++count);
}

Program::Variables Family::environment() const {
  return {{"ICELAB_TEST_FAMILY", mark_}};
}

std::vector<pid_t> Family::processes() const {
  const std::string mark = fmt::format("ICELAB_TEST_FAMILY={}", mark_) + '\0';
  auto found = all_processes();
  std::erase_if(found, [&](pid_t pid) {
    return content(proc(pid) / "environ").find(mark) == std::string::npos;
  });
  return found;
}

std::vector<pid_t> Family::processes_of(const std::string& program) const {
  auto found = processes();
  std::erase_if(found, [&](pid_t pid) { return content(proc(pid) / "comm") != program + "\n"; });
  return found;
}

std::set<std::string> Family::networks() const {
  std::set<std::string> found;
  for (const pid_t pid : processes()) found.merge(networks_of(pid));
  for (const auto& own : networks_of(getpid())) found.erase(own);
  return found;
}

std::set<std::string> still_alive(const std::set<std::string>& networks) {
  std::set<std::string> alive;
  for (const pid_t pid : all_processes()) {
    for (const auto& network : networks_of(pid)) {
      if (networks.contains(network)) alive.insert(network);
    }
  }
  return alive;
}

pid_t only_child(pid_t pid) {
  return std::stoi(content(proc(pid) / fmt::format("task/{}/children", pid)));
}

}  // namespace icelab
