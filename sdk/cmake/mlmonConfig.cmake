# find_package(mlmon): the target mlmon::sdk (headers of the plugin ABI and its C++17 wrapper) and the
# function mlmon_add_plugin. Everything is found from this file's own place, PREFIX/lib/cmake/mlmon.
get_filename_component(_mlmon_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET mlmon::sdk)
  add_library(mlmon::sdk INTERFACE IMPORTED)
  set_target_properties(mlmon::sdk PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_mlmon_prefix}/include")
endif()
unset(_mlmon_prefix)

include("${CMAKE_CURRENT_LIST_DIR}/mlmon_add_plugin.cmake")
