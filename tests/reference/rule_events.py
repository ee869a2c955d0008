"""Section 2 of the contract: what rules.py reads of an event."""

import json
from dataclasses import dataclass, field

from decide import nanoseconds, utc

UNIT_FIGURES = ("accuracy", "precision", "recall", "f1")
DRIFT_FIGURES = ("p_value", "magnitude")
TOLERANCE = 1e-9


class BadLine(Exception):
    pass


@dataclass
class Event:
    kind: str
    model: tuple  # name, version, deployed_at in UTC
    deployed: int
    time: int
    line: int
    content: str  # of two lines alike the same, however they write their times
    labels: dict
    samples: int | None = None
    figures: dict = field(default_factory=dict)
    p_values: list = field(default_factory=list)  # of the `features`
    job: str | None = None
    status: str | None = None


def without_nulls(value):
    """Section 2: null is absent."""
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(member) for name, member in value.items() if member is not None}


def unit(value):
    """A figure of [0, 1]; section 2: one that lies outside by at most 1e-9 is the nearest of 0 and 1."""
    if value is None:
        return None
    if not -TOLERANCE <= value <= 1 + TOLERANCE:
        raise BadLine
    return min(max(float(value), 0.0), 1.0)


def metrics_figures(members):
    figures = {name: unit(members.get(name)) for name in UNIT_FIGURES}
    figures |= {name: float(value) for name, value in members.get("metrics", {}).items()}
    return {name: value for name, value in figures.items() if value is not None}


def drift_figures(members, features):
    """Section 2, `features`: what the event itself lacks is that of the smallest p, the first of equals."""
    p_value, magnitude = unit(members.get("p_value")), members.get("magnitude")
    with_p = [one for one in features if one[0] is not None]
    if with_p:
        chosen = min(with_p, key=lambda one: one[0])
    else:
        chosen = (None, max((size for _, size in features if size is not None), default=None))
    # Left open: an event with a p of its own takes no magnitude from a feature.
    if magnitude is None and p_value is None:
        magnitude = chosen[1]
    if p_value is None:
        p_value = chosen[0]
    figures = {"p_value": p_value, "magnitude": magnitude}
    return {name: float(value) for name, value in figures.items() if value is not None}


def read_event(line, number):
    """The event of one object; BadLine where a figure is out of range or there is none."""
    members = without_nulls(line)
    about, kind = members["model"], members["type"]
    deployed = nanoseconds(about["deployed_at"])
    model = (about["name"], about["version"], utc(deployed))
    time_key = {"metrics": "captured_at", "drift": "detected_at", "job": "at"}[kind]
    time = nanoseconds(members[time_key])
    content = json.dumps({**members, "model": model, time_key: time}, sort_keys=True)
    event = Event(kind, model, deployed, time, number, content, members.get("labels", {}), members.get("samples"))
    if kind == "job":
        event.job, event.status = members["job"], members["status"]
        return event
    if kind == "metrics":
        event.figures = metrics_figures(members)
    else:
        features = [(unit(one.get("p_value")), one.get("magnitude")) for one in members.get("features", {}).values()]
        event.figures = drift_figures(members, features)
        event.p_values = [p for p, _ in features if p is not None]
    if not event.figures:
        raise BadLine
    return event
