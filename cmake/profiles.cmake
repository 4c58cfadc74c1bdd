# Writes the files of scenarios/profiles into a source, so that the program finds them wherever it is.
function(icelab_write_profiles output)
  set(folder ${PROJECT_SOURCE_DIR}/scenarios/profiles)
  file(GLOB names RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*.json)
  list(TRANSFORM names REPLACE "\\.json$" "")
  list(SORT names)
  set(entries "")
  foreach(name ${names})
    set(file ${folder}/${name}.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND entries "    {\"${name}\", R\"profile(${text})profile\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
#include "harness/scenario/profile_files.h"

#include <array>

namespace icelab {

std::span<const ProfileFile> profile_files() {
  static constexpr auto files = std::to_array<ProfileFile>({
@entries@  });
  return files;
}

}  // namespace icelab
]])
endfunction()
