# mlmon_add_plugin(NAME SOURCE...): the target NAME, a plugin NAME.so that exports the entry symbol and
# nothing else. Finds plugin.map from this file's own place, PREFIX/lib/cmake/mlmon.
function(mlmon_add_plugin name)
  get_filename_component(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../mlmon/plugin.map" ABSOLUTE)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE mlmon::sdk)
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE "-Wl,--version-script=${map}" -Wl,-z,defs)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${map}")
endfunction()
