# What every target of the project is built with.
add_library(icelab_options INTERFACE)
target_include_directories(icelab_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(icelab_options INTERFACE ICELAB_VERSION="${PROJECT_VERSION}")
target_compile_options(icelab_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       -Wnon-virtual-dtor -Woverloaded-virtual -Werror
                       # GCC 12 sees overlaps in std::string's own code that cannot be (its bug 105651), and
                       # at -O3 uses of values that an std::optional does not have (its bug 80635).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized>)
if(ICELAB_SANITIZE OR ICELAB_FUZZ)
  target_compile_options(icelab_options INTERFACE -fsanitize=address,undefined
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(icelab_options INTERFACE -fsanitize=address,undefined)
endif()
if(ICELAB_FUZZ)
  # libFuzzer's counters in every library; who has a main() of its own links without libFuzzer's.
  target_compile_options(icelab_options INTERFACE -fsanitize=fuzzer-no-link,float-cast-overflow)
  target_link_options(icelab_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# icelab_library(NAME SOURCES file... LINKS target...): a room of the house as a static library.
# LINKS are the rooms it may use; nothing else is visible to the linker.
function(icelab_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(icelab_${name} STATIC ${arg_SOURCES})
  target_link_libraries(icelab_${name} PUBLIC icelab_options ${arg_LINKS})
endfunction()
