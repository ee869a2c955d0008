#pragma once

namespace mlmon::alert {

/// The schema of `receivers` up to the keys that they share with targets, as members of `properties`.
inline constexpr char kReceivers[] = R"(
    "buffer": {
      "description": "alerts that a receiver has in memory at a time; the others wait in the outbox",
      "type": "integer", "minimum": 1, "maximum": 100000, "default": 1024
    },
    "receivers": {
      "description": "who is told; none: stderr",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
        "name": {
          "description": "in outbox and logs",
          "type": "string", "minLength": 1, "maxLength": 100, "examples": ["mail"]
        },
        "type": {
          "enum": ["stderr", "file", "exec", "webhook", "slack", "pagerduty", "alertmanager", "email", "kafka"],
          "default": "stderr"
        },
        "severity": {
          "description": "of the alerts that it gets; without it: all",
          "type": "array", "items": {"enum": ["info", "warning", "critical"]},
          "examples": [["warning", "critical"]]
        },
        "rules": {
          "description": "globs on the rule's name; without it: all",
          "type": "array", "items": {"type": "string"}, "examples": [["*"]]
        },
        "labels": {
          "description": "labels that an alert must have; alertmanager: labels that each alert gets",
          "type": "object", "additionalProperties": {"type": "string"}
        },
        "group_by": {
          "description": "alerts alike in these are one message: \"rule\", \"model.name\", \"labels.team\" …",
          "type": "array", "items": {"type": "string"}
        },
        "group_wait": {
          "description": "how long an alert waits for more of its group; without it: not at all",
          "type": "string", "format": "duration"
        },
        "rate_limit": {
          "description": "at most so many messages in a time, \"10/1m\"; what is more waits, and becomes one message; without it: no limit",
          "type": "string", "examples": ["10/1m"]
        },
        "fallback": {
          "description": "the receiver that gets what this one failed for good",
          "type": "string"
        },
        "path": {
          "description": "file: where actions are appended as NDJSON",
          "type": "string", "format": "path", "minLength": 1, "examples": ["alerts.ndjson"]
        },
        "secret": {
          "description": "webhook: key of the signature X-Mlmon-Signature",
          "type": "string", "minLength": 1, "writeOnly": true, "examples": ["change-me"]
        },
        "format": {
          "description": "webhook: mlmon's own body, or that of Alertmanager's webhook; without it: mlmon",
          "enum": ["mlmon", "alertmanager"]
        },
        "routing_key": {
          "description": "pagerduty: the integration key of the service",
          "type": "string", "minLength": 1, "writeOnly": true, "examples": ["change-me"]
        },
        "hold": {
          "description": "alertmanager: how long an alert fires there unless it is told again; without it: 3h",
          "type": "string", "format": "duration", "examples": ["3h"]
        },
        "from": {
          "description": "email: the sender, ADDRESS or NAME <ADDRESS>",
          "type": "string", "examples": ["mlmon@example.org"]
        },
        "to": {
          "description": "email: who gets it",
          "type": "array", "items": {"type": "string"}, "minItems": 1, "examples": [["models@example.org"]]
        },
        "starttls": {
          "description": "email: smtp:// speaks TLS after STARTTLS or nothing is sent; without it: true",
          "type": "boolean", "examples": [true]
        },
        "brokers": {
          "description": "kafka: HOST:PORT of some brokers",
          "type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "examples": [["broker1:9092"]]
        },
        "topic": {
          "description": "kafka: where actions are appended", "type": "string", "minLength": 1, "examples": ["alerts"]
        },
        "properties": {
          "description": "kafka: settings of librdkafka",
          "type": "object", "additionalProperties": {"type": "string"}, "writeOnly": true
        },)";

}  // namespace mlmon::alert
