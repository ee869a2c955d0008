"""Random configurations of mlmon's two plugins, and random streams of events that bring their rules to their limits.

Two kinds of `job` events are left out, on which the contract is silent: an end that is told before its request, and
one under another model than that of the request. Figures below 0.001 are left out, too: how such a number stands in
a text is open.
"""

import copy
import json

from decide import nanoseconds, utc

SECOND = 10**9
LIMITS = [0.3, 0.5, 0.6, 0.75]
P_LIMITS = [0.01, 0.02, 0.025, 0.05, 0.1]
SIZES = [0.1, 0.3]
EDGES = [-1e-9, -5e-10, 0, 1, 1 + 5e-10, 1.1, -1e-8, 1.0000000011]  # the last three are out of range
MODELS = [{"name": name, "version": version, "deployed_at": deployed_at} for name, version, deployed_at in (
    ("fraud", "1.0.0", "2026-01-01T00:00:00Z"), ("fraud", "1.1.0", "2026-01-01T08:00:00Z"),
    ("fraud", "1.0.0", "2026-01-01T12:00:00Z"), ("churn", "1.0.0", "2026-01-01T00:00:00Z"),
    ("fraud2", "0.1.0", "2025-12-31T00:00:00Z"))]

BOTH = {
    "min_f1": (0.3, [False, 0, 0.5, 0.6, 0.75, 1]),
    "max_p_value": (0.3, [False, 0.01, 0.05, 0.1, 1]),
    "min_magnitude": (0.25, [0.0, 0.1, 0.3]),
    "min_samples": (0.25, [1, 50, 100]),
    "for": (0.35, ["1/2", "2/2", "2/3", "1/3", "3/3", "3/5"]),
    "correction": (0.4, ["none", "bonferroni", "bh"]),
    "models": (0.1, [["fraud*"], ["!churn"]]),
}
RETRAINING = {
    "grace": (0.2, ["1h", "10h", "1d"]),
    "require": (0.4, ["any", "all", "confirmed"]),
    "cooldown": (0.4, ["0s", "90m", "2h", "6h", "1d"]),
    "job_timeout": (0.5, ["1s", "1h", "3h", "6h", "1d"]),
    "budget": (0.4, ["1/6h", "2/1d", "3/12h", "1/1d"]),
}
ALERT = {
    "resolve": (0.15, [False]),
    "repeat": (0.35, ["1s", "1h", "3h", "6h"]),
    "flap": (0.4, ["1/1h", "2/2h", "2/6h", "3/4h", "1/1d"]),
    "superseded_after": (0.4, ["0s", "2h", "6h"]),
}
RULE = {
    "for": (0.4, ["1/1", "1/2", "2/2", "2/3", "3/4"]),
    "models": (0.25, [["fraud*"], ["!fraud"], ["*", "!churn"], ["churn", "fraud"]]),
}
ALERT_RULE = {
    "severity": (0.5, ["info", "warning", "critical"]),
    "subject": (0.2, ["{model.name}|{model.version}|{value:.2f}"]),
    "body": (0.2, ["over {threshold}"]),
}
METRICS = ["accuracy", "precision", "recall", "f1", "auc", "rmse", "p_value", "magnitude"]


def chosen(rng, choices):
    return {key: rng.choice(values) for key, (chance, values) in choices.items() if rng.random() < chance}


def random_rule(rng, name):
    rule, is_below = {"name": name, "metric": rng.choice(METRICS)}, rng.random() < 0.6
    if rng.random() < 0.4:
        rule["drop" if is_below else "rise"] = rng.choice([0.05, 0.1, 0.2, "5%", "10%"])
        rule["baseline"] = rng.choice([1, 2, 3, 5])
    else:
        limit = rng.choice([0.1, 0.3, 0.5, 0.75])
        rule["below" if is_below else "above"] = limit
        if rng.random() < 0.4:
            rule["clear"] = round(limit + (1 if is_below else -1) * rng.choice([0.0, 0.05, 0.1]), 3)
    return {**rule, **chosen(rng, RULE)}


def random_rules(rng):
    return [random_rule(rng, f"rule{number}") for number in range(rng.choice([0, 0, 1, 1, 2, 3]))]


def random_retraining(rng):
    return {**chosen(rng, BOTH), **chosen(rng, RETRAINING), "rules": random_rules(rng)}


def random_alert(rng):
    keys = {**chosen(rng, BOTH), **chosen(rng, ALERT), "rules": random_rules(rng)}
    names = [rule["name"] for rule in keys["rules"]]
    names += [name for name, key in (("low_f1", "min_f1"), ("drift", "max_p_value")) if keys.get(key) is not False]
    for rule in keys["rules"]:
        rule |= chosen(rng, ALERT_RULE)
        others = [name for name in names if name != rule["name"]]
        if others and rng.random() < 0.4:
            rule["inhibited_by"] = rng.sample(others, rng.randint(1, min(2, len(others))))
    if rng.random() < 0.5:
        keys["on"] = rng.sample(["retrain", "job_failed", "budget_spent"], rng.randint(1, 3))
    return keys


def random_observers(rng):
    """(name, plugin, keys) of two to four observers, in any order."""
    observers = [("retraining", "retraining", random_retraining(rng)), ("alert", "alert", random_alert(rng))]
    if rng.random() < 0.2:
        observers.append(("retraining2", "retraining", random_retraining(rng)))
    if rng.random() < 0.2:
        observers.append(("alert2", "alert", random_alert(rng)))
    rng.shuffle(observers)
    return observers


def toml(observers, skip_late):
    """JSON's texts, numbers and lists are TOML's, too."""
    lines = ["[input]", 'late = "skip"'] if skip_late else []
    for name, plugin, keys in observers:
        lines += [f"[observers.{name}]", f'plugin = "{plugin}"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items() if key != "rules"]
        for rule in keys["rules"]:
            lines += [f"[[observers.{name}.rules]]", *(f"{key} = {json.dumps(value)}" for key, value in rule.items())]
    return "\n".join(lines) + "\n"


def near(rng, limits):
    """A figure anywhere, or at a limit, or beside it."""
    limit = rng.choice(limits)
    return rng.choice([round(rng.uniform(0.01, 1), 2), round(rng.uniform(0.01, 1), 4), limit,
                       limit + rng.choice([1e-9, -1e-9])])


def figure(rng):
    return rng.choice(EDGES) if rng.random() < 0.04 else near(rng, LIMITS)


def p_value(rng):
    return rng.choice([round(rng.uniform(0.001, 0.12), 3), round(rng.uniform(0.01, 1), 2), *rng.sample(P_LIMITS, 2),
                       rng.choice(P_LIMITS) + 1e-9])


def time_text(rng, seconds):
    """A time as one of the many texts that say it."""
    fraction = rng.choice([".5", ".123456789", ".100"]) if rng.random() < 0.05 else ""
    hours = rng.choice([1, 5]) if rng.random() < 0.1 else 0
    text = utc((seconds + 3600 * hours) * SECOND).removesuffix("Z") + fraction
    return text + (f"+{hours:02}:00" if hours else "Z")


def random_metrics(rng):
    event = {"f1": figure(rng)} if rng.random() < 0.8 else {}
    event |= {name: figure(rng) for name in ("accuracy", "precision", "recall") if rng.random() < 0.15}
    more = {"auc": near(rng, LIMITS)} if rng.random() < 0.4 else {}
    if rng.random() < 0.2:
        more["rmse"] = near(rng, LIMITS) * rng.choice([1, 3])
    if more:
        event["metrics"] = more
    return event or {"f1": figure(rng)}


def random_feature(rng):
    feature = {"p_value": p_value(rng)} if rng.random() < 0.85 else {}
    if rng.random() < 0.6 or not feature:
        feature["magnitude"] = near(rng, SIZES)
    if rng.random() < 0.1 and len(feature) > 1:
        feature[rng.choice(list(feature))] = None
    return feature


def random_drift(rng):
    if rng.random() < 0.4:
        event = {"features": {name: random_feature(rng) for name in rng.sample("abcde", rng.randint(1, 4))}}
        likely_p, likely_size = 0.3, 0.3
    else:
        event, likely_p, likely_size = {}, 0.9, 0.7
    if rng.random() < likely_p:
        event["p_value"] = rng.choice([-1e-9, 1 + 5e-10, 0, 1]) if rng.random() < 0.03 else p_value(rng)
    if rng.random() < likely_size or not event:
        event["magnitude"] = near(rng, SIZES)
    return event


NULLS = {"metrics": ["f1", "accuracy", "metrics", "samples", "labels", "id"],
         "drift": ["p_value", "magnitude", "features", "samples"]}


def random_event(rng, model, seconds):
    kind = "metrics" if rng.random() < 0.55 else "drift"
    figures = random_metrics(rng) if kind == "metrics" else random_drift(rng)
    event = {"type": kind, "model": dict(model), **figures}
    if rng.random() < 0.05:  # the same instant
        event["model"]["deployed_at"] = utc(nanoseconds(model["deployed_at"]) + 3600 * SECOND)[:-1] + "+01:00"
    if rng.random() < 0.35:
        event["samples"] = rng.choice([0, 10, 49, 50, 51, 100, 1000])
    if rng.random() < 0.1:
        event["labels"] = {"team": rng.choice("ab")}
    if rng.random() < 0.1:
        event[rng.choice(NULLS[kind])] = None
    event["captured_at" if kind == "metrics" else "detected_at"] = time_text(rng, seconds)
    return event


def random_stream(rng):
    """Events of few models: most of them in order, some older than what came before, some sent again."""
    models, lines = rng.sample(MODELS, rng.randint(1, 4)), []
    now = nanoseconds("2026-01-01T00:00:00Z") // SECOND
    for _ in range(rng.randint(30, 80)):
        now += rng.choice([0, 60, 600, 1800, 3600, 3600, 7200, 4 * 3600])
        back = rng.choice([60, 3600, 3 * 3600, 10 * 3600]) if rng.random() < 0.2 else 0
        lines.append(random_event(rng, rng.choice(models), now - back))
        if rng.random() < 0.07:
            lines.append(copy.deepcopy(rng.choice(lines)))
    return lines


def random_ends(rng, requests):
    """`job` events for some of these retrain actions, and for one that nobody asked for."""
    ends = []
    for request in requests:
        if rng.random() < 0.5:
            seconds = nanoseconds(request["event_time"]) // SECOND + rng.choice([0, 60, 3600, -86400, 30 * 86400])
            ends.append({"type": "job", "model": request["model"],
                         "job": request["id"] if rng.random() < 0.95 else "unknown",
                         "status": rng.choice(["done", "failed", "cancelled"]), "at": time_text(rng, seconds)})
    return ends
