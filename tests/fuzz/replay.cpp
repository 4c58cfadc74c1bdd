// Runs a fuzz target without a fuzzer: over a corpus, then over seeded mutations of it, always the
// same. usage: replay CORPUS-FOLDER MUTATIONS

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  // NOLINT

namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::minstd_rand;

/// The files of a folder, in the same order everywhere.
std::vector<Bytes> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

/// Runs over memory of exactly the input's size, so that a sanitizer sees each step beyond it.
void run(Bytes input) {
  input.shrink_to_fit();
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

/// Most mutations keep the total length true: otherwise hardly any would get past the first check.
void mutate(Bytes& bytes, Random& random) {
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (std::size_t edits = 1 + below(4); edits > 0 && !bytes.empty(); --edits) {
    switch (below(4)) {
      case 0:
        bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        bytes[below(bytes.size())] = static_cast<std::uint8_t>(below(256));
        break;
      case 2:
        bytes.resize(below(bytes.size()) + 1);
        break;
      default:
        bytes.resize(bytes.size() + below(16), static_cast<std::uint8_t>(below(256)));
        break;
    }
  }
  if (bytes.size() < 4 || below(8) == 0) return;
  bytes[2] = static_cast<std::uint8_t>(bytes.size() >> 8);
  bytes[3] = static_cast<std::uint8_t>(bytes.size());
  if (bytes.size() < 40 || bytes[0] >> 4 != 6) return;  // IPv6 has it elsewhere, without the header
  bytes[4] = static_cast<std::uint8_t>((bytes.size() - 40) >> 8);
  bytes[5] = static_cast<std::uint8_t>(bytes.size() - 40);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned mutations = 0;
  const std::string_view count = argc == 3 ? argv[2] : "";
  if (count.empty() ||
      std::from_chars(count.data(), count.data() + count.size(), mutations).ec != std::errc{}) {
    fmt::print(stderr, "usage: {} CORPUS-FOLDER MUTATIONS\n", argv[0]);
    return 2;
  }
  const auto corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    fmt::print(stderr, "{}: the corpus is empty\n", argv[1]);
    return 1;
  }
  for (const Bytes& input : corpus) run(input);
  Random random(1);
  for (unsigned i = 0; i < mutations; ++i) {
    Bytes input = corpus[random() % corpus.size()];
    mutate(input, random);
    run(std::move(input));
  }
  fmt::print("{} inputs and {} mutations of them\n", corpus.size(), mutations);
}
