"""Events for `mlmon run`: lines of JSON, and a file that they are appended to.

    from mlmon import events

    log = events.Log("events.ndjson")
    log.append(events.metrics(model=("fraud", "2.1.0", deployed_at), f1=0.71))

What `mlmon run` would refuse raises ValueError with its words.
"""

from __future__ import annotations

import datetime
import decimal
import errno
import json
import numbers
import os
import stat
from typing import Any, Dict, Mapping, NamedTuple, Optional, Union

from . import _times
from ._rules import Checker, Members

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Log", "Model", "drift", "metrics"]

Time = Union[str, datetime.datetime]
Number = Union[int, float]


class Model(NamedTuple):
    """A deployed model. A plain tuple of the three, or a mapping, will do as well."""

    name: str
    version: str
    deployed_at: Time


ModelLike = Union[Model, "tuple[str, str, Time]", Mapping[str, Any]]


def metrics(model: ModelLike, *, accuracy: Optional[Number] = None,
            precision: Optional[Number] = None, recall: Optional[Number] = None,
            f1: Optional[Number] = None, metrics: Optional[Mapping[str, Number]] = None,
            samples: Optional[int] = None, labels: Optional[Mapping[str, str]] = None,
            id: Optional[str] = None, captured_at: Optional[Time] = None,
            version_scheme: str = "semver") -> str:
    """A metrics event as one line, without newline. `captured_at`: None is now."""
    members = {"type": "metrics", "model": _model(model), "accuracy": _plain(accuracy),
               "precision": _plain(precision), "recall": _plain(recall), "f1": _plain(f1),
               "metrics": _plain(metrics), "samples": _plain(samples), "labels": _plain(labels),
               "id": id, "captured_at": _time(captured_at)}
    check = Checker(version_scheme == "any")
    check.model(members["model"])
    _check_texts(check, members)
    check.event_time(members, "captured_at")
    check.count(members, "samples")
    figures = ("accuracy", "precision", "recall", "f1")
    for name in figures:
        check.fraction(members, name)
    check.figures(members, "metrics")
    if all(members[name] is None for name in figures) and not _holds(members["metrics"]):
        check.complaint.add("missing_field", "accuracy, precision, recall, f1, metrics",
                            "expected at least one of them, got none")
    return _line(check, members)


def drift(model: ModelLike, *, p_value: Optional[Number] = None,
          magnitude: Optional[Number] = None, feature: Optional[str] = None,
          features: Optional[Mapping[str, Mapping[str, Number]]] = None,
          samples: Optional[int] = None, labels: Optional[Mapping[str, str]] = None,
          id: Optional[str] = None, detected_at: Optional[Time] = None,
          version_scheme: str = "semver") -> str:
    """A drift event as one line, without newline. `detected_at`: None is now."""
    members = {"type": "drift", "model": _model(model), "p_value": _plain(p_value),
               "magnitude": _plain(magnitude), "feature": feature, "features": _plain(features),
               "samples": _plain(samples), "labels": _plain(labels), "id": id,
               "detected_at": _time(detected_at)}
    check = Checker(version_scheme == "any")
    check.model(members["model"])
    _check_texts(check, members)
    check.event_time(members, "detected_at")
    check.count(members, "samples")
    check.text(members, "feature")
    check.fraction(members, "p_value")
    check.effect(members, "magnitude")
    check.features(members)
    if (members["p_value"] is None and members["magnitude"] is None
            and not _holds(members["features"])):
        check.complaint.add("missing_field", "p_value, magnitude, features",
                            "expected at least one of them, got none")
    return _line(check, members)


class Log:
    """A file that events are appended to, by any number of threads and processes, while it is rotated.

    Each line is one write. What a killed writer left of a line is ended before the next one, so that
    it costs no other.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"]) -> None:
        self.path = os.fspath(path)

    def append(self, line: str) -> None:
        """Appends one line; raises OSError if it could not be written whole."""
        text = line[:-1] if line.endswith("\n") else line
        if "\n" in text:
            raise ValueError("expected one line, got several")
        # Opened each time, the file is the one that has the name now; nothing is shared with a fork.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self.path, flags, 0o666)
        try:
            _append(descriptor, text.encode("utf-8") + b"\n")
        finally:
            os.close(descriptor)

    write = append

    def metrics(self, model: ModelLike, **members: Any) -> None:
        """Appends a metrics event."""
        self.append(metrics(model, **members))

    def drift(self, model: ModelLike, **members: Any) -> None:
        """Appends a drift event."""
        self.append(drift(model, **members))


def _append(descriptor: int, line: bytes) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.write(descriptor, line)
        return
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            pass  # not every file system has locks
    end = os.fstat(descriptor).st_size
    if end > 0 and os.pread(descriptor, 1, end - 1) not in (b"\n", b""):
        line = b"\n" + line
    written = os.write(descriptor, line)
    if written == len(line):
        return
    if os.fstat(descriptor).st_size == end + written:
        os.ftruncate(descriptor, end)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _model(model: Any) -> Members:
    if isinstance(model, Mapping):
        members = {name: model.get(name) for name in Model._fields}
    elif isinstance(model, (tuple, list)) and len(model) == len(Model._fields):
        members = dict(zip(Model._fields, model))
    else:
        members = {name: getattr(model, name, None) for name in Model._fields}
    members["deployed_at"] = _times.text_of(members["deployed_at"])
    return members


def _time(value: Any) -> Any:
    return _times.now() if value is None else _times.text_of(value)


def _plain(value: Any) -> Any:
    """Numbers of others (numpy, decimal) as Python's, mappings as dicts."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, (numbers.Real, decimal.Decimal)):
        return float(value)
    return value


def _holds(value: Any) -> bool:
    """Something is there that is no empty object."""
    return bool(value) and any(held is not None for held in value.values()) if isinstance(value, dict) else value is not None


def _check_texts(check: Checker, members: Members) -> None:
    check.text(members, "id")
    check.texts(members, "labels")


def _line(check: Checker, members: Dict[str, Any]) -> str:
    check.complaint.raise_first()
    return json.dumps(_present(members), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _present(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _present(held) for key, held in value.items() if held is not None}
