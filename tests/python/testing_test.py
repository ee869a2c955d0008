"""mlmon.testing, the host for unit tests of observers in Python."""

import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sdk/python"))

from mlmon import HostError, Observer, events, testing  # noqa: E402


def at(minute):
    return f"2026-02-01T08:{minute:02}:00Z"


def metrics(name, minute, **more):
    return events.metrics(model=(name, "1.0.0", "2026-01-01T00:00:00Z"), captured_at=at(minute), **{"f1": 0.5, **more})


def other(kind, name, minute, **more):
    return {"type": kind, "model": {"name": name, "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"},
            "detected_at" if kind == "drift" else "at": at(minute), **more}


class Puppet(Observer):
    """Does what its configuration says."""

    config = {"what": "acts"}
    counters = {"seen": "events"}
    subscribes = "metrics drift"
    emits = "made"

    def __init__(self):
        if self.config.what == "raises":
            raise ValueError("what: is refused")
        if self.config.what == "keeps early":
            self.state[None, "k"] = "v"

    def on_event(self, event):
        what = self.config.what
        self.count("seen")
        n = int(self.state.get(event.model, "n", "0")) + 1
        self.state[event.model, "n"] = str(n)
        if what == "suppresses":
            self.suppress("alert", rule="rule", why="quiet", until=event.time_ns + 1, n=n)
        elif what == "bad type":
            self.act("Alert", rule="rule")
        elif what == "emits":
            self.emit("made", n=n)
        elif what == "acts as the host":
            self.act("alert", rule="rule", event_time="now")
        elif what == "emits as the host":
            self.emit("made", at="now")
        elif what == "emits another":
            self.emit("mad")
        elif what == "keeps too much":
            self.state[None, "k" * 1025] = ""
        elif what == "fails at two" and event.model.name == "two":
            raise RuntimeError("two is too many")
        else:
            self.act("alert", rule="rule", state="firing", n=n, f1=event.f1, type=event.type)
            assert event.json["type"] == event.type
            self.offset = event.offset

    def on_finish(self):
        self.log(f"finished after {self.last_action_id}")

    def migrate(self, from_version):
        if from_version == 0:
            return False
        self.state[None, "was"] = str(from_version)

    def explain(self, model):
        return {"notes": [model.name]}


class Ticks(Observer):
    tick_every = "5m"

    def on_event(self, event):
        self.state[event.model, "last"] = str(event.time_ns)

    def on_tick(self, tick):
        for (model, _), _ in reversed(list(self.state.items())):
            self.act("alert", rule="tick", model=model)


class TestingTest(unittest.TestCase):
    def test_what_was_decided_counted_kept_and_logged_can_be_read(self):
        host = testing.Host(Puppet)
        host.feed(metrics("fraud", 1), other("job", "fraud", 1), metrics("churn", 2))
        self.assertEqual(host.actions[1], testing.Decision("alert", "rule", "firing",
                                                           {"n": 1, "f1": 0.5, "type": "metrics"}, "churn",
                                                           "1.0.0", "2026-01-01T00:00:00Z", 1769932920 * 10**9, 3))
        self.assertEqual([action.line for action in host.actions], [1, 3])
        self.assertEqual(host.observer.offset, len(metrics("fraud", 1)) + len(json.dumps(other("job", "fraud", 1))) + 2)
        self.assertEqual(host.counter("seen"), 2)
        self.assertEqual((host.kept("churn", "n"), host.kept(None, "n")), ("1", None))
        self.assertEqual(host.explain("churn"), {"notes": ["churn"]})
        host.finish()
        self.assertEqual(host.log, ["finished after action-2"])

    def test_suppressions_have_fields_while_somebody_looks_and_a_time(self):
        host = testing.Host(Puppet, {"what": "suppresses"})
        host.feed(metrics("fraud", 1))
        host.explaining = True
        host.feed(metrics("fraud", 1))
        self.assertEqual([held.fields for held in host.suppressed], [{}, {"n": 2}])
        self.assertEqual(host.suppressed[1].until_ns, host.suppressed[1].time_ns + 1)

    def test_what_mlmon_refuses_is_refused_with_a_text(self):
        one = metrics("m", 1)
        for what, kind, text in (("bad type", HostError, "act: expected a name of a-z, 0-9 and _, got 'Alert'"),
                                 ("emits another", HostError, "emit: the class does not emit this type"),
                                 ("acts as the host", HostError, 'act: fields: "event_time" is the host\'s'),
                                 ("emits as the host", HostError, 'emit: fields: "at" is the host\'s'),
                                 ("keeps too much", HostError, "state: expected a key of 1 byte to 1 KiB"),
                                 ("keeps early", HostError, "state: only during on_event, on_batch, on_tick and migrate"),
                                 ("raises", ValueError, "what: is refused")):
            with self.subTest(what), self.assertRaises(kind) as raised:
                testing.Host(Puppet, {"what": what}).feed(one)
            self.assertEqual(str(raised.exception), text)
        host = testing.Host(Puppet, {"what": "emits"})
        host.feed(one)
        self.assertEqual([made.type for made in host.emitted], ["made"])
        with self.assertRaisesRegex(ValueError, "^waht: unknown key$"):
            testing.Host(Puppet, {"waht": "acts"})

    def test_lines_that_are_no_events_are_refused_with_their_number(self):
        for lines, text in ((["\n{}"], "line 2: type: expected a string"),
                            ([metrics("m", 1), "{"], "line 2: Expecting property name"),
                            ([metrics("m", 1).replace("0.5", "NaN")], "line 1: NaN is not JSON"),
                            (['{"type":"drift","model":{}}'], "line 1: model: expected an object with name, version"),
                            ([other("drift", "m", 1, detected_at="yesterday")],
                             "line 1: detected_at: expected a time such as 2026-01-31T08:00:00Z"),
                            ([other("deploy", "m", 1)], "line 1: type: the observer does not subscribe to it")):
            with self.subTest(text), self.assertRaises(ValueError) as raised:
                testing.Host(Puppet).feed(*lines)
            self.assertTrue(str(raised.exception).startswith(text), raised.exception)

    def test_a_call_that_fails_leaves_nothing_behind_and_nothing_more_is_called(self):
        host = testing.Host(Puppet, {"what": "fails at two"})
        host.feed(metrics("one", 1))
        with self.assertRaisesRegex(RuntimeError, "two is too many"):
            host.feed(metrics("one", 2), metrics("two", 2))
        with self.assertRaisesRegex(RuntimeError, "two is too many"):
            host.feed(metrics("one", 3))
        self.assertEqual((len(host.actions), host.kept("one", "n"), host.counter("seen")), (1, "1", 1))

    def test_an_observer_goes_on_after_a_restart_with_what_it_kept_under_other_handles(self):
        host = testing.Host(Puppet)
        host.feed(metrics("a", 1), metrics("b", 1), metrics("b", 2), metrics("c", 2))
        first = host.observer
        host.restart()
        self.assertIsNot(host.observer, first)
        host.feed(metrics("b", 3), metrics("d", 3))
        self.assertEqual([host.kept(name, "n") for name in "abcd"], ["1", "3", "1", "1"])
        self.assertEqual(host.counter("seen"), 2)
        host.keep("a", "n", "7")
        host.feed(metrics("a", 4))
        self.assertEqual(host.actions[-1].fields["n"], 8)
        host.migrate(1)
        self.assertEqual(host.kept(None, "was"), "1")
        with self.assertRaisesRegex(ValueError, "state of version 0 is of no use"):
            host.migrate(0)

    def test_ticks_come_between_the_events_that_they_stand_between(self):
        lines = [metrics("b", 1), metrics("a", 2), metrics("b", 6), metrics("b", 7), metrics("a", 19)]
        for batches in ([lines], [[line] for line in lines]):
            host = testing.Host(Ticks)
            for batch in batches:
                host.feed(*batch)
            minutes = [(action.model, action.time_ns // 60_000_000_000 % 60, action.line) for action in host.actions]
            self.assertEqual(minutes, [("a", 5, 0), ("b", 5, 0), ("a", 15, 0), ("b", 15, 0)])

    def test_fields_and_columns_are_found_as_in_a_run(self):
        class Found(Observer):
            fields = {"x": "/metrics/a~1b/1", "whole": ("/metrics/a~1b/1", int), "text": ("/metrics/a~1b/1", str),
                      "flag": ("/metrics/a~1b/1", bool), "of_drift": ("/metrics/a~1b/1", object, "drift")}

            def on_event(self, event):
                self.act("found", rule="x", x=event.x, whole=event.whole, text=event.text, flag=event.flag,
                         of_drift=event.of_drift)

        host = testing.Host(Found)
        for value, expected in (("-1.5e1", [-15.0, None, None, None]), ("7", [7.0, 7, None, None]),
                                ("9223372036854775808", [9223372036854775808.0, None, None, None]),
                                ("true", [True, None, None, True]), ('"\\u00e4"', ["ä", None, "ä", None]),
                                ('{"k":[1,"]"],"k":2}', [{"k": [1, "]"]}, None, None, None]), ("null", [None] * 4)):
            for kind in ("metrics", "drift"):
                line = metrics("m", 1).replace('"metrics",', f'"{kind}","metrics":{{"a/b":[0,{value}]}},', 1)
                host.feed(line.replace("captured_at", "detected_at") if kind == "drift" else line)
                found = host.actions[-1].fields
                self.assertEqual([found[name] for name in ("x", "whole", "text", "flag")], expected, value)
            self.assertEqual(found["of_drift"], expected[0])

    def test_what_is_kept_of_a_column_is_gone_after_the_batch(self):
        class Keeps(Observer):
            def on_batch(self, batch):
                if not hasattr(self, "f1"):
                    self.f1 = batch.f1
                self.act("seen", rule="f1", row=0, kept=[x if x == x else None for x in self.f1], now=list(batch.f1))

        host = testing.Host(Keeps)
        host.feed(metrics("m", 1))
        host.feed(metrics("m", 2, f1=0.25))
        self.assertEqual([(action.fields["kept"], action.fields["now"]) for action in host.actions],
                         [([0.5], [0.5]), ([None], [0.25])])


if __name__ == "__main__":
    unittest.main(verbosity=2)
