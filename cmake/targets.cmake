# quayside_library(NAME SOURCES file... [DEPS target...] [PUBLIC_DEPS target...])
#   A static library of ours; headers are included from the top of the tree ("common/base/status.h").
# quayside_test(NAME LABEL unit|sim|integration|e2e SOURCES file... [DEPS target...])
#   A GoogleTest program; its cases become ctest entries.

function(quayside_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PUBLIC_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC_DEPS} PRIVATE quayside_warnings ${ARG_DEPS})
endfunction()

function(quayside_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE quayside_warnings ${ARG_DEPS} test_source_dir GTest::gtest_main GTest::gmock)
  if(QUAYSIDE_SANITIZE MATCHES "thread")
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:tsan_absl_mutex>)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${ARG_LABEL})
endfunction()
