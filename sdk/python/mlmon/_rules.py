"""What `mlmon run` refuses of an event, in its words. The members are those of the line to be."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Tuple

from . import _times

# The first that applies is told.
_REASONS = ("invalid_utf8", "invalid_json", "missing_field", "wrong_type", "out_of_range",
            "invalid_version", "invalid_time")
_NUMBER = r"0|[1-9][0-9]*"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER = re.compile(rf"(?:{_NUMBER})\.(?:{_NUMBER})\.(?:{_NUMBER})"
                     rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?"
                     r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?")
_INVISIBLE = re.compile("[\u00a0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164"
                        "\ufeff\uffa0\ufff9-\ufffb]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TIME = "an RFC 3339 time with a zone and at most nine digits of a fraction (2026-01-31T08:00:00Z)"
_EVENT_TIME = "a time from 1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z"
_LARGEST = 1.7976931348623157e308
_ROUNDING = 1e-9  # so far outside of [0, 1] sums of floats end

Members = Dict[str, Any]


def shown(value: object) -> str:
    """A value as messages show it: at most 60 bytes of its JSON."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "an array"
    return _shortened(json.dumps(value, ensure_ascii=False))


def _shortened(text: str) -> str:
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > 60:
        text = data[:57].decode("utf-8", "ignore") + "..."
    return "".join(map(_printable, text))


def _printable(c: str) -> str:
    if c == "\n":
        return "\\n"
    if _INVISIBLE.match(c):
        return f"<U+{ord(c):04X}>"
    if " " <= c < "\x7f" or c > "\x9f":
        return c
    return "".join(f"\\x{byte:02x}" for byte in c.encode("utf-8"))


class Complaint:
    """Collects what is wrong with an event."""

    def __init__(self) -> None:
        self._found: List[Tuple[int, str]] = []

    def add(self, reason: str, name: str, text: str) -> None:
        where = ".".join(_shortened(part) for part in name.split("\0"))
        self._found.append((_REASONS.index(reason), f"{reason}: {where}: {text}"))

    def unexpected(self, reason: str, name: str, expected: str, value: object,
                   hint: str = "") -> None:
        self.add(reason, name, f"expected {expected}, got {shown(value)}{hint}")

    def raise_first(self) -> None:
        if self._found:
            raise ValueError(min(self._found, key=lambda found: found[0])[1])


class Checker:
    """Checks the members of one event. Names within others are joined by NUL."""

    def __init__(self, any_version: bool) -> None:
        self._any_version = any_version
        self.complaint = Complaint()

    def model(self, model: Members) -> None:
        for name in ("name", "version", "deployed_at"):
            if model.get(name) is None:
                self.complaint.add("missing_field", f"model\0{name}", "missing")
        if self.text(model, "name", "model\0"):
            name = model["name"]
            if not _is_plain(name, 256):
                self.complaint.unexpected("out_of_range", "model\0name",
                                          "1 to 256 bytes without control characters", name)
        if self.text(model, "version", "model\0"):
            self._version(model["version"])
        self._time(model, "deployed_at", "model\0")

    def _version(self, version: str) -> None:
        plain = _is_plain(version, 128)
        if plain if self._any_version else _SEMVER.fullmatch(version):
            return
        expected = ("1 to 128 bytes without control characters" if self._any_version
                    else "a semantic version (2.0.0)")
        hint = ' ([input] version_scheme = "any" takes it)' if plain and not self._any_version else ""
        self.complaint.unexpected("invalid_version", "model\0version", expected, version, hint)

    def _time(self, members: Members, name: str, within: str = "") -> Optional[int]:
        if not self.text(members, name, within, _TIME):
            return None
        try:
            ns = _times.unix_ns(members[name])
        except _times.OutsideOfYears:
            self.complaint.unexpected("out_of_range", within + name,
                                      "a time in the years 0001 to 9999 (UTC)", members[name])
            return None
        if ns is None:
            hint = ' ([input] times = "lenient" takes it)' if _times.is_lenient(members[name]) else ""
            self.complaint.unexpected("invalid_time", within + name, _TIME, members[name], hint)
        return ns

    def event_time(self, members: Members, name: str) -> None:
        ns = self._time(members, name)
        if ns is not None and not -(2**63) <= ns < 2**63:
            self.complaint.unexpected("out_of_range", name, _EVENT_TIME, members[name])

    def text(self, members: Members, name: str, within: str = "",
             expected: str = "a string") -> bool:
        """True: the member is there, and a string."""
        value = members.get(name)
        if value is None:
            return False
        if isinstance(value, str):
            return True
        self.complaint.unexpected("wrong_type", within + name, expected, value)
        return False

    def fraction(self, members: Members, name: str, within: str = "") -> None:
        value = members.get(name)
        if self._is_number(value, within + name, "a number in [0, 1]", -_ROUNDING, 1 + _ROUNDING):
            members[name] = min(max(value, 0), 1)

    def effect(self, members: Members, name: str, within: str = "") -> None:
        self._is_number(members.get(name), within + name, "a finite number >= 0", 0, _LARGEST)

    def figures(self, members: Members, name: str) -> None:
        for key, value in self._members_of(members, name):
            self._is_number(value, f"{name}\0{key}", "a finite number", -_LARGEST, _LARGEST)

    def texts(self, members: Members, name: str) -> None:
        for key, value in self._members_of(members, name):
            if not isinstance(value, str) and value is not None:
                self.complaint.unexpected("wrong_type", f"{name}\0{key}", "a string", value)

    def features(self, members: Members) -> None:
        for key, feature in self._members_of(members, "features"):
            if not isinstance(feature, dict):
                self.complaint.unexpected("wrong_type", f"features\0{key}", "an object", feature)
                continue
            if all(feature.get(part) is None for part in ("p_value", "magnitude")):
                self.complaint.add("missing_field", f"features\0{key}\0p_value, magnitude",
                                   "expected at least one of them, got none")
            self.fraction(feature, "p_value", f"features\0{key}\0")
            self.effect(feature, "magnitude", f"features\0{key}\0")

    def count(self, members: Members, name: str) -> None:
        value = members.get(name)
        expected = "an integer from 0 to 9223372036854775807"
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.complaint.unexpected("wrong_type", name, expected, value)
        elif not 0 <= value < 2**63:
            self.complaint.unexpected("out_of_range", name, expected, value)

    def _members_of(self, members: Members, name: str) -> List[Tuple[str, Any]]:
        value = members.get(name)
        if value is None:
            return []
        if isinstance(value, dict):
            return [(key, held) for key, held in value.items() if held is not None]
        self.complaint.unexpected("wrong_type", name, "an object", value)
        return []

    def _is_number(self, value: Any, name: str, expected: str, least: float, most: float) -> bool:
        if value is None:
            return False
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            self.complaint.unexpected("wrong_type", name, expected, value)
            return False
        if not least <= value <= most:
            self.complaint.unexpected("out_of_range", name, expected, value)
            return False
        return True


def _is_plain(text: str, most: int) -> bool:
    return bool(text) and len(text.encode("utf-8", "surrogatepass")) <= most and not _CONTROL.search(text)
