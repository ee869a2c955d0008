"""Times, levels and configurations, as an observer in Python has them."""

import datetime
import re

LEVELS = {"debug": 1, "info": 2, "warning": 3, "error": 4}

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


def time_of(ns):
    """To the microsecond."""
    return _EPOCH + datetime.timedelta(microseconds=ns // 1000)


def ns_of(time):
    return (time - _EPOCH) // datetime.timedelta(microseconds=1) * 1000


def duration_ns(value):
    """Of "30s", a number of seconds or a timedelta."""
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1) * 1000
    if isinstance(value, (int, float)):
        return int(value * 10**9)
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", value)
    if not found:
        raise ValueError(f'expected a duration such as "30s", got {value!r}')
    return int(found[1]) * _UNITS[found[2]]


def plain(value):
    """What json does not know: the numbers of numpy, times."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is not a value of JSON")


def defaults_of(config):
    """The keys of a `config`: a dict, or a class with annotated members; and the types of those without one."""
    if isinstance(config, dict):
        return dict(config), {}
    members = {name: value for name, value in vars(config).items() if not name.startswith("_")}
    annotated = {name: kind for name, kind in getattr(config, "__annotations__", {}).items()}
    return members, annotated


_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_BY_NAME = {kind.__name__: kind for kind in _NAMES}


def _schema_of(value):
    if value is None:
        return {}
    kind = next((name for known, name in _NAMES.items() if type(value) is known), None)
    if kind is None:
        raise TypeError(f"config: expected defaults that JSON has, got {value!r}")
    schema = {"type": kind, "default": value}
    if kind == "object":
        schema["properties"] = {key: _schema_of(inner) for key, inner in value.items()}
        schema["additionalProperties"] = not value
    return schema


def schema_of(config):
    """The JSON Schema of the keys."""
    if isinstance(config, dict) and config.get("type") == "object" and isinstance(config.get("properties"), dict):
        return config
    defaults, annotated = defaults_of(config)
    properties = {key: _schema_of(value) for key, value in defaults.items()}
    for key, kind in annotated.items():
        kind = _BY_NAME.get(kind, kind) if isinstance(kind, str) else kind
        if kind in _NAMES:
            properties.setdefault(key, {})["type"] = _NAMES[kind]
    return {"type": "object", "additionalProperties": False, "properties": properties,
            "required": sorted(set(annotated) - set(defaults))}


class Config:
    """The configuration: values by attribute or by key."""

    def __init__(self, values, schema):
        for key, value in values.items():
            about = schema.get("properties", {}).get(key, {})
            if isinstance(value, dict):
                value = Config(value, about)
            elif about.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            self.__dict__[key] = value

    def __getitem__(self, key):
        return self.__dict__[key]

    def __contains__(self, key):
        return key in self.__dict__

    def __iter__(self):
        return iter(self.__dict__)

    def get(self, key, default=None):
        return self.__dict__.get(key, default)

    def __repr__(self):
        return f"Config({self.__dict__!r})"
