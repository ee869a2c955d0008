/* mlmon/text.h - writing text in C: figures, times, and the fields of an action.
 *
 * The texts are those of <mlmon/text.hpp>, to the byte. Nothing is allocated: whoever calls brings the room,
 * and what is written there ends with a NUL.
 *
 *   char room[256];
 *   mlmon_fields fields = mlmon_fields_in(room, sizeof room);
 *   mlmon_fields_text(&fields, "reason", mlmon_str_of("AUC is low"));
 *   mlmon_fields_number(&fields, "value", 0.71);
 *   action.fields = mlmon_fields_str(&fields);
 *
 * Numbers are written by snprintf, in the locale "C", which mlmon never leaves.
 */
#ifndef MLMON_TEXT_H
#define MLMON_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  mlmon_number_room = 32, /* bytes for any number of mlmon_format_number */
  mlmon_time_room = 32    /* likewise for a time */
};

static inline mlmon_str mlmon_str_of(const char *text) {
  mlmon_str out;
  out.ptr = text;
  out.len = strlen(text);
  return out;
}

/* The significant digits of a finite number above zero, as few as read back as the same; without a point.
 * Gives the power of ten of the first. */
static inline int mlmon_shortest_digits(double value, char digits[18]) {
  char text[32], tail[8];
  /* What 15 digits say is unique among the doubles, but for those that are not normal. */
  int n = value < 2.2250738585072014e-308 ? 1 : 15;
  for (; n <= 17; n++) {
    const int last = n == 1 ? 0 : n;
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    if (strtod(text, NULL) == value) break;
    /* At a power of two the doubles below are closer than those above, and the next digit up may do.
     * Past a 9 there are fewer digits, which were tried before. */
    if (text[last] == '9') continue;
    text[last]++;
    if (strtod(text, NULL) == value) break;
  }
  digits[0] = text[0];
  memcpy(digits + 1, text + 2, (size_t)(n > 1 ? n - 1 : 0));
  while (n > 1 && digits[n - 1] == '0') n--;
  digits[n] = '\0';
  snprintf(tail, sizeof tail, "%s", strchr(text, 'e') + 1);
  return atoi(tail);
}

/* The shortest text that reads back as the same double: "0.71", "5e-05". Valid JSON if finite. Gives its
 * length. */
static inline size_t mlmon_format_number(double value, char out[mlmon_number_room]) {
  char digits[18], *at = out;
  int first, last, n;
  if (value != value || value - value != 0) return (size_t)snprintf(out, mlmon_number_room, "%g", value);
  if (value < 0 || (value == 0 && 1 / value < 0)) *at++ = '-';
  if (value < 0) value = -value;
  if (value == 0) return (size_t)(at - out) + (size_t)snprintf(at, 2, "0");
  first = mlmon_shortest_digits(value, digits);
  n = (int)strlen(digits);
  last = first - (n - 1); /* the power of ten of the last digit */
  if (last < -(n + 3) + (n == 1) || last > 5 - (n == 1)) { /* with an exponent it is shorter */
    at += snprintf(at, 20, n == 1 ? "%.1s" : "%.1s.%s", digits, digits + 1);
    at += snprintf(at, 6, "e%c%02d", first < 0 ? '-' : '+', abs(first) % 1000);
  } else if (last >= 0) { /* in full, and not with zeros where it has other digits */
    at += snprintf(at, 25, "%.0f", value);
  } else if (first >= 0) {
    at += snprintf(at, 25, "%.*s.%s", first + 1, digits, digits + first + 1);
  } else {
    at += snprintf(at, 28, "0.%.*s%s", -first - 1, "000000", digits);
  }
  return (size_t)(at - out);
}

/* With exactly so many digits (at most 20) behind the point, rounded to nearest: "0.310". Gives its length; out is
 * not written where that is not below `room`. */
static inline size_t mlmon_format_fixed(double value, int digits, char *out, size_t room) {
  char text[340]; /* the largest double has 309 digits before the point */
  const size_t length = (size_t)snprintf(text, sizeof text, "%.*f", digits, value);
  if (length < room) memcpy(out, text, length + 1);
  return length;
}

/* Nanoseconds since 1970 as RFC 3339 in UTC, with `Z` and the digits of a second that it needs. Gives its
 * length. */
static inline size_t mlmon_format_time(int64_t ns, char out[mlmon_time_room]) {
  const int64_t second = 1000000000, day = 86400;
  const int64_t nanos = (ns % second + second) % second;
  const int64_t seconds = ns / second - (ns % second < 0 ? 1 : 0);
  const int64_t of_day = (seconds % day + day) % day;
  /* As in <mlmon/text.hpp>. */
  const int64_t days = (seconds - of_day) / day + 719468;
  const int64_t era = days / 146097, of_era = days % 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t from_march = (5 * of_year + 2) / 153;
  const int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
  char *at = out;
  at += snprintf(at, 20, "%04d-%02d-%02dT", (int)(era * 400 + year + (month <= 2 ? 1 : 0)) % 10000, (int)month % 100,
                 (int)(of_year - (153 * from_march + 2) / 5 + 1) % 100);
  at += snprintf(at, 9, "%02d:%02d:%02d", (int)(of_day / 3600) % 100, (int)(of_day / 60 % 60), (int)(of_day % 60));
  if (nanos != 0) {
    at += snprintf(at, 11, ".%09d", (int)nanos);
    while (at[-1] == '0') at--;
  }
  *at++ = 'Z';
  *at = '\0';
  return (size_t)(at - out);
}

/* The further members of an action, one JSON object, in the order of the calls. It is always whole: a member
 * that has no room is left out, and `full` is 1 from then on. */
typedef struct mlmon_fields {
  char *json;
  size_t len, room;
  int32_t full;
} mlmon_fields;

/* `room` is at least 3. */
static inline mlmon_fields mlmon_fields_in(char *memory, size_t room) {
  mlmon_fields out;
  memcpy(memory, "{}", 3);
  out.json = memory;
  out.len = 2;
  out.room = room;
  out.full = 0;
  return out;
}

static inline mlmon_str mlmon_fields_str(const mlmon_fields *fields) {
  mlmon_str out;
  out.ptr = fields->json;
  out.len = fields->len;
  return out;
}

/* Puts the text at *at, if it ends before `end`; else *at is NULL, here and afterwards. */
static inline void mlmon_put(char **at, const char *end, const char *text, size_t len) {
  if (*at == NULL || (size_t)(end - *at) < len) {
    *at = NULL;
    return;
  }
  memcpy(*at, text, len);
  *at += len;
}

/* The same as a JSON string. */
static inline void mlmon_put_quoted(char **at, const char *end, mlmon_str text) {
  size_t i;
  mlmon_put(at, end, "\"", 1);
  for (i = 0; i < text.len; i++) {
    const char c = text.ptr[i];
    char escaped[8] = {'\\', c, 0};
    if (c == '\n') {
      escaped[1] = 'n';
    } else if (c != '"' && c != '\\') {
      if ((unsigned char)c >= 0x20) {
        mlmon_put(at, end, &c, 1);
        continue;
      }
      snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(unsigned char)c);
    }
    mlmon_put(at, end, escaped, strlen(escaped));
  }
  mlmon_put(at, end, "\"", 1);
}

/* A value that is JSON already; or with `quoted` a text. */
static inline void mlmon_fields_add(mlmon_fields *fields, const char *name, mlmon_str value, int quoted) {
  const char *end = fields->json + fields->room - 2; /* of what stands before the brace and the NUL */
  char *at = fields->json + fields->len - 1;
  if (fields->full) return;
  if (fields->len > 2) mlmon_put(&at, end, ",", 1);
  mlmon_put_quoted(&at, end, mlmon_str_of(name));
  mlmon_put(&at, end, ":", 1);
  if (quoted) {
    mlmon_put_quoted(&at, end, value);
  } else {
    mlmon_put(&at, end, value.ptr, value.len);
  }
  if (at == NULL) {
    fields->full = 1;
    at = fields->json + fields->len - 1;
  }
  memcpy(at, "}", 2);
  fields->len = (size_t)(at - fields->json) + 1;
}

static inline void mlmon_fields_json(mlmon_fields *fields, const char *name, mlmon_str json) {
  mlmon_fields_add(fields, name, json, 0);
}

static inline void mlmon_fields_text(mlmon_fields *fields, const char *name, mlmon_str text) {
  mlmon_fields_add(fields, name, text, 1);
}

/* Left out when it is absent (NaN) or infinite. */
static inline void mlmon_fields_number(mlmon_fields *fields, const char *name, double value) {
  char text[mlmon_number_room];
  if (value - value != 0) return;
  mlmon_format_number(value, text);
  mlmon_fields_add(fields, name, mlmon_str_of(text), 0);
}

static inline void mlmon_fields_integer(mlmon_fields *fields, const char *name, int64_t value) {
  char text[mlmon_number_room];
  snprintf(text, sizeof text, "%lld", (long long)value);
  mlmon_fields_add(fields, name, mlmon_str_of(text), 0);
}

static inline void mlmon_fields_flag(mlmon_fields *fields, const char *name, int32_t value) {
  mlmon_fields_add(fields, name, mlmon_str_of(value ? "true" : "false"), 0);
}

#ifdef __cplusplus
}
#endif
#endif
