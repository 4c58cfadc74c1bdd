#include "harness/scenario/name.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t longest = 32;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= longest && is_lower(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_interface_name(std::string_view name) {
  constexpr size_t longest_interface = 15;  // IFNAMSIZ without its end
  return name != "lo" && name.size() <= longest_interface && is_host_name(name);
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && name.size() <= longest && is_letter(name.front()) &&
         std::ranges::all_of(
             name, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

void check_host_name(const JsonReader& reader, std::string_view name) {
  if (is_host_name(name)) return;
  reader.add_fault("a name is up to 32 small letters, digits and '-', a letter first");
}

void check_interface_name(const JsonReader& reader, std::string_view name) {
  if (is_interface_name(name)) return;
  reader.add_fault(
      "an interface's name is up to 15 small letters, digits and '-', a letter first, and not "
      "'lo'");
}

void check_parameter_name(const JsonReader& reader, std::string_view name) {
  if (is_parameter_name(name)) return;
  reader.add_fault("a parameter's name is up to 32 letters, digits, '-' and '_', a letter first");
}

}  // namespace icelab
