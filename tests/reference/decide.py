#!/usr/bin/env python3
"""The default decisions of mlmon, written a second time from the contract alone.

Reads valid events as NDJSON and says which actions the two shipped plugins owe with no configuration
at all. It shares nothing with the program it checks: other language, other structure, Python's own
JSON and number formatting.

    decide.py FILE      prints one expected action a line
"""

import json
import re
import sys
from datetime import datetime, timedelta
from typing import NamedTuple

RETRAIN_F1, ALERT_F1, DRIFT_P = 0.75, 0.6, 0.05


class Expected(NamedTuple):
    """An action as far as the contract fixes it; `subject` and `body` are those of alerts."""
    observer: str
    action: str
    rule: str
    state: str | None
    severity: str | None
    model: tuple
    time: str
    line: int
    offset: int
    value: float
    subject: str | None = None
    body: str | None = None


def utc(text):
    """An RFC 3339 time as mlmon prints it: UTC, `Z`, the digits of a second that it needs."""
    date, clock, fraction, zone = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", text).groups()
    at = datetime.fromisoformat(f"{date}T{clock}")
    if zone not in "Zz":
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        at = at - shift if zone[0] == "+" else at + shift
    digits = (fraction or "").rstrip("0")
    return at.isoformat() + (f".{digits}" if digits else "") + "Z"


def nanoseconds(text):
    """A time as utc() gives it, to be compared with others."""
    date, fraction = re.fullmatch(r"([^.Z]*)(?:\.(\d+))?Z", text).groups()
    seconds = (datetime.fromisoformat(date) - datetime(1970, 1, 1)) // timedelta(seconds=1)
    return seconds * 10**9 + int((fraction or "").ljust(9, "0"))


def decide(lines):
    """Yields the actions of a list of lines (bytes, newline included), in their order."""
    open_jobs, firing = set(), set()
    holds, changed = {}, {}  # by observer, rule and model: does it, and since when
    offset = 0
    for number, line in enumerate(lines, start=1):
        start, offset = offset, offset + len(line)
        if not line.strip():
            continue
        event = json.loads(line)
        if event["type"] not in ("metrics", "drift"):
            continue
        name, version = event["model"]["name"], event["model"]["version"]
        model = (name, version, utc(event["model"]["deployed_at"]))
        f1, p_value = event.get("f1"), event.get("p_value")
        time = utc(event.get("captured_at") or event["detected_at"])

        def expected(observer, action, rule, value, **more):
            return Expected(observer=observer, action=action, rule=rule, model=model, time=time,
                            line=number, offset=start, value=value,
                            **{"state": None, "severity": None, **more})

        def is_late(observer, rule, breaches):
            """An event older than the rule's last change is; another one may be such a change."""
            key, at = (observer, rule, model), nanoseconds(time)
            if at < changed.get(key, at):
                return True
            if breaches != holds.get(key, False):
                holds[key], changed[key] = breaches, at
            return False

        for rule, figure, limit in (("f1", f1, RETRAIN_F1), ("drift", p_value, DRIFT_P)):
            if figure is None or is_late("retraining", rule, figure < limit):
                continue
            if figure < limit and model not in open_jobs:
                open_jobs.add(model)
                yield expected("retraining", "retrain", rule, figure)

        for rule, figure, limit in (("low_f1", f1, ALERT_F1), ("drift", p_value, DRIFT_P)):
            if figure is None or is_late("alert", rule, figure < limit):
                continue
            if (figure < limit) == ((model, rule) in firing):
                continue
            fires = figure < limit
            (firing.add if fires else firing.discard)((model, rule))
            if rule == "low_f1":
                title, severity = f"Low F1 score for {name}", "critical"
                icon = "❗"
                body = [f"F1 {'dropped to' if fires else 'is'} {figure:.2f}", f"Captured at {time}"]
            else:
                title, severity = f"Drift detected for {name}", "warning"
                icon = "⚠️"
                body = [f"P-value: {figure:.4f}", f"Detected at {time}"]
                if event.get("magnitude") is not None:
                    body.insert(0, f"Drift magnitude: {event['magnitude']:.3f}")
            yield expected("alert", "alert", rule, figure, severity=severity,
                           state="firing" if fires else "resolved",
                           subject=f"{icon} {title}" if fires else f"✅ Resolved: {title}",
                           body="\n".join([f"Model {name} v{version}", *body]))


def main():
    with open(sys.argv[1], "rb") as file:
        for action in decide(file.readlines()):
            state = action.state or "-"
            print(action.line, action.action, action.rule, state, *action.model, action.time)


if __name__ == "__main__":
    main()
