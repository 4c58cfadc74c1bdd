#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

// What the text renderings draw with: tones, tables and wrapped lines on a terminal of a certain
// width.

struct TextStyle {
  size_t width = 80;   // columns
  bool color = false;  // ANSI colours (ECMA-48 SGR)
  bool utf8 = true;    // else plain ASCII
  /// Of every run, not only of those that are not as expected, and with what happened to each pair.
  bool explained = false;
};

enum class Tone { plain, strong, faint, relayed, bad, doubtful };

/// Text that has one tone. It may come from anywhere: what is not printable is replaced when drawn.
struct Span {
  std::string text;
  Tone tone = Tone::plain;
};

std::string paint(const Span& span, const TextStyle& style);

/// Lines of at most `width` columns, broken at blanks, or within a word that is longer.
std::vector<std::string> wrap(std::string_view text, size_t width);
/// The wrapped lines, each indented and ended.
std::string paint_lines(const Span& span, size_t indent, const TextStyle& style);

/// Columns two blanks apart, as wide as their widest cell; a column that is empty but for its title
/// is left out.
class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // aligned
  };
  struct Row {
    std::vector<Span> cells;  // one a column
    std::string below;        // a remark under the row; may be empty
  };

  explicit Table(std::vector<Column> columns);

  void add(Row row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] size_t width() const;
  [[nodiscard]] std::string render(size_t indent, const TextStyle& style) const;

 private:
  [[nodiscard]] std::vector<size_t> widths() const;
  [[nodiscard]] std::string render_row(const std::vector<Span>& cells, size_t indent,
                                       const TextStyle& style) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

struct Symbols {
  std::string_view unexpected;
  std::string_view error;
  std::string_view differs;
  std::string_view arrow;
};

Symbols symbols(const TextStyle& style);

}  // namespace icelab
