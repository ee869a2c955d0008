/* mlmon/config.h - reads an observer's configuration in C.
 *
 * The text that create() gets is valid JSON, an object that is valid against the class's schema, with the
 * defaults filled in. These functions read its members, not those of objects within it, and allocate
 * nothing. MLMON_OK, or else *out is as it was: MLMON_E_NOT_FOUND: no such member, or it is null;
 * MLMON_E_INVALID: it is of another type, or does not fit.
 *
 *   double below;
 *   if (mlmon_config_number(config, "below", &below) != MLMON_OK) return MLMON_E_CONFIG;
 *
 * Numbers are read by strtod, in the locale "C", which mlmon never leaves.
 */
#ifndef MLMON_CONFIG_H
#define MLMON_CONFIG_H

#include <stdlib.h>
#include <string.h>

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first place from p on that is neither white space nor one of `more`. */
static inline const char *mlmon_json_skip(const char *p, const char *end, const char *more) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' ||
                     (*p != '\0' && strchr(more, *p) != NULL))) {
    p++;
  }
  return p;
}

/* Behind the string that begins at p. */
static inline const char *mlmon_json_skip_string(const char *p, const char *end) {
  for (p++; p < end && *p != '"'; p++) {
    if (*p == '\\') p++;
  }
  return p < end ? p + 1 : end;
}

/* Behind the value that begins at p. */
static inline const char *mlmon_json_skip_value(const char *p, const char *end) {
  size_t depth = 0;
  while (p < end) {
    if (*p == '"') {
      p = mlmon_json_skip_string(p, end);
      if (depth == 0) return p;
      continue;
    }
    if (depth == 0 && (*p == ',' || *p == '}' || *p == ']')) return p;
    if (*p == '{' || *p == '[') depth++;
    if ((*p == '}' || *p == ']') && --depth == 0) return p + 1;
    p++;
  }
  return end;
}

/* The value as it stands in the text. NAME has no characters that JSON escapes. */
static inline int32_t mlmon_config_find(mlmon_str config, const char *name, mlmon_str *out) {
  const char *end = config.ptr + config.len;
  const char *p = mlmon_json_skip(config.ptr, end, "{");
  const size_t length = strlen(name);
  while (p < end && *p == '"') {
    const char *key = p + 1;
    const char *key_end = mlmon_json_skip_string(p, end) - 1;
    const char *value = mlmon_json_skip(key_end + 1, end, ":");
    const char *value_end = mlmon_json_skip_value(value, end);
    if ((size_t)(key_end - key) == length && memcmp(key, name, length) == 0) {
      while (value_end > value && strchr(" \t\n\r", value_end[-1]) != NULL) value_end--;
      if (value_end - value == 4 && memcmp(value, "null", 4) == 0) break;
      out->ptr = value;
      out->len = (size_t)(value_end - value);
      return MLMON_OK;
    }
    p = mlmon_json_skip(value_end, end, ",");
  }
  return MLMON_E_NOT_FOUND;
}

/* A number is at most this long: the host writes doubles with 17 digits. */
enum { mlmon_config_longest_number = 63 };

/* The number with a NUL behind it, for strtod and its like. */
static inline int32_t mlmon_config_digits(mlmon_str config, const char *name,
                                          char out[mlmon_config_longest_number + 1]) {
  mlmon_str value;
  const int32_t result = mlmon_config_find(config, name, &value);
  if (result != MLMON_OK) return result;
  if (value.len == 0 || value.len > mlmon_config_longest_number ||
      strchr("-0123456789", value.ptr[0]) == NULL) {
    return MLMON_E_INVALID;
  }
  memcpy(out, value.ptr, value.len);
  out[value.len] = '\0';
  return MLMON_OK;
}

static inline int32_t mlmon_config_number(mlmon_str config, const char *name, double *out) {
  char digits[mlmon_config_longest_number + 1];
  const int32_t result = mlmon_config_digits(config, name, digits);
  if (result == MLMON_OK) *out = strtod(digits, NULL);
  return result;
}

static inline int32_t mlmon_config_integer(mlmon_str config, const char *name, int64_t *out) {
  char digits[mlmon_config_longest_number + 1];
  char *behind;
  long long value; /* 64 bits on LP64 */
  const int32_t result = mlmon_config_digits(config, name, digits);
  if (result != MLMON_OK) return result;
  value = strtoll(digits, &behind, 10);
  /* strtoll answers what does not fit by its largest value, with errno. */
  if (*behind != '\0' || value == INT64_MAX || value == INT64_MIN) return MLMON_E_INVALID;
  *out = value;
  return MLMON_OK;
}

/* 0 or 1. */
static inline int32_t mlmon_config_flag(mlmon_str config, const char *name, int32_t *out) {
  mlmon_str value;
  const int32_t result = mlmon_config_find(config, name, &value);
  if (result != MLMON_OK) return result;
  if (value.len == 4 && memcmp(value.ptr, "true", 4) == 0) {
    *out = 1;
  } else if (value.len == 5 && memcmp(value.ptr, "false", 5) == 0) {
    *out = 0;
  } else {
    return MLMON_E_INVALID;
  }
  return MLMON_OK;
}

/* The number that four hexadecimal digits say. */
static inline uint32_t mlmon_json_hex4(const char *p) {
  char digits[5] = {0};
  memcpy(digits, p, 4);
  return (uint32_t)strtoul(digits, NULL, 16);
}

/* The character that the escape at *p means, in UTF-8; *p is then behind it. */
static inline size_t mlmon_json_unescape(const char **p, char out[4]) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *known = strchr(from, (*p)[1]);
  uint32_t code;
  size_t n, i;
  if (known != NULL) {
    out[0] = to[known - from];
    *p += 2;
    return 1;
  }
  code = mlmon_json_hex4(*p + 2);
  *p += 6;
  if (code >= 0xD800 && code < 0xDC00) { /* valid JSON of the host: the other half follows */
    code = 0x10000 + ((code - 0xD800) << 10) + (mlmon_json_hex4(*p + 2) - 0xDC00);
    *p += 6;
  }
  n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (i = n; i-- > 1; code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)(n == 1 ? code : (0xF00u >> n & 0xF0u) | code);
  return n;
}

/* A string, unescaped, with a NUL behind it; `room` counts that too. */
static inline int32_t mlmon_config_text(mlmon_str config, const char *name, char *out, size_t room) {
  mlmon_str value;
  const char *p, *end;
  size_t used = 0;
  const int32_t result = mlmon_config_find(config, name, &value);
  if (result != MLMON_OK) return result;
  if (value.ptr[0] != '"' || room == 0) return MLMON_E_INVALID;
  end = value.ptr + value.len - 1;
  for (p = value.ptr + 1; p < end;) {
    char one[4] = {*p};
    const size_t n = *p == '\\' ? mlmon_json_unescape(&p, one) : (p++, (size_t)1);
    if (used + n >= room) return MLMON_E_INVALID;
    memcpy(out + used, one, n);
    used += n;
  }
  out[used] = '\0';
  return MLMON_OK;
}

/* A string of format "duration" ("30s", "7d") in nanoseconds. */
static inline int32_t mlmon_config_duration(mlmon_str config, const char *name, int64_t *out) {
  static const struct {
    const char *name;
    int64_t ns;
  } units[] = {{"ms", 1000000},          {"s", 1000000000},       {"m", 60000000000},
               {"h", 3600000000000}, {"d", 86400000000000}};
  char text[mlmon_config_longest_number + 1];
  char *unit;
  long long count;
  size_t i;
  const int32_t result = mlmon_config_text(config, name, text, sizeof text);
  if (result != MLMON_OK) return result;
  if (text[0] < '0' || text[0] > '9') return MLMON_E_INVALID;
  count = strtoll(text, &unit, 10);
  for (i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (strcmp(unit, units[i].name) == 0 && count <= INT64_MAX / units[i].ns) {
      *out = count * units[i].ns;
      return MLMON_OK;
    }
  }
  return MLMON_E_INVALID;
}

#ifdef __cplusplus
}
#endif
#endif
