/* mlmon/abi.h - the ground rules of the mlmon plugin ABI, major version 1.
 *
 * C99 and C++11 and later, LP64 Linux. Needs <stddef.h> and <stdint.h>, nothing else.
 *
 * Conventions that hold for every struct and function in <mlmon/...>:
 *  1. Structs that may grow begin with `size`: whoever fills the struct sets it to sizeof. They grow
 *     at the end only; the reader uses MLMON_HAS before it touches a member younger than 1.0.
 *  2. Text is mlmon_str: UTF-8, pointer and length, not NUL-terminated. Plain `const char *` stands
 *     only in static descriptors and is NUL-terminated there.
 *  3. Memory never changes owner. What is passed in is valid for the call, what a function returns is
 *     valid as long as its comment says. Nothing is freed across the border.
 *  4. Functions that can fail return MLMON_OK (0) or a negative MLMON_E_*; the text goes to the host
 *     through set_error before the return.
 *  5. No exception, panic or longjmp crosses the border. The barrier is the plugin's own (a host's
 *     catch does not help a plugin with a private C++ runtime); <mlmon/observer.hpp> brings one.
 *  6. Every function says which thread may call it:
 *       [instance]  the one thread that belongs to the instance: the host makes all callbacks of an
 *                   instance there, never two at once
 *       [create]    the same thread, only during create()
 *       [any]       any thread, from entry to create() until destroy() returns
 *       [main]      the thread that loads plugins; no other thread of mlmon runs then
 */
#ifndef MLMON_ABI_H
#define MLMON_ABI_H

#include <stddef.h>
#include <stdint.h>

#define MLMON_ABI_MAJOR 1u /* also in the name of the entry symbol */
#define MLMON_ABI_MINOR 2u /* +1 whenever a member or a function is appended */

#if defined(__GNUC__)
#define MLMON_EXPORT __attribute__((visibility("default")))
#else
#define MLMON_EXPORT
#endif

/* True when the struct that P points to is long enough to hold FIELD of TYPE. */
#define MLMON_HAS(TYPE, P, FIELD) \
  ((P)->size >= offsetof(TYPE, FIELD) + sizeof(((TYPE *)0)->FIELD))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mlmon_str {
  const char *ptr;
  size_t len; /* bytes */
} mlmon_str;

/* Results. Values are never renumbered. */
#define MLMON_OK 0
#define MLMON_ENDED 1            /* act(): known from before, and over */
#define MLMON_E_FAILED (-1)      /* the instance is broken: it is destroyed and reported */
#define MLMON_E_INVALID (-2)     /* an argument is wrong, or the wrong thread called */
#define MLMON_E_UNSUPPORTED (-3) /* this host does not know what is asked */
#define MLMON_E_NOMEM (-4)
#define MLMON_E_CANCELLED (-5) /* the process is shutting down */
#define MLMON_E_NOT_FOUND (-6)
#define MLMON_E_CONFIG (-7) /* create(): the configuration cannot be used */

/* Log levels. */
#define MLMON_LOG_DEBUG 1
#define MLMON_LOG_INFO 2
#define MLMON_LOG_WARN 3
#define MLMON_LOG_ERROR 4

#ifdef __cplusplus
}
#endif
#endif
