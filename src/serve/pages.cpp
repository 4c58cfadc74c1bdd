#include "src/serve/pages.h"

#include "src/base/error.h"
#include "src/base/file.h"
#include "src/base/path.h"

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace icelab {
namespace {

constexpr size_t largest_page = 16U << 20;

std::string_view content_type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> types{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
  }};
  const auto* const found =
      std::ranges::find_if(types, [&](const auto& type) { return path.ends_with(type.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

template <typename Object>
using Held = std::unique_ptr<Object, decltype(&g_object_unref)>;

/// By gzip; empty if that fails, or is not smaller.
std::string compress(const std::string& plain) {
  constexpr int best = 9;
  const Held<GZlibCompressor> compressor(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, best),
                                         g_object_unref);
  std::string output(plain.size(), '\0');
  gsize read = 0;
  gsize written = 0;
  const auto result =
      g_converter_convert(G_CONVERTER(compressor.get()), plain.data(), plain.size(), output.data(),
                          output.size(), G_CONVERTER_INPUT_AT_END, &read, &written, nullptr);
  if (result != G_CONVERTER_FINISHED || written >= plain.size()) return {};
  output.resize(written);
  return output;
}

}  // namespace

Page make_page(std::string_view path, std::string content) {
  Page page{.content_type = std::string(content_type_of(path)),
            .plain = std::move(content),
            .compressed = {},
            // The bundler puts a hash of the content into the names of what it makes.
            .immutable = path.starts_with("/assets/")};
  if (!page.plain.empty()) page.compressed = compress(page.plain);
  return page;
}

Pages Pages::load(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(
          std::filesystem::symlink_status(folder / "index.html", error))) {
    throw UsageError(fmt::format(
        "no pages in {}: there is no index.html; ./dev web builds them, and --pages names another "
        "folder",
        folder.string()));
  }
  Pages pages;
  // What is hidden, or lies elsewhere, was not meant for everybody.
  const auto is_hidden = [](const auto& entry) {
    return entry.is_symlink() || entry.path().filename().string().starts_with('.');
  };
  const std::filesystem::recursive_directory_iterator end;
  for (std::filesystem::recursive_directory_iterator next(folder); next != end; ++next) {
    const auto& entry = *next;
    if (is_hidden(entry)) next.disable_recursion_pending();
    if (is_hidden(entry) || !entry.is_regular_file()) continue;
    const std::string path = "/" + entry.path().lexically_relative(folder).generic_string();
    pages.add(path, make_page(path, read_file(entry.path().string(), largest_page)));
  }
  return pages;
}

std::filesystem::path built_pages() {
  const auto programs = own_program("icelab").parent_path();
  auto installed = programs.parent_path() / "share/icelab/web";
  std::error_code error;
  if (std::filesystem::exists(installed, error)) return installed;
  return programs.parent_path().parent_path() / "web";
}

const Page* Pages::find(std::string_view path) const {
  const auto found = pages_.find(path == "/" ? "/index.html" : path);
  return found == pages_.end() ? nullptr : &found->second;
}

}  // namespace icelab
