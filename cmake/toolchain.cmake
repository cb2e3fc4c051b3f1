# Compiler, linker and warnings, the same for every target of ours.

# Every clone of one state compiles the same: paths are taken from the top of the tree, so that one cache serves all.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

set(QUAYSIDE_SANITIZE "" CACHE STRING "Sanitizers for everything, as -fsanitize= takes them")
if(QUAYSIDE_SANITIZE)
  add_compile_options(-fsanitize=${QUAYSIDE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${QUAYSIDE_SANITIZE})
endif()

add_library(quayside_warnings INTERFACE)
target_compile_options(quayside_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  -Wno-missing-field-initializers)  # designated initialisers name what differs from the default
