"""RFC 3339 as mlmon reads it: a zone, at most nine digits of a fraction, years 0001 to 9999 in UTC."""

from __future__ import annotations

import datetime
import re
import time
from typing import Optional

_SHAPE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_LENIENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_DAYS_IN_400_YEARS = 146097
_FIRST = -62_135_596_800  # seconds of 0001-01-01T00:00:00Z
_LAST = 253_402_300_799  # of 9999-12-31T23:59:59Z


class OutsideOfYears(ValueError):
    """A time, but in UTC not within the years 0001 to 9999."""


def is_lenient(text: str) -> bool:
    """A time with a blank for `T`, a zone as +0200 or +02, or none: what `times = "lenient"` takes."""
    if not _LENIENT.fullmatch(text):
        return False
    date, rest = text[:10], text[11:]
    clock = re.match(r"[0-9:]{8}(?:\.[0-9]+)?", rest)
    zone = rest[clock.end():] if clock else ""
    if zone[:1] in ("+", "-"):
        zone = f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
    try:
        return unix_ns(f"{date}T{clock[0] if clock else ''}{zone or 'Z'}") is not None
    except OutsideOfYears:
        return True


def unix_ns(text: str) -> Optional[int]:
    """Nanoseconds since 1970; None: the text is not such a time."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    if hour > 23 or minute > 59 or second > 59:
        return None
    east = 0
    if match[8] is not None:
        if int(match[9]) > 23 or int(match[10]) > 59:
            return None
        east = (int(match[9]) * 60 + int(match[10])) * 60
        east = -east if match[8] == "-" else east
    try:
        if year == 0:  # a leap year that datetime does not have; in UTC it may be year 1
            days = datetime.date(400, month, day).toordinal() - _DAYS_IN_400_YEARS
        else:
            days = datetime.date(year, month, day).toordinal()
    except ValueError:
        return None
    seconds = (days - _EPOCH) * 86_400 + (hour * 60 + minute) * 60 + second - east
    if not _FIRST <= seconds <= _LAST:
        raise OutsideOfYears(text)
    return seconds * 1_000_000_000 + int((match[7] or "").ljust(9, "0"))


def now() -> str:
    """The time of day in UTC."""
    seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return text + (f".{nanos:09}".rstrip("0") if nanos else "") + "Z"


def text_of(value: object) -> object:
    """A datetime as RFC 3339 in UTC, one without a zone as it is; anything else unchanged."""
    if not isinstance(value, datetime.datetime):
        return value.isoformat() if isinstance(value, datetime.date) else value
    if value.utcoffset() is None:
        return value.isoformat()
    try:
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return value.isoformat()
