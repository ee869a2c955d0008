"""mlmon.Observer as mlmon sees it: an observer in Python behind the frames of sdk/PROTOCOL.md.

The host is that of protocol_host.py, which has nothing of mlmon in it.
"""

import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path

from protocol_host import DESTROY, FINISH, MIGRATE, TICK, Host

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "sdk/python/run_observer.py"

LOW_AUC = '''
from mlmon import Observer

class LowAuc(Observer):
    """alerts at a low auc"""
    config = {"limit": 0.80}
    fields = {"auc": "/metrics/auc"}

    def on_event(self, event):
        if event.auc is not None and event.auc < self.config.limit:
            self.act("alert", rule="low_auc", severity="warning", subject=f"AUC of {event.model.name} is {event.auc:.2f}")
'''


class ObserverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def start(self, source, config=None, name="mine.py"):
        path = self.dir / name
        path.write_text(source)
        host = Host([sys.executable, "-B", str(RUNNER), str(path)])
        self.addCleanup(host.kill)
        host.about = host.hello()
        host.models(1, ("fraud", "2.1.0"), ("churn", "1.0.0"))
        if config is not None:
            code, text, _ = host.create(json.dumps(config))
            self.assertEqual((code, text), (0, ""))
        return host

    def end(self, host):
        host.send(DESTROY)
        code, err = host.close()
        self.assertEqual((code, err), (0, ""))

    def test_the_contracts_example_alerts(self):
        host = self.start(LOW_AUC, {"limit": 0.8})
        self.assertEqual(json.loads(host.about["schema"]),
                         {"type": "object", "additionalProperties": False, "required": [],
                          "properties": {"limit": {"type": "number", "default": 0.8}}})
        self.assertEqual(host.about["summary"], "alerts at a low auc")
        self.assertEqual(host.about["subscribes"], ["metrics", "drift", "job"])
        self.assertEqual(host.columns[0], (1, "/metrics/auc", ""))
        code, text, _ = host.batch([{0: 0.9}, {0: 0.7, "model": 2}, {}, {0: 0.5}])
        self.assertEqual((code, text), (0, ""))
        acts = [said[1:] for said in host.said]
        self.assertEqual([act[:5] for act in acts], [(1, 2, "alert", "low_auc", ""), (3, 1, "alert", "low_auc", "")])
        self.assertEqual(json.loads(acts[0][5]), {"severity": "warning", "subject": "AUC of churn is 0.70"})
        self.end(host)

    def test_columns_are_memoryviews_and_rows_are_named(self):
        host = self.start('''
from mlmon import Observer
class Columns(Observer):
    fields = {"auc": "/metrics/auc", "team": ("/labels/team", str), "ok": ("/ok", bool), "n": ("/n", int)}
    def on_batch(self, batch):
        assert isinstance(batch.f1, memoryview) and batch.f1.format == "d" and len(batch.f1) == len(batch) == 3
        assert batch.f1[1] != batch.f1[1]
        self.act("alert", rule="all", row=2, f1=[x for x in batch.f1 if x == x], auc=batch.auc[0], team=batch.team,
                 ok=batch.ok, n=list(batch.n)[0], times=list(batch.time_ns), models=[m for m in batch.model])
''', {})
        result = host.batch([{"f1": 0.5, 0: 0.25, 1: "red", 2: True, 3: 7, "time_ns": -5}, {"time_ns": 1},
                             {"f1": 0.75, "model": 2, "time_ns": 2}])
        self.assertEqual(result[:2], (0, ""))
        [act] = host.said
        self.assertEqual(act[:6], ("act", 2, 2, "alert", "all", ""))
        self.assertEqual(json.loads(act[6]), {"f1": [0.5, 0.75], "auc": 0.25, "team": ["red", None, None],
                                              "ok": [True, None, None], "n": 7, "times": [-5, 1, 2],
                                              "models": [1, 1, 2]})
        self.end(host)

    def test_a_field_has_the_value_that_its_json_has(self):
        host = self.start('''
from mlmon import Observer
class Values(Observer):
    fields = {"x": "/x"}
    def on_event(self, event):
        self.act("found", rule="x", x=event.x, f1=event.f1, samples=event.samples, type=event.type)
''', {})
        json_column = [kind for kind, _, _ in host.columns].index(5)
        host.batch([{0: 2.5, json_column: "2.5"}, {json_column: '"a\\"b"'}, {json_column: "true", "kind": 2},
                    {"f1": 0.5, "samples": 3, "kind": 17}])
        self.assertEqual({said[0] for said in host.said}, {"act"}, host.said)
        found = [json.loads(act[6]) for act in host.said]
        self.assertEqual([(f["x"], f["f1"], f["samples"], f["type"]) for f in found],
                         [(2.5, None, None, "metrics"), ('a"b', None, None, "metrics"), (True, None, None, "drift"),
                          (None, 0.5, 3, "type-17")])
        self.end(host)

    def test_state_is_text_by_model_and_key(self):
        host = self.start('''
from mlmon import Observer
class Keeps(Observer):
    state_version = 2
    def on_event(self, event):
        n = int(self.state.get(event.model, "n", 0)) + 1
        self.state[event.model, "n"] = str(n)
        self.act("counted", rule="n", state=str(n), all=[(str(m), k, v) for (m, k), v in self.state.items()])
        if n == 3:
            del self.state[event.model, "n"]
            assert (event.model, "n") not in self.state
            try:
                self.state[event.model, "n"]
            except KeyError as error:
                self.state[None, "gone"] = repr(error.args[0][1])
    def migrate(self, from_version):
        self.state[None, "was"] = str(from_version)
''')
        host.state(1, {"n": "1"})
        host.state(0, {"what": "older"})
        self.assertEqual(host.create("{}")[:2], (0, ""))
        self.assertEqual(host.call(MIGRATE, struct.pack("<I", 1))[:2], (0, ""))
        host.batch([{}, {"model": 2}, {}])
        puts = [said[1:] for said in host.said if said[0] in ("put", "delete")]
        self.assertEqual(puts, [(0, "was", "1"), (1, "n", "2"), (2, "n", "1"), (1, "n", "3"), (1, "n"),
                                (0, "gone", "'n'")])
        first = json.loads([said for said in host.said if said[0] == "act"][0][6])["all"]
        self.assertEqual([item[1:] for item in first], [["was", "1"], ["what", "older"], ["n", "2"]])
        host.state(1, {})  # it was forgotten
        host.batch([{}])
        self.assertIn(("put", 1, "n", "1"), host.said)
        self.end(host)

    def test_an_exception_is_told_with_its_place_and_ends_only_the_call(self):
        host = self.start('''
from mlmon import Observer
class Breaks(Observer):
    def on_event(self, event):
        self.deeper()
    def deeper(self):
        return 1 / 0
''', {})
        code, text, _ = host.batch([{}])
        self.assertEqual(code, -1)
        self.assertRegex(text, r"^ZeroDivisionError: division by zero \(.*mine\.py:7, in deeper\)$")
        told = [said[2] for said in host.said if said[0] == "log"]
        self.assertEqual(told[0], "Traceback (most recent call last):")
        self.assertTrue(any("on_event" in line for line in told))
        self.assertFalse(any("_child.py" in line for line in told))
        self.end(host)

    def test_print_goes_to_the_log(self):
        host = self.start('''
from mlmon import Observer
class Prints(Observer):
    def on_event(self, event):
        print("one", 2)
        print("a\\nb", end="")
        print()
''', {})
        host.batch([{}])
        self.assertEqual([said[2] for said in host.said], ["one 2", "a", "b"])
        self.end(host)

    def test_ticks_counters_emits_and_the_end(self):
        host = self.start('''
from mlmon import Observer
class All(Observer):
    emits = "a b"
    subscribes = "metrics deploy"
    counters = {"events": "that it saw"}
    tick_every = "1h"
    def __init__(self):
        self.seen = []
    def on_event(self, event):
        self.count("events")
        self.seen.append(event.model)
        self.emit("a", x=1)
        self.suppress("alert", rule="r", why="quiet", until=7)
    def on_tick(self, tick):
        self.act("alert", rule="silent", model=self.seen[0], at=tick.time)
    def on_finish(self):
        print("ended")
''', {})
        self.assertEqual((host.about["subscribes"], host.about["emits"]), (["metrics", "deploy"], ["a", "b"]))
        self.assertEqual((host.counters, host.about["has"] & 7), ([("events", "that it saw")], 3))
        self.assertIn(("tick_every", 3600 * 10**9), host.said)
        host.said.clear()
        self.assertEqual(host.batch([{}, {}])[2], {0: 2})
        self.assertEqual(host.said[:2], [("emit", 0, 1, "a", '{"x":1}'),
                                         ("suppress", 0, 1, 1, 7, "alert", "r", "quiet", "")])
        host.said.clear()
        self.assertEqual(host.call(TICK, struct.pack("<q", 3600 * 10**9))[0], 0)
        self.assertEqual(host.said, [("act", 0, 1, "alert", "silent", "", '{"at":"1970-01-01T01:00:00Z"}')])
        host.call(FINISH)
        self.assertEqual(host.said[-1][2], "ended")
        self.end(host)

    def test_what_the_host_refuses_raises(self):
        host = self.start('''
from mlmon import Observer, HostError
class Asks(Observer):
    def on_event(self, event):
        self.act("Alert", rule="r")
''', {})
        host.answers["act"] = -2
        self.assertEqual(host.batch([{}])[:2], (-2, ""))
        self.end(host)

    def test_a_file_without_one_observer_says_so(self):
        for source, text in (("", "expected one subclass of mlmon.Observer, found none"),
                             ("import mlmon\nclass A(mlmon.Observer): pass\nclass B(mlmon.Observer): pass\n",
                              "found A, B"), ("1 +", "SyntaxError")):
            with self.subTest(text):
                with self.assertRaisesRegex(ValueError, text):
                    self.start(source)

    def test_the_configuration_is_that_of_the_defaults(self):
        host = self.start('''
from mlmon import Observer
class Configured(Observer):
    class config:
        a: float = 1
        b = ["x"]
        c: int
        d = {"e": "f"}
    def on_event(self, event):
        self.act("found", rule="r", a=repr(self.config.a), b=self.config.b, c=self.config["c"], e=self.config.d.e)
''', {"a": 2, "b": [], "c": 3, "d": {"e": "g"}})
        schema = json.loads(host.about["schema"])
        self.assertEqual(schema["required"], ["c"])
        self.assertEqual(schema["properties"]["a"], {"type": "number", "default": 1})
        host.batch([{}])
        self.assertEqual(json.loads(host.said[-1][6]), {"a": "2.0", "b": [], "c": 3, "e": "g"})
        self.end(host)

    def test_it_ends_when_its_host_has_gone(self):
        host = self.start(LOW_AUC, {"limit": 0.8})
        code, err = host.close()
        self.assertEqual((code, err), (1, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
