# Code for one instruction set must define nothing that another file could use in its place: no object of kernels has
# weak symbols, and each defines exactly its one function. Called with NM and OBJECTS.
foreach(object IN LISTS OBJECTS)
  get_filename_component(name "${object}" NAME)
  if(NOT name MATCHES "^kernels_(.*)\\.cpp\\.o$")
    continue()
  endif()
  set(set "${CMAKE_MATCH_1}")
  execute_process(COMMAND "${NM}" --defined-only --extern-only -C "${object}" OUTPUT_VARIABLE symbols
                  COMMAND_ERROR_IS_FATAL ANY)
  string(STRIP "${symbols}" symbols)
  if(NOT symbols MATCHES "^[0-9a-f]+ T evenshift::sim::${set}_kernels\\(\\)$")
    message(FATAL_ERROR "${name} defines more than ${set}_kernels():\n${symbols}")
  endif()
  math(EXPR checked "${checked} + 1")
endforeach()
if(NOT checked EQUAL 4)
  message(FATAL_ERROR "4 objects of kernels were expected, ${checked} were there")
endif()
