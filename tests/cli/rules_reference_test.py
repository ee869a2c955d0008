"""Sections 2, 4, 5, 9, 10 and 13 of the contract: on random configurations and streams mlmon decides, holds back and
counts what the reference says, at once and in pieces.

MLMON_STREAMS is how many are tried, from the seed MLMON_SEED on; a failure names the seed that repeats it, and shows
configuration and events.
"""

import json
import os
import random
import shutil
import sys
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import mlmon_run
from mlmon_run import SANITIZED, MlmonTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
import random_rules  # noqa: E402
from rules import DERIVED_RULES, decide  # noqa: E402

SEED = int(os.environ.get("MLMON_SEED", "1"))
STREAMS = int(os.environ.get("MLMON_STREAMS", "20" if SANITIZED else "60"))
# Members that an action has where the reference says so, and else has not.
FIXED = {"action", "of", "why", "until", "observer", "rule", "state", "model", "metric", "value", "p_value",
         "magnitude", "threshold", "baseline", "severity", "labels", "event_time", "line"}
COUNTS = ("figures", "breaches", "actions")


def same(one, other):
    """Equal; a mean may differ in its last bits."""
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-13 * max(abs(one), abs(other))
    return one == other


def difference(decision, action):
    """What an action is that it should not be; "": nothing."""
    if decision is None or action is None:
        return "is one too many of mlmon" if decision is None else "is missing from mlmon"
    wrong = [name for name, value in decision.fields.items() if not same(value, action.get(name))]
    if decision.complete:
        wrong += sorted(FIXED & action.keys() - decision.fields.keys())
    if decision.untold != ("suppressed" in action):
        wrong.append("suppressed")
    return "differs in " + ", ".join(wrong) if wrong else ""


def action_difference(decisions, actions):
    for place, (decision, action) in enumerate(zip_longest(decisions, actions)):
        found = difference(decision, action)
        if found:
            owed = None if decision is None else {**decision.fields, "untold": decision.untold}
            return f"action {place} {found}\nreference: {text(owed)}\nmlmon:     {text(action)}"
    return ""


def text(value):
    return json.dumps(value, ensure_ascii=False)


def counts_of_reference(observers):
    counts = Counter()
    for observer in observers:
        for rule in observer.rules:
            for name in COUNTS:
                counts[f"{name} of {observer.name}.{rule.name}"] = getattr(rule, name)
        for why, count in observer.suppressed_by.items():
            counts[f"{observer.name} suppressed by {why}"] = count
    return counts


def counts_of_receipt(receipt):
    counts = Counter()
    for observer in receipt["observers"]:
        own = [rule for rule in observer.get("rules", []) if rule["rule"] not in DERIVED_RULES]
        for rule in own:
            for name in COUNTS:
                counts[f"{name} of {observer['observer']}.{rule['rule']}"] = rule[name]
        for why, count in observer.get("suppressed_by", {}).items():
            counts[f"{observer['observer']} suppressed by {why}"] = count
    return counts


def count_difference(reference, receipts):
    for name in reference | receipts:  # a count that is missing is 0
        if reference[name] != receipts[name]:
            return f"{name}: reference {reference[name]}, receipt {receipts[name]}"
    return ""


class Stream:
    """A configuration with its events."""

    def __init__(self, name, observers, lines, skip_late=False):
        self.name, self.observers, self.lines, self.skip_late = name, observers, lines, skip_late
        self.config = random_rules.toml(observers, skip_late)
        self.ids = {}

    def reference(self, count):
        return decide(self.observers, self.lines[:count], self.skip_late, self.ids)

    def learn(self, decisions, actions):
        """The ids of requests, which `job` events name and no reference can compute."""
        for decision, action in zip(decisions, actions):
            if decision.key:
                self.ids[decision.key] = action["id"]

    def __str__(self):
        return "\n".join([self.name, "# mlmon.toml", self.config, "# events.ndjson", *map(text, self.lines)])


class ReferenceTest(MlmonTest):
    def expect_agreement(self, stream, count, actions, counts, how):
        """Fails unless the reference decides and counts the same on the first `count` lines; gives its decisions."""
        decisions, observers = stream.reference(count)
        found = action_difference(decisions, actions) or count_difference(counts_of_reference(observers), counts)
        if found:
            self.fail(f"{how}: {found}\n{stream}")
        return decisions

    def read(self, stream, count, *args, **more):
        self.write("events.ndjson", list(map(text, stream.lines[:count])))
        run = self.run_events("-c", self.write("mlmon.toml", stream.config), "--explain", "-q", *args, "events.ndjson",
                              sees_all=False, **more)
        self.assertIn(run.code, (0, 3) if more.get("state") else (0,), f"{run.err}\n{stream}")
        return run

    def decide_at_once(self, stream, count):
        run = self.read(stream, count)
        decisions = self.expect_agreement(stream, count, run.actions, counts_of_receipt(run.receipt),
                                          f"the first {count} lines at once")
        stream.learn(decisions, run.actions)
        return run.actions

    def decide_in_pieces(self, stream, cuts):
        count, counts, actions = len(stream.lines), Counter(), []
        shutil.rmtree(self.dir / "state", ignore_errors=True)
        for end in (*cuts, count):
            run = self.read(stream, end, "--state", "state", state=True)
            counts += counts_of_receipt(run.receipt)
            actions += run.actions
        self.expect_agreement(stream, count, actions, counts, f"with state, cut after lines {cuts}")


class RandomRules(ReferenceTest):
    def decide_growing(self, stream, chance):
        """At two places jobs end that were requested before that place, so that no end precedes its request."""
        for part in (1 / 3, 2 / 3):
            place = round(part * len(stream.lines))
            requests = [one for one in self.decide_at_once(stream, place) if one["action"] == "retrain"]
            stream.lines[place:place] = random_rules.random_ends(chance, requests)
        self.decide_at_once(stream, len(stream.lines))

    def test_random_rules_over_random_streams(self):
        for seed in range(SEED, SEED + STREAMS):
            with self.subTest(MLMON_SEED=seed):
                chance = random.Random(seed)
                stream = Stream(f"MLMON_SEED={seed} MLMON_STREAMS=1", random_rules.random_observers(chance),
                                random_rules.random_stream(chance), skip_late=chance.random() < 0.2)
                self.decide_growing(stream, chance)
                if seed % 3 == 0:
                    cuts = chance.sample(range(1, len(stream.lines)), chance.randint(1, 3))
                    self.decide_in_pieces(stream, sorted(cuts))


MODEL = {"name": "fraud", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
NEWER = {"name": "fraud", "version": "2.0.0", "deployed_at": "2026-01-01T12:00:00Z"}


def metrics(hour, model=MODEL, **figures):
    return {"type": "metrics", "model": model, "captured_at": f"2026-01-02T{hour:02}:00:00Z", **figures}


class WhatRandomStreamsFound(ReferenceTest):
    def expect(self, plugin, keys, lines, owed):
        """mlmon and the reference owe these actions, (line, state or action), at once and a line at a time."""
        stream = Stream(self.id(), [(plugin, plugin, {"rules": [], **keys})], lines)
        for count in range(1, len(lines) + 1):  # so the id of a request is known when its job ends
            actions = self.decide_at_once(stream, count)
        self.decide_in_pieces(stream, range(1, len(lines)))
        told = [one for one in actions if "suppressed" not in one]
        self.assertEqual([(one["line"], one.get("state", one["action"])) for one in told], owed)

    def test_no_cooldown_holds_back_no_event_from_before_the_request(self):
        lines = [metrics(4, f1=0.6)]
        request, = self.decide_at_once(Stream(self.id(), [("retraining", "retraining", {"rules": []})], lines), 1)
        lines += [{"type": "job", "model": MODEL, "job": request["id"], "status": "done", "at": "2026-01-02T05:00:00Z"},
                  {"type": "drift", "model": MODEL, "p_value": 0.01, "detected_at": "2026-01-02T03:00:00Z"}]
        self.expect("retraining", {}, lines, [(1, "retrain"), (3, "retrain")])

    def test_a_line_that_comes_again_opens_its_request_no_second_time(self):
        lines = [metrics(1, f1=0.5), metrics(5, accuracy=0.9), metrics(1, f1=0.5), metrics(6, f1=0.4)]
        self.expect("retraining", {"job_timeout": "1h", "cooldown": "2h"}, lines, [(1, "retrain"), (4, "retrain")])

    def test_a_line_that_comes_again_repeats_no_alert(self):
        lines = [metrics(1, f1=0.5), metrics(8, accuracy=0.9), metrics(1, f1=0.5), metrics(9, f1=0.4)]
        self.expect("alert", {"repeat": "6h"}, lines, [(1, "firing"), (4, "firing")])

    def test_whoever_heard_of_a_start_hears_of_the_end_though_a_repeat_was_inhibited(self):
        auc = {"name": "auc", "metric": "auc", "below": 0.8, "inhibited_by": ["low_f1"]}
        lines = [metrics(1, f1=0.9, metrics={"auc": 0.7}), metrics(8, f1=0.5, metrics={"auc": 0.7}),
                 metrics(9, f1=0.9, metrics={"auc": 0.9})]
        self.expect("alert", {"repeat": "6h", "rules": [auc]}, lines,
                    [(1, "firing"), (2, "firing"), (3, "resolved"), (3, "resolved")])


if __name__ == "__main__":
    mlmon_run.main()
