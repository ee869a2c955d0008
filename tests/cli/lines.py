"""Event lines for tests: `metrics(f1=0.5)` is a valid line (bytes, with newline) with that figure."""

import itertools
import json

MODEL = {"name": "fraud", "version": "2.1.0", "deployed_at": "2026-01-01T00:00:00Z"}
_seconds = itertools.count()


def time(second=None):
    """A time of its own for each call, or the one of that second (of the first million)."""
    second = next(_seconds) if second is None else second
    days, rest = divmod(second, 86400)
    return f"2026-02-{days + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def event(base, changes):
    """A line of the members of `base` with `changes`; `...` takes a member out. A dotted name is
    written with two underscores: model__name."""
    members = {**base, "model": dict(base["model"])}
    for name, value in changes.items():
        place, name = (members["model"], name[7:]) if name.startswith("model__") else (members, name)
        if value is ...:
            del place[name]
        else:
            place[name] = value
    return json.dumps(members).encode() + b"\n"


def metrics(**changes):
    return event({"type": "metrics", "model": MODEL, "f1": 0.9, "captured_at": time()}, changes)


def drift(**changes):
    return event({"type": "drift", "model": MODEL, "p_value": 0.5, "magnitude": 0.1,
                  "detected_at": time()}, changes)


def job(**changes):
    return event({"type": "job", "model": MODEL, "job": "01J", "status": "done", "at": time()}, changes)


def envelope(line, **changes):
    """The line in a structured CloudEvents envelope."""
    members = {"specversion": "1.0", "id": "1", "source": "/trainer", "type": "mlmon.event",
               "data": json.loads(line), **changes}
    return json.dumps({k: v for k, v in members.items() if v is not ...}).encode() + b"\n"


def put(line, text):
    """The line with `text` (bytes: members of JSON, as written) put at the end of its object."""
    return line.rstrip()[:-1] + b"," + text + b"}\n"
