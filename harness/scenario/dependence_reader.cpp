#include "harness/scenario/dependence_reader.h"

#include "harness/scenario/choice_reader.h"

namespace icelab {

void read_dependence(const JsonObject& object, std::string_view key, Dependence& dependence) {
  read_choice(object, key, dependence);
}

}  // namespace icelab
