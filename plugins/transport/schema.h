#pragma once

#include <array>
#include <cstddef>

namespace mlmon::transport {

/// The schema of the keys that targets and receivers share, as members of `properties`.
inline constexpr char kSharedKeys[] = R"(
        "models": {
          "description": "globs on the model's name, \"!glob\" takes out again; without it: all",
          "type": "array", "items": {"type": "string"}, "examples": [["*"]]
        },
        "timeout": {
          "description": "of one whole try; without it: 30s",
          "type": "string", "format": "duration"
        },
        "retry": {
          "description": "back-off from initial to max, in the end a dead letter; without it: 1s, 60s, 24h",
          "type": "object", "examples": [{"initial": "1s", "max": "60s", "give_up": "24h"}],
          "additionalProperties": false,
          "properties": {
            "initial": {"type": "string", "format": "duration"},
            "max": {"type": "string", "format": "duration"},
            "give_up": {"type": "string", "format": "duration"}
          }
        },
        "command": {
          "description": "exec: program and arguments; no shell",
          "type": "array", "format": "command", "items": {"type": "string"}, "minItems": 1,
          "examples": [["./hook.sh"]]
        },
        "env": {
          "description": "exec: further variables of its environment",
          "type": "object", "additionalProperties": {"type": "string"}, "writeOnly": true
        },
        "url": {
          "description": "where requests go, http or https; email: smtp or smtps",
          "type": "string", "examples": ["https://example.org/hook"]
        },
        "ca_file": {
          "description": "certificates (PEM) to trust in place of the system's",
          "type": "string", "format": "path", "minLength": 1, "examples": ["ca.pem"]
        },
        "headers": {
          "description": "further headers of each request",
          "type": "object", "additionalProperties": {"type": "string"}, "writeOnly": true
        },
        "token": {
          "description": "sent as Authorization: Bearer",
          "type": "string", "minLength": 1, "writeOnly": true, "examples": ["change-me"]
        },
        "username": {
          "description": "with password: Basic", "type": "string", "minLength": 1, "examples": ["mlmon"]
        },
        "password": {
          "description": "of username", "type": "string", "writeOnly": true, "examples": ["change-me"]
        }
)";

/// The texts one behind the other, NUL-terminated, made by the compiler.
template <std::size_t... Sizes>
constexpr auto joined(const char (&... parts)[Sizes]) {
  std::array<char, (... + (Sizes - 1)) + 1> out{};
  std::size_t at = 0;
  const auto append = [&](const char* part, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) out[at++] = part[i];
  };
  (append(parts, Sizes - 1), ...);
  return out;
}

}  // namespace mlmon::transport
