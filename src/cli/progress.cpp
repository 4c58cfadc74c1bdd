#include "src/cli/progress.h"

#include "src/cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

namespace icelab {

Progress::Progress(size_t runs)
    : runs_(runs), live_(isatty(STDERR_FILENO) == 1), width_(text_style(STDERR_FILENO).width) {
  if (live_) draw(fmt::format("0/{}", runs_));
}

void Progress::ended(const RunReport& run) {
  ++ended_;
  if (run.verdict != RunVerdict::as_expected && run.verdict != RunVerdict::skipped)
    ++not_as_expected_;
  const std::string what = fmt::format("{}/{}  {:.2f} s {}", run.scenario, run.name,
                                       run.seconds.total, to_string(run.verdict));
  if (live_) {
    const std::string amiss =
        not_as_expected_ > 0 ? fmt::format(", {} not as expected", not_as_expected_) : "";
    draw(fmt::format("{}/{}{}  {}", ended_, runs_, amiss, what));
  } else {
    std::cerr << fmt::format("{}/{}  {}\n", ended_, runs_, what);
  }
}

void Progress::draw(const std::string& line) const {
  // One column short of the edge, so that no terminal wraps it.
  std::cerr << "\r\033[K" << line.substr(0, width_ - 1) << std::flush;
}

void Progress::finish() const {
  if (live_) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace icelab
