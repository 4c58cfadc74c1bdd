#include "src/serve/forwarded.h"

#include <algorithm>
#include <string>

namespace icelab {
namespace {

/// Removes and returns what is before a separator that stands outside of quotes (RFC 9110 section
/// 5.6.4).
std::string_view take_until(std::string_view& text, char separator) {
  bool is_quoted = false;
  size_t end = 0;
  for (; end < text.size() && (is_quoted || text[end] != separator); ++end) {
    if (text[end] == '"') is_quoted = !is_quoted;
    if (is_quoted && text[end] == '\\') ++end;
  }
  end = std::min(end, text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// A client that ends its own part inside of quotes hides in them what a proxy adds.
bool has_open_quote(std::string_view text) {
  bool is_quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (is_quoted && text[at] == '\\') ++at;
  }
  return is_quoted;
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool equals_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other,
                            [](char left, char right) { return (left | 0x20) == (right | 0x20); });
}

/// `192.0.2.1`, `"192.0.2.1:80"`, `"[2001:db8::1]"` or `"[2001:db8::1]:80"`; others name nobody.
std::optional<IpAddress> read_node(std::string_view node) {
  if (node.size() >= 2 && node.front() == '"' && node.back() == '"')
    node = node.substr(1, node.size() - 2);
  if (const auto endpoint = Endpoint::parse(node)) return endpoint->address;
  if (node.size() >= 2 && node.front() == '[' && node.back() == ']')
    node = node.substr(1, node.size() - 2);
  return IpAddress::parse(node);
}

std::optional<IpAddress> read_element(std::string_view element) {
  while (!element.empty()) {
    std::string_view pair = take_until(element, ';');
    const std::string_view name = trim(take_until(pair, '='));
    if (equals_ignoring_case(name, "for")) return read_node(trim(pair));
  }
  return std::nullopt;
}

}  // namespace

bool covers(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
  return std::ranges::any_of(prefixes,
                             [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

std::optional<IpAddress> forwarded_client(std::string_view header,
                                          const std::vector<IpPrefix>& proxies) {
  if (has_open_quote(header)) return std::nullopt;
  std::vector<std::string_view> elements;
  while (!header.empty()) elements.push_back(take_until(header, ','));
  std::optional<IpAddress> client;
  for (auto element = elements.rbegin(); element != elements.rend(); ++element) {
    client = read_element(*element);
    if (!client || !covers(proxies, *client)) break;
  }
  return client;
}

}  // namespace icelab
