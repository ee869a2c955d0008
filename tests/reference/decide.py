#!/usr/bin/env python3
"""The decisions of mlmon's two plugins, written a second time from the contract alone.

Reads valid events as NDJSON and says which actions the plugins owe, and what they hold back, for any
policy of sections 9, 10 and 13. It shares nothing with the program it checks: other language, other
structure, Python's own JSON and number formatting, all of a model's history in memory.

    decide.py FILE      prints one expected action of the defaults a line
"""

import json
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from math import fsum
from typing import NamedTuple

RETRAINING = {"min_f1": 0.75, "max_p_value": 0.05}
ALERT = {"min_f1": 0.6, "max_p_value": 0.05}
DRIFT = ("p_value", "magnitude")
SECOND = 10**9


class Expected(NamedTuple):
    """An action as far as the contract fixes it; `subject` and `body` are those of alerts. What is
    held back has the action "suppressed"."""
    observer: str
    action: str
    rule: str
    state: str | None
    severity: str | None
    model: tuple
    time: str
    line: int
    offset: int
    value: float | None
    subject: str | None = None
    body: str | None = None
    threshold: float | None = None
    why: str | None = None
    until: str | None = None
    baseline: float | None = None
    reason: str | None = None
    suppressed: bool = False  # an alert that nobody is told


def nanoseconds(text):
    """An RFC 3339 time in nanoseconds since 1970."""
    date, clock, fraction, zone = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", text).groups()
    seconds = (datetime.fromisoformat(f"{date}T{clock}") - datetime(1970, 1, 1)) // timedelta(seconds=1)
    if zone not in "Zz":
        shift = 3600 * int(zone[1:3]) + 60 * int(zone[4:6])
        seconds -= shift if zone[0] == "+" else -shift
    return seconds * SECOND + int((fraction or "").ljust(9, "0"))


def utc(ns):
    """A time as mlmon prints it: UTC, `Z`, the digits of a second that it needs."""
    seconds, rest = divmod(ns, SECOND)
    digits = f"{rest:09}".rstrip("0")
    at = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return at.isoformat() + (f".{digits}" if digits else "") + "Z"


def span(text):
    """The nanoseconds of a duration, "1h"; of nothing 0."""
    if not text:
        return 0
    count, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text).groups()
    return int(count) * {"ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND,
                         "d": 86400 * SECOND}[unit]


@dataclass(eq=False)
class Rule:
    name: str
    metric: str
    below: float | None = None
    above: float | None = None
    clear: float | None = None
    drop: float | str | None = None
    rise: float | str | None = None
    baseline: int = 20
    needed: int = 1
    of: int = 1
    models: list = field(default_factory=lambda: ["*"])
    severity: str = "warning"
    inhibited_by: list = field(default_factory=list)

    def applies_to(self, model):
        return any(fnmatchcase(model[0], glob) for glob in self.models)

    def is_drift(self):
        return self.metric in DRIFT


@dataclass
class Standing:
    """What a rule knows of a model."""
    figures: list = field(default_factory=list)  # those of the baseline
    window: list = field(default_factory=list)   # breaches, the newest last
    holds: bool = False
    changed: int | None = None
    changes: list = field(default_factory=list)  # for flapping
    flapping: bool = False
    told: int | None = None
    unheard: bool = False


class Said(NamedTuple):
    """What a rule says about an event."""
    rule: Rule
    standing: Standing
    figure: float
    limit: float | None
    breach: bool
    weight: str  # "full", "late", "min_samples"
    changed: bool


@dataclass
class Event:
    kind: str
    model: tuple
    deployed: int
    time: int
    line: int
    offset: int
    figures: dict
    samples: int | None
    json: dict


def read_event(line, number, offset):
    said = {key: value for key, value in json.loads(line).items() if value is not None}
    about = said["model"]
    deployed = nanoseconds(about["deployed_at"])
    time = nanoseconds(said.get("captured_at") or said.get("detected_at") or said["at"])
    figures = {}
    if said["type"] == "metrics":
        figures = {key: value for key, value in said.get("metrics", {}).items() if value is not None}
        figures |= {key: said[key] for key in ("accuracy", "precision", "recall", "f1") if key in said}
    if said["type"] == "drift":
        figures = {key: said[key] for key in DRIFT if key in said}
        features = [test for test in said.get("features", {}).values() if test]
        if not figures and features:
            with_p = [test for test in features if test.get("p_value") is not None]
            chosen = (min(with_p, key=lambda test: test["p_value"]) if with_p else
                      max(features, key=lambda test: test["magnitude"]))
            figures = {key: chosen[key] for key in DRIFT if chosen.get(key) is not None}
    model = (about["name"], about["version"], utc(deployed))
    return Event(said["type"], model, deployed, time, number, offset, figures, said.get("samples"), said)


class Observer:
    """Section 9, "How a rule is decided": what both plugins do."""

    def __init__(self, name, config, built_in):
        self.name, self.config = name, config
        self.rules = built_in + [self.own_rule(table) for table in config.get("rules", [])]
        for rule in self.rules[:len(built_in)]:
            rule.needed, rule.of = self.window(config)
        self.standings, self.now = {}, {}

    @staticmethod
    def window(config):
        needed, of = config.get("for", "1/1").split("/")
        return int(needed), int(of)

    def own_rule(self, table):
        known = {key: value for key, value in table.items() if key not in ("for", "subject", "body")}
        needed, of = self.window(table if "for" in table else self.config)
        return Rule(needed=needed, of=of, **known)

    def standing(self, rule, model):
        return self.standings.setdefault((rule.name, model), Standing())

    def see(self, event):
        """The rules that say something about a metrics or drift event; first all of them are updated."""
        self.now[event.model] = max(event.time, self.now.get(event.model, event.time))
        figures = dict(event.figures)
        tests = [test["p_value"] for test in event.json.get("features", {}).values()
                 if test and test.get("p_value") is not None]
        if event.kind == "drift" and tests and self.config.get("correction", "none") != "none":
            figures["p_value"] = self.adjusted(tests)
        said = [self.judge(rule, event, figures) for rule in self.rules
                if rule.applies_to(event.model) and rule.metric in figures]
        return [one for one in said if one]

    def adjusted(self, p_values):
        count, p_values = len(p_values), sorted(p_values)
        if self.config["correction"] == "bonferroni":
            return min(1.0, p_values[0] * count)
        return min(1.0, *(p * count / rank for rank, p in enumerate(p_values, start=1)), 1.0)

    def limit(self, rule, standing):
        if rule.drop is None and rule.rise is None:
            return rule.below if rule.above is None else rule.above
        if len(standing.figures) < rule.baseline:
            return None
        mean, change = fsum(standing.figures) / rule.baseline, rule.drop or rule.rise
        if isinstance(change, str):
            change = abs(mean) * (float(change[:-1]) / 100)
        return mean - change if rule.drop is not None else mean + change

    def judge(self, rule, event, figures):
        standing, figure = self.standing(rule, event.model), figures[rule.metric]
        limit = self.limit(rule, standing)
        is_above = rule.above is not None or rule.rise is not None
        breach = limit is not None and (figure > limit if is_above else figure < limit)
        if rule.metric == "p_value" and event.figures.get("magnitude") is not None:
            breach = breach and event.figures["magnitude"] >= self.config.get("min_magnitude", 0)
        weight = "full"
        if standing.changed is not None and event.time < standing.changed:
            weight = "late"
        elif event.samples is not None and event.samples < self.config.get("min_samples", 0):
            weight = "min_samples"
        if weight != "full":
            return Said(rule, standing, figure, limit, breach, weight, False) if breach else None
        if limit is None:
            grace = span(self.config.get("grace"))
            if not grace or event.time >= event.deployed + grace:
                standing.figures.append(figure)
            return Said(rule, standing, figure, limit, False, weight, False)
        held = standing.holds
        standing.window = (standing.window + [breach])[-rule.of:]
        if held and rule.clear is not None:
            if figure <= rule.clear if is_above else figure >= rule.clear:
                standing.holds, standing.window = False, []
        else:
            standing.holds = sum(standing.window) >= rule.needed
        if standing.holds != held:
            standing.changed = event.time
        return Said(rule, standing, figure, limit, breach, weight, standing.holds != held)

    def expected(self, event, rule, said=None, model=None, **more):
        baseline = None
        if said and said.limit is not None and said.standing.figures:
            baseline = fsum(said.standing.figures) / rule.baseline
        return Expected(**{
            "observer": self.name, "rule": rule.name, "model": model or event.model, "state": None,
            "severity": None, "time": utc(event.time), "line": event.line, "offset": event.offset,
            "value": said and said.figure, "threshold": said and said.limit, "baseline": baseline, **more})


class Retraining(Observer):
    def __init__(self, name, config):
        config = {**RETRAINING, **config}
        limits = [("f1", "f1", config["min_f1"]), ("drift", "p_value", config["max_p_value"])]
        super().__init__(name, config, [Rule(rule, metric, below=limit)
                                        for rule, metric, limit in limits if limit is not False])
        self.open, self.asked, self.spent = {}, {}, []  # of a model: the request; when; all of those

    def decide(self, event, requests):
        if event.kind == "job":
            if event.model in self.open and self.open[event.model] == requests.get(event.json["job"]):
                del self.open[event.model]
            return
        for said in self.see(event):
            if not said.breach:
                continue
            why, until = self.reason_against(said, event)
            if why:
                yield self.expected(event, said.rule, said, action="suppressed", why=why,
                                    until=None if until is None else utc(until))
                continue
            now = self.now[event.model]
            self.open[event.model], self.asked[event.model] = (event.line, said.rule.name), now
            self.spent.append(now)
            yield self.expected(event, said.rule, said, action="retrain")

    def reason_against(self, said, event):
        config, now, model = self.config, self.now[event.model], event.model
        if said.weight != "full":
            return said.weight, None
        grace = span(config.get("grace"))
        if grace and now < event.deployed + grace:
            return "grace", event.deployed + grace
        if not said.standing.holds:
            return "for", None
        others = [rule for rule in self.rules if rule.applies_to(model)]
        if config.get("require") == "all":
            if not all(self.standing(rule, model).holds for rule in others):
                return "require", None
        if config.get("require") == "confirmed" and said.rule.is_drift():
            if not any(self.standing(rule, model).holds for rule in others if not rule.is_drift()):
                return "require", None
        if model in self.open:
            timeout = span(config.get("job_timeout"))
            if timeout == 0:
                return "job_open", None
            if now < self.asked[model] + timeout:
                return "job_open", self.asked[model] + timeout
        if model in self.asked and now < self.asked[model] + span(config.get("cooldown")):
            return "cooldown", self.asked[model] + span(config.get("cooldown"))
        if config.get("budget"):
            most, length = config["budget"].split("/")
            not_over = sorted(at for at in self.spent if now < at + span(length))
            if len(not_over) >= int(most):
                return "budget", not_over[-int(most)] + span(length)
        return None, None


class Alert(Observer):
    def __init__(self, name, config):
        config = {**ALERT, **config}
        limits = [("low_f1", "f1", config["min_f1"], "critical"),
                  ("drift", "p_value", config["max_p_value"], "warning")]
        super().__init__(name, config, [Rule(rule, metric, below=limit, severity=severity)
                                        for rule, metric, limit, severity in limits if limit is not False])
        self.built_in = len(self.rules) - len(config.get("rules", []))
        self.deployed = {}

    def decide(self, event, _):
        if event.kind == "job":
            return
        self.deployed[event.model] = event.deployed
        self.now[event.model] = max(event.time, self.now.get(event.model, event.time))
        yield from self.superseded(event)
        for said in self.see(event):
            if said.weight != "full":
                yield self.expected(event, said.rule, said, action="suppressed", why=said.weight)
                continue
            state = self.state_to_tell(said, self.now[event.model])
            if state:
                yield from self.tell(event, said.rule, state, said)

    def state_to_tell(self, said, now):
        standing, state = said.standing, "firing" if said.standing.holds else "resolved"
        most, _, length = self.config.get("flap", "0").partition("/")
        if int(most):
            quiet = not [at for at in standing.changes if now < at + span(length)]
            if said.changed:
                standing.changes.append(now)
            if standing.flapping:
                if not quiet:
                    return None
                standing.flapping = False
                standing.changes = standing.changes[-1:] if said.changed else []
                return state
            recent = [at for at in standing.changes if now < at + span(length)]
            if said.changed and len(recent) > int(most):
                standing.flapping = True
                return "flapping"
        if said.changed:
            return state
        repeat = span(self.config.get("repeat"))
        return "firing" if repeat and standing.holds and now >= standing.told + repeat else None

    def tell(self, event, rule, state, said, **more):
        standing = said.standing if said else self.standing(rule, more["model"])
        model = more.get("model", event.model)
        if state != "resolved":
            inhibitors = [other for other in self.rules if other.name in rule.inhibited_by]
            standing.unheard = any(self.standing(other, model).holds or self.standing(other, model).flapping
                                   for other in inhibitors)
        standing.told = self.now[event.model]
        if state == "resolved" and not self.config.get("resolve", True):
            standing.unheard = False
            return
        yield self.expected(event, rule, said, action="alert", state=state, severity=rule.severity,
                            suppressed=standing.unheard, **(self.texts(event, rule, state, said) if said else {}),
                            **more)
        if state == "resolved":
            standing.unheard = False

    def superseded(self, event):
        after = self.config.get("superseded_after")
        if not after or self.now[event.model] < event.deployed + span(after):
            return
        older = [(at, model) for model, at in self.deployed.items()
                 if model[0] == event.model[0] and at < event.deployed]
        for _, model in sorted(older):
            for rule in self.rules:
                standing = self.standing(rule, model)
                if rule.applies_to(model) and standing.holds:
                    standing.holds, standing.window, standing.flapping = False, [], False
                    standing.changed = max(standing.changed, event.time)
                    yield from self.tell(event, rule, "resolved", None, model=model,
                                         reason=f"superseded by v{event.model[1]}")

    def texts(self, event, rule, state, said):
        fires, (name, version, _), at = said.standing.holds, event.model, utc(event.time)
        icon = {"critical": "❗", "warning": "⚠️", "info": "ℹ️"}[rule.severity]
        title, lines = rule.name, [f"{rule.metric} is {number(said.figure)} (limit {number(said.limit)})"]
        if rule in self.rules[:self.built_in] and rule.metric == "f1":
            title = "Low F1 score"
            lines = [f"F1 {'dropped to' if fires else 'is'} {said.figure:.2f}"]
        elif rule in self.rules[:self.built_in]:
            title, lines = "Drift detected", [f"P-value: {said.figure:.4f}"]
            if event.figures.get("magnitude") is not None:
                lines.insert(0, f"Drift magnitude: {event.figures['magnitude']:.3f}")
        before = {"firing": icon, "resolved": "✅ Resolved:", "flapping": f"{icon} Flapping:"}[state]
        lines.append(f"{'Detected' if event.kind == 'drift' else 'Captured'} at {at}")
        return {"subject": f"{before} {title} for {name}",
                "body": "\n".join([f"Model {name} v{version}", *lines])}


def number(value):
    """The shortest text of the same double, as JSON has it."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def decide(lines, observers=None, requests=None, suppressed=False):
    """Yields the actions of a list of lines (bytes, newline included), in their order.

    `observers`: name, plugin and its keys of each; without them the defaults. `requests`: the line and
    the rule of each job id, for events of type job. With `suppressed` also what is held back."""
    observers = observers or [("retraining", "retraining", {}), ("alert", "alert", {})]
    instances = [{"retraining": Retraining, "alert": Alert}[plugin](name, config)
                 for name, plugin, config in observers]
    offset = 0
    for line_number, line in enumerate(lines, start=1):
        start, offset = offset, offset + len(line)
        if not line.strip():
            continue
        event = read_event(line, line_number, start)
        for instance in instances:
            for action in instance.decide(event, requests or {}):
                if suppressed or action.action != "suppressed":
                    yield action


def main():
    with open(sys.argv[1], "rb") as file:
        for action in decide(file.readlines()):
            state = action.state or "-"
            print(action.line, action.action, action.rule, state, *action.model, action.time)


if __name__ == "__main__":
    main()
