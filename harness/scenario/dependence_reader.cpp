#include "harness/scenario/dependence_reader.h"

namespace icelab {

void read_dependence(const JsonObject& object, std::string_view key, Dependence& dependence) {
  static const std::vector<std::string> known = {
      std::string(to_string(Dependence::endpoint_independent)),
      std::string(to_string(Dependence::address_dependent)),
      std::string(to_string(Dependence::address_and_port_dependent))};
  const auto member = object.find(key);
  const auto word = member ? member->word(key, known) : std::nullopt;
  if (word) dependence = *parse_dependence(*word);
}

}  // namespace icelab
