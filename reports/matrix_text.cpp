#include "reports/matrix_text.h"

#include "reports/run_text.h"
#include "src/base/text.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

using Runs = std::vector<const RunReport*>;

/// What a cell shows: of its one run, or of all its repeats.
struct CellText {
  Span path;
  std::string time;
  Span mark;
};

struct Matrix {
  std::vector<std::string> rows;  // values of the first parameter, in the order in which they occur
  std::vector<std::string> columns;
  std::vector<std::vector<CellText>> cells;
};

std::vector<std::string> values_of(std::span<const RunReport> runs, size_t parameter) {
  std::vector<std::string> values;
  for (const auto& run : runs) {
    const auto& value = run.parameters[parameter].second;
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

std::string path_word(const RunReport& run) {
  const bool has_path = run.verdict != RunVerdict::error && run.verdict != RunVerdict::skipped;
  return std::string(has_path ? to_string(run.path) : to_string(run.verdict));
}

Tone path_tone(const RunReport& run) {
  if (run.verdict == RunVerdict::error) return Tone::doubtful;
  if (run.verdict == RunVerdict::skipped) return Tone::faint;
  if (run.verdict == RunVerdict::unexpected) return Tone::bad;
  return run.path == Path::relay ? Tone::relayed : Tone::plain;
}

std::optional<double> median_seconds(const Runs& runs) {
  std::vector<double> seconds;
  for (const auto* run : runs) {
    if (run->seconds.connected) seconds.push_back(*run->seconds.connected);
  }
  if (seconds.empty()) return std::nullopt;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::ranges::nth_element(seconds, middle);
  return *middle;
}

/// Repeats show the worst of them, and how many were as expected if not all were.
CellText summarize(const Runs& runs, const TextStyle& style) {
  if (runs.empty()) return {{"."}, "", {}};
  const auto* worst = *std::ranges::max_element(runs, {}, &RunReport::verdict);
  const auto is_expected = [](const RunReport* run) {
    return run->verdict == RunVerdict::as_expected;
  };
  const auto expected = std::ranges::count_if(runs, is_expected);
  const bool is_mixed = std::ranges::any_of(
      runs, [&](const RunReport* run) { return path_word(*run) != path_word(*worst); });
  CellText cell;
  cell.path = {is_mixed ? "mixed" : path_word(*worst), path_tone(*worst)};
  cell.time = runs.size() > 1 && worst->verdict != RunVerdict::as_expected
                  ? fmt::format("{}/{}", expected, runs.size())
                  : format_seconds(median_seconds(runs), "");
  cell.mark = verdict_mark(worst->verdict, style);
  return cell;
}

Runs runs_of(std::span<const RunReport> runs, const std::string& row, const std::string& column) {
  Runs found;
  for (const auto& run : runs) {
    if (run.parameters[0].second == row && run.parameters[1].second == column)
      found.push_back(&run);
  }
  return found;
}

Matrix make_matrix(std::span<const RunReport> runs, const TextStyle& style) {
  Matrix matrix{values_of(runs, 0), values_of(runs, 1), {}};
  for (const auto& row : matrix.rows) {
    auto& cells = matrix.cells.emplace_back();
    for (const auto& column : matrix.columns) {
      cells.push_back(summarize(runs_of(runs, row, column), style));
    }
  }
  return matrix;
}

/// The lines of a column's head: its value, broken after hyphens.
std::vector<std::string> broken(const std::string& value) {
  auto lines = split(value, '-');
  for (size_t i = 0; i + 1 < lines.size(); ++i) lines[i] += '-';
  return lines;
}

/// A row's value on the two lines of its cells; the second is empty if the value is short.
std::pair<std::string, std::string> halves(const std::string& value) {
  constexpr size_t longest = 16;
  const size_t hyphen = value.size() > longest ? value.rfind('-', longest - 1) : std::string::npos;
  if (hyphen == std::string::npos) return {value, ""};
  return {value.substr(0, hyphen + 1), value.substr(hyphen + 1)};
}

std::vector<Span> head_line(const std::vector<std::vector<std::string>>& heads, size_t height,
                            size_t line) {
  std::vector<Span> spans = {{""}};
  for (const auto& head : heads) {
    const size_t above = height - head.size();  // heads stand on the cells
    spans.push_back({line < above ? "" : head[line - above], Tone::faint});
  }
  return spans;
}

Span joined(const CellText& cell, bool with_path) {
  std::string text = with_path ? cell.path.text : "";
  for (const auto& part : {cell.time, cell.mark.text}) {
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  }
  return {text, with_path || !cell.mark.text.empty() ? cell.path.tone : Tone::faint};
}

/// One of the ways to lay a matrix out: whole, broken or numbered heads, cells on one line or two.
Table lay_out(const Matrix& matrix, const std::vector<std::vector<std::string>>& heads,
              bool on_one_line) {
  Table table(std::vector<Table::Column>(matrix.columns.size() + 1));
  const size_t height = std::ranges::max(heads, {}, &std::vector<std::string>::size).size();
  for (size_t line = 0; line < height; ++line) table.add({head_line(heads, height, line), ""});
  for (size_t row = 0; row < matrix.rows.size(); ++row) {
    const auto& value = matrix.rows[row];
    const auto [upper, lower] = on_one_line ? std::pair(value, std::string()) : halves(value);
    std::vector<Span> first = {{upper}};
    std::vector<Span> second = {{lower}};
    for (const auto& cell : matrix.cells[row]) {
      first.push_back(on_one_line ? joined(cell, true) : cell.path);
      second.push_back(joined(cell, false));
    }
    table.add({first, ""});
    if (!on_one_line) table.add({second, ""});
  }
  return table;
}

std::vector<std::vector<std::string>> whole_heads(const Matrix& matrix) {
  std::vector<std::vector<std::string>> heads;
  for (const auto& value : matrix.columns) heads.push_back({value});
  return heads;
}

std::vector<std::vector<std::string>> broken_heads(const Matrix& matrix) {
  std::vector<std::vector<std::string>> heads;
  for (const auto& value : matrix.columns) heads.push_back(broken(value));
  return heads;
}

std::vector<std::vector<std::string>> numbered_heads(const Matrix& matrix) {
  std::vector<std::vector<std::string>> heads;
  for (size_t i = 1; i <= matrix.columns.size(); ++i) heads.push_back({std::to_string(i)});
  return heads;
}

std::string number_key(const Matrix& matrix) {
  std::vector<std::string> entries;
  for (size_t i = 0; i < matrix.columns.size(); ++i) {
    entries.push_back(fmt::format("{}={}", i + 1, matrix.columns[i]));
  }
  return fmt::format("{}", fmt::join(entries, ", "));
}

bool has_two_parameters(const RunReport& run) {
  return run.parameters.size() == 2;
}

}  // namespace

std::string render_matrix(std::span<const RunReport> runs, const TextStyle& style) {
  constexpr size_t indent = 2;
  if (runs.empty() || !std::ranges::all_of(runs, has_two_parameters)) return "";
  const auto matrix = make_matrix(runs, style);
  for (const auto& [heads, on_one_line] :
       {std::pair(whole_heads(matrix), true), std::pair(broken_heads(matrix), true),
        std::pair(broken_heads(matrix), false)}) {
    const auto table = lay_out(matrix, heads, on_one_line);
    if (indent + table.width() <= style.width) return table.render(indent, style);
  }
  const auto table = lay_out(matrix, numbered_heads(matrix), false);
  if (indent + table.width() > style.width) return "";
  return table.render(indent, style) + "\n" +
         paint_lines({number_key(matrix), Tone::faint}, indent, style);
}

std::string render_list(std::span<const RunReport> runs, const TextStyle& style) {
  Table table({{""}, {""}, {"", true}, {""}});
  const bool repeated = is_repeated(runs);
  for (const auto& run : runs) {
    table.add({{{run_label(run, repeated)},
                {path_word(run), path_tone(run)},
                {format_seconds(run.seconds.connected, " s"), Tone::faint},
                verdict_mark(run.verdict, style)},
               ""});
  }
  return table.render(2, style);
}

}  // namespace icelab
