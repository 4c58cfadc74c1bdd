#include "src/cli/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace icelab {
namespace {

constexpr size_t narrowest = 40;
constexpr size_t usual = 100;

size_t columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* variable = std::getenv("COLUMNS");
  size_t columns = usual;
  if (variable != nullptr) std::from_chars(variable, variable + std::strlen(variable), columns);
  return columns;
}

bool wants_color(int descriptor) {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return isatty(descriptor) == 1 && !dumb && std::getenv("NO_COLOR") == nullptr;
}

bool speaks_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

}  // namespace

TextStyle text_style(int descriptor) {
  return {.width = std::max(narrowest, columns(descriptor)),
          .color = wants_color(descriptor),
          .utf8 = speaks_utf8()};
}

}  // namespace icelab
