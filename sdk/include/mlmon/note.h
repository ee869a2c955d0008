/* mlmon/note.h - what a plugin is, readable without running its code.
 *
 * An allocated ELF note (section .note.mlmon, owner "mlmon", type MLMON_NOTE_TYPE) whose
 * description is one JSON object, not NUL-terminated:
 *
 *   {"abi":"1.0","classes":[{"id":"…","version":"…","summary":"…","roles":["observer","delivery"]}]}
 *
 * It survives strip and --gc-sections; `readelf -n` shows it. Optional for the host, which compares
 * it with the descriptors when both are there. MLMON_PLUGIN of <mlmon/plugin.hpp> writes it for
 * C++.
 *
 * For C, one line at file scope in one source writes descriptor, entry symbol and note of a plugin
 * with one class, from the same literals:
 *
 *   MLMON_OBSERVER_PLUGIN("org.example.stale", "1.0.0", "one line", SCHEMA, &observer_role)
 *
 * ID, VERSION and SUMMARY are string literals without quotes, backslashes and control characters;
 * SCHEMA is a string or NULL. Needs GCC or Clang. C99 and C++11 and later.
 */
#ifndef MLMON_NOTE_H
#define MLMON_NOTE_H

#include "plugin.h"

#define MLMON_NOTE_TYPE 1u
#define MLMON_NOTE_ABI "1.2"
#if MLMON_ABI_MAJOR != 1 || MLMON_ABI_MINOR != 2
#error "MLMON_NOTE_ABI is not the version in abi.h"
#endif

/* The note alone; JSON is a string literal. */
#define MLMON_NOTE(JSON)                                                     \
  static const struct {                                                      \
    uint32_t owner_size, json_size, type;                                    \
    char owner[8];                                                           \
    char json[(sizeof(JSON) + 3) / 4 * 4];                                   \
  } mlmon_note __attribute__((section(".note.mlmon"), used, aligned(4))) = { \
      6, (uint32_t)(sizeof(JSON) - 1), MLMON_NOTE_TYPE, "mlmon", JSON};

/* For the array of "classes": ROLES is the text inside of its brackets. */
#define MLMON_NOTE_CLASS(ID, VERSION, SUMMARY, ROLES)                                            \
  "{\"id\":\"" ID "\",\"version\":\"" VERSION "\",\"summary\":\"" SUMMARY "\",\"roles\":[" ROLES \
  "]}"

#define MLMON_ONE_CLASS_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, DELIVERY, ROLES, MIN_MINOR, \
                               STATE_VERSION, SUBSCRIBES, EMITS)                                   \
  MLMON_NOTE("{\"abi\":\"" MLMON_NOTE_ABI                                                          \
             "\",\"classes\":[" MLMON_NOTE_CLASS(ID, VERSION, SUMMARY, ROLES) "]}")                \
  static const mlmon_class mlmon_the_class = {                                                     \
      sizeof(mlmon_class), STATE_VERSION, ID,       VERSION,    SUMMARY,                           \
      SCHEMA,              OBSERVER,      DELIVERY, SUBSCRIBES, EMITS};                            \
  static const mlmon_class* const mlmon_the_classes[] = {&mlmon_the_class};                        \
  static const mlmon_plugin mlmon_the_plugin = {                                                   \
      sizeof(mlmon_plugin), MLMON_ABI_MAJOR, MLMON_ABI_MINOR, MIN_MINOR, 0, 1, mlmon_the_classes}; \
  const mlmon_plugin* mlmon_plugin_entry_v1(const mlmon_loader* loader) {                          \
    (void)loader;                                                                                  \
    return &mlmon_the_plugin;                                                                      \
  }

#define MLMON_OBSERVER_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER) \
  MLMON_ONE_CLASS_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, NULL, "\"observer\"", 0, 0, \
                         NULL, NULL)

/* 1.1: the same with state_version, subscribes and emits of mlmon_class; needs a host of 1.1. */
#define MLMON_OBSERVER_PLUGIN_WITH(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, STATE_VERSION,      \
                                   SUBSCRIBES, EMITS)                                          \
  MLMON_ONE_CLASS_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, NULL, "\"observer\"", 1,      \
                         STATE_VERSION, SUBSCRIBES, EMITS)

#define MLMON_DELIVERY_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, DELIVERY) \
  MLMON_ONE_CLASS_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, NULL, DELIVERY, "\"delivery\"", 0, 0, \
                         NULL, NULL)

#define MLMON_OBSERVER_DELIVERY_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, DELIVERY) \
  MLMON_ONE_CLASS_PLUGIN(ID, VERSION, SUMMARY, SCHEMA, OBSERVER, DELIVERY,               \
                         "\"observer\",\"delivery\"", 0, 0, NULL, NULL)

#endif
