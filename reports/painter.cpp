#include "reports/painter.h"

#include "src/base/text.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

constexpr size_t gap = 2;

std::string_view select_graphic_rendition(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::strong:
      return "1";
    case Tone::faint:
      return "2";
    case Tone::relayed:
      return "36";
    case Tone::bad:
      return "1;31";
    case Tone::doubtful:
      return "33";
  }
  return "";
}

std::string to_ascii(std::string_view text) {
  std::string ascii;
  while (!text.empty()) {
    const char32_t value = take_code_point(text);
    ascii += value < 0x80 ? static_cast<char>(value) : '?';
  }
  return ascii;
}

std::string blanks(size_t count) {
  return std::string(count, ' ');  // NOLINT(modernize-return-braced-init-list): two characters
}

/// Takes at most `width` code points off the text.
std::string take_piece(std::string_view& text, size_t width) {
  std::string piece;
  for (size_t i = 0; i < width && !text.empty(); ++i)
    append_code_point(piece, take_code_point(text));
  return piece;
}

}  // namespace

std::string paint(const Span& span, const TextStyle& style) {
  auto text = to_printable(span.text);
  if (!style.utf8) text = to_ascii(text);
  const auto rendition = select_graphic_rendition(span.tone);
  if (!style.color || rendition.empty() || text.empty()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", rendition, text);
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  size_t used = 0;
  for (const auto& word : split(text, ' ')) {
    if (word.empty()) continue;
    std::string_view rest = word;
    const size_t length = count_code_points(word);
    if (!lines.empty() && used + 1 + length <= width) {
      lines.back() += ' ' + word;
      used += 1 + length;
      continue;
    }
    for (used = length; used > width; used -= width) lines.push_back(take_piece(rest, width));
    lines.emplace_back(rest);
  }
  return lines;
}

std::string paint_lines(const Span& span, size_t indent, const TextStyle& style) {
  constexpr size_t narrowest = 20;
  const size_t width = std::max(style.width, indent + narrowest) - indent;
  std::string text;
  for (const auto& line : wrap(span.text, width)) {
    text += fmt::format("{}{}\n", blanks(indent), paint({line, span.tone}, style));
  }
  return text;
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

std::vector<size_t> Table::widths() const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], count_code_points(row.cells[i].text));
    }
  }
  for (size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] > 0) widths[i] = std::max(widths[i], count_code_points(columns_[i].title));
  }
  return widths;
}

size_t Table::width() const {
  size_t width = 0;
  for (const size_t column : widths()) {
    if (column > 0) width += column + (width > 0 ? gap : 0);
  }
  return width;
}

std::string Table::render_row(const std::vector<Span>& cells, size_t indent,
                              const TextStyle& style) const {
  const auto all_widths = widths();
  std::string line;
  std::string pending = blanks(indent);  // so that no line ends in blanks
  for (size_t i = 0; i < cells.size(); ++i) {
    if (all_widths[i] == 0) continue;
    const auto padding = blanks(all_widths[i] - count_code_points(cells[i].text));
    if (columns_[i].right) pending += padding;
    if (!cells[i].text.empty()) line += std::exchange(pending, "") + paint(cells[i], style);
    if (!columns_[i].right) pending += padding;
    pending += blanks(gap);
  }
  return line + "\n";
}

std::string Table::render(size_t indent, const TextStyle& style) const {
  std::vector<Span> titles;
  for (const auto& column : columns_) titles.push_back({column.title, Tone::faint});
  const bool has_titles =
      std::ranges::any_of(columns_, [](const auto& one) { return !one.title.empty(); });
  std::string text = has_titles ? render_row(titles, indent, style) : "";
  for (const auto& row : rows_) {
    text += render_row(row.cells, indent, style);
    text += paint_lines({row.below, Tone::faint}, indent + gap, style);
  }
  return text;
}

Symbols symbols(const TextStyle& style) {
  if (style.utf8) return {.unexpected = "✗", .error = "!", .differs = "≠", .arrow = "→"};
  return {.unexpected = "x", .error = "!", .differs = "!=", .arrow = "->"};
}

}  // namespace icelab
