#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace icelab {

/// A file of the pages, ready to be sent.
struct Page {
  std::string content_type;  // "text/html; charset=utf-8"
  std::string plain;
  std::string compressed;  // by gzip (RFC 1952); empty where that would not be smaller
  /// Whether its name changes with its content, so that it may be kept for ever.
  bool immutable = false;
};

/// The pages, all in memory: what is served is what was there at the start, and no name that a
/// client sends ever reaches the file system.
class Pages {
 public:
  /// Everything under a folder but hidden files and symbolic links. Throws UsageError if there is
  /// no index.html in it.
  static Pages load(const std::filesystem::path& folder);

  /// By path, "/assets/index-1a2b.js"; "/" is index.html. Nothing if there is none.
  [[nodiscard]] const Page* find(std::string_view path) const;
  void add(std::string path, Page page) {
    pages_.insert_or_assign(std::move(path), std::move(page));
  }

 private:
  std::map<std::string, Page, std::less<>> pages_;
};

/// Where the call page is: with the installed program, or where `./dev web` builds it.
std::filesystem::path built_pages();

/// Makes a page of a text: its type by the path's ending.
Page make_page(std::string_view path, std::string content);

}  // namespace icelab
