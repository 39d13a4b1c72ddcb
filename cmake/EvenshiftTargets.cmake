# Targets of this project: every library gets the include root, the warnings and the sanitizers from here.

add_library(evenshift_options INTERFACE)
target_include_directories(evenshift_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(evenshift_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  -Wno-subobject-linkage  # GCC takes the anonymous namespaces of a unity build's files for those of headers
  -Wno-stringop-overflow -Wno-restrict  # GCC 12 sees them inside fmt and std::string, where they are not
  -ffp-contract=off)  # the same doubles for every instruction set

# Libraries and programs of this project have sanitizers; test programs do not, which halves their time to compile (and
# a compiler cache has them from the release build), nor has generated code.
add_library(evenshift_sanitizers INTERFACE)
if(EVENSHIFT_SANITIZE)
  target_compile_options(evenshift_sanitizers INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                        -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=address,undefined)
endif()

# Tests compile faster; what they test keeps its flags. Behind evenshift_options.
add_library(evenshift_test_options INTERFACE)
target_compile_options(evenshift_test_options INTERFACE -Og)

# evenshift_library(NAME SOURCES file... LINKS target...): target evenshift_NAME, alias evenshift::NAME.
# What LINKS names is the whole of what the library may include; tests/repo checks the includes against it.
function(evenshift_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(ARG_SOURCES)
    add_library(evenshift_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(evenshift_${name} PUBLIC evenshift_options ${ARG_LINKS}
                                            PRIVATE evenshift_sanitizers ${ARG_PRIVATE_LINKS})
  else()
    add_library(evenshift_${name} INTERFACE)
    target_link_libraries(evenshift_${name} INTERFACE evenshift_options ${ARG_LINKS})
  endif()
  add_library(evenshift::${name} ALIAS evenshift_${name})
endfunction()

# evenshift_test(NAME SOURCES file... LINKS target...): a GoogleTest program, run by ctest as NAME.
function(evenshift_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE evenshift_options evenshift_test_options ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM evenshift_test_headers)
  target_compile_definitions(${name} PRIVATE EVENSHIFT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests
                                           POSITION_INDEPENDENT_CODE OFF)  # as evenshift_test_headers
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
