/* mlmon/testing_json.h - memory, JSON and times for <mlmon/testing.h>. */
#ifndef MLMON_TESTING_JSON_H
#define MLMON_TESTING_JSON_H

#include "config.h"
#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was allocated, freed all at once. */
typedef struct mlmon_testing_memory {
  void **at;
  size_t n;
} mlmon_testing_memory;

/* Zeros; never NULL. */
static inline void *mlmon_testing_take(mlmon_testing_memory *memory, size_t size) {
  const int full = (memory->n & (memory->n - 1)) == 0; /* it has room for a power of two of them */
  void **all = full ? (void **)realloc(memory->at, (2 * memory->n + 1) * sizeof *all) : memory->at;
  void *taken = calloc(1, size == 0 ? 1 : size);
  if (all == NULL || taken == NULL) abort();
  memory->at = all;
  all[memory->n++] = taken;
  return taken;
}

static inline void mlmon_testing_release(mlmon_testing_memory *memory) {
  size_t i;
  for (i = 0; i < memory->n; i++) free(memory->at[i]);
  free(memory->at);
  memory->at = NULL;
  memory->n = 0;
}

/* The text with a NUL behind it. */
static inline char *mlmon_testing_copy(mlmon_testing_memory *memory, mlmon_str text) {
  char *out = (char *)mlmon_testing_take(memory, text.len + 1);
  if (text.len > 0) memcpy(out, text.ptr, text.len);
  return out;
}

/* A copy of n elements, with room for a power of two of them. */
static inline void *mlmon_testing_array(mlmon_testing_memory *memory, const void *from, size_t n, size_t most,
                                        size_t size) {
  size_t room = 1;
  void *out;
  while (room < most) room *= 2;
  out = mlmon_testing_take(memory, room * size);
  if (n > 0) memcpy(out, from, n * size);
  return out;
}

/* The n elements with room for one more. */
static inline void *mlmon_testing_longer(mlmon_testing_memory *memory, void *from, size_t n, size_t size) {
  return (n & (n - 1)) == 0 ? mlmon_testing_array(memory, from, n, n + 1, size) : from;
}

static inline int mlmon_testing_same(mlmon_str a, mlmon_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The text of a JSON string. */
static inline mlmon_str mlmon_testing_unescape(mlmon_testing_memory *memory, mlmon_str json) {
  char *out = (char *)mlmon_testing_take(memory, json.len);
  const char *p = json.ptr + 1, *end = json.ptr + json.len - 1;
  mlmon_str text;
  text.ptr = out;
  text.len = 0;
  while (p < end) {
    char one[4] = {*p};
    const size_t n = *p == '\\' ? mlmon_json_unescape(&p, one) : (p++, (size_t)1);
    memcpy(out + text.len, one, n);
    text.len += n;
  }
  return text;
}

/* The next member of an object or item of an array, from *p on, which is behind its bracket or the one before, and
 * then behind this one; 0: there is none. */
static inline int mlmon_testing_next(mlmon_testing_memory *memory, const char **p, const char *end, int object,
                                     mlmon_str *name, mlmon_str *value) {
  const char *at = mlmon_json_skip(*p, end, ",");
  if (at >= end || *at == '}' || *at == ']') return 0;
  if (object) {
    const char *behind = mlmon_json_skip_string(at, end);
    mlmon_str quoted;
    quoted.ptr = at;
    quoted.len = (size_t)(behind - at);
    *name = mlmon_testing_unescape(memory, quoted);
    at = mlmon_json_skip(behind, end, ":");
  }
  value->ptr = at;
  at = mlmon_json_skip_value(at, end);
  *p = at;
  while (at > value->ptr && strchr(" \t\r\n", at[-1]) != NULL) at--;
  value->len = (size_t)(at - value->ptr);
  return 1;
}

/* The value that a JSON pointer leads to; 0: there is none. */
static inline int mlmon_testing_resolve(mlmon_testing_memory *memory, mlmon_str json, mlmon_str pointer,
                                        mlmon_str *out) {
  const char *p = pointer.ptr, *end = pointer.ptr + pointer.len;
  while (p < end) {
    char *token = (char *)mlmon_testing_take(memory, pointer.len);
    mlmon_str wanted, name = {NULL, 0}, value = {NULL, 0};
    const char *at = json.ptr;
    const int object = json.len > 0 && *at == '{';
    size_t index = 0;
    char number[24];
    int found = 0;
    wanted.ptr = token;
    wanted.len = 0;
    for (p++; p < end && *p != '/'; p++) {
      const int escape = *p == '~' && p + 1 < end;
      token[wanted.len++] = escape ? (*++p == '0' ? '~' : '/') : *p;
    }
    if (!object && (json.len == 0 || *at != '[')) return 0;
    at++;
    while (!found && mlmon_testing_next(memory, &at, json.ptr + json.len, object, &name, &value)) {
      snprintf(number, sizeof number, "%zu", index++);
      found = mlmon_testing_same(wanted, object ? name : mlmon_str_of(number));
    }
    if (!found) return 0;
    json = value;
  }
  *out = json;
  return 1;
}

static inline int64_t mlmon_testing_floor(int64_t ns, int64_t period) {
  return (ns / period - (ns % period < 0 ? 1 : 0)) * period;
}

/* Nanoseconds since 1970 of an RFC 3339 time; 0: it is none. */
static inline int mlmon_testing_time(const char *text, int64_t *ns) {
  int year, month, day, hour, minute, second, used = 0, east = 0, zone_hour, zone_minute;
  int64_t days, nanos = 0, unit = 100000000;
  char sign[2];
  if (sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6 ||
      used != 19) {
    return 0;
  }
  text += used;
  if (*text == '.') {
    for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10) nanos += (*text - '0') * unit;
  }
  if (sscanf(text, "%1[+-]%2d:%2d%n", sign, &zone_hour, &zone_minute, &used) == 3 && text[used] == '\0') {
    east = (zone_hour * 60 + zone_minute) * (*sign == '-' ? -60 : 60);
  } else if (strcmp(text, "Z") != 0 && strcmp(text, "z") != 0) {
    return 0;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return 0;
  /* Days from a civil date, howardhinnant.github.io/date_algorithms.html. */
  year -= month <= 2;
  days = (year - (year < 0 ? 399 : 0)) / 400 * (int64_t)146097 - 719468;
  year = (year % 400 + 400) % 400;
  days += year * 365 + year / 4 - year / 100 + (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  *ns = ((days * 24 + hour) * 60 + minute) * 60;
  *ns = (*ns + second - east) * 1000000000 + nanos;
  return 1;
}

#ifdef __cplusplus
}
#endif
#endif
