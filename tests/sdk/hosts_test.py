#!/usr/bin/env python3
"""The hosts for unit tests decide as `mlmon run` does, over half a century of real data, in any split of the input and
over restarts.

    MLMON=BUILD/bin/mlmon hosts_test.py STALE.so BUDGET.so FIELDS.so
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "cli"), str(ROOT / "sdk/python")]
import mlmon_run  # noqa: E402
from mlmon_run import DATA, MlmonTest  # noqa: E402

from mlmon import _child, testing  # noqa: E402

PLUGINS = {}
COMMON = {"action", "id", "observer", "rule", "state", "model", "event_time", "source", "line", "offset"}
SURPRISE = ROOT / "sdk/examples/python/surprise.py"


class Hosts(MlmonTest):
    def decided_by_mlmon(self, plugin, keys):
        """(type, rule, state, model, time, further members) of each action."""
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{plugin}"\n' +
                                 "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
        run = self.run_events("-c", "mlmon.toml", DATA, sees_all=False)
        self.expect_code(run, 0)
        return [(a["action"], a["rule"], a.get("state", ""), a["model"]["name"], a["event_time"],
                 {key: value for key, value in a.items() if key not in COMMON}) for a in run.actions]

    def feed(self, plugin, keys, lines, batches):
        done = subprocess.run([self.dir / "feed", plugin, json.dumps(keys), DATA, str(lines), str(batches)],
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        decided = [json.loads(line) for line in done.stdout.splitlines()]
        return [(kind, rule, state, model, time, fields)
                for what, kind, rule, state, _, model, _, time, fields in decided if what == "action"]

    def test_the_one_in_c_decides_as_mlmon_does(self):
        subprocess.run(["cc", "-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                        "-Wall", "-Wextra", "-Werror", "-I", ROOT / "sdk/include", HERE / "feed.c", "-o",
                        self.dir / "feed"], check=True)
        for name, keys in (("stale", {"after": "60d"}), ("budget", {"window": "900d", "min": 0.7, "target": 0.9}),
                           ("budget", {"metric": "accuracy", "min": 0.9}), ("fields", {"pointer": "/model/name"}),
                           ("fields", {"pointer": "/labels"}), ("fields", {"pointer": "/samples"})):
            expected = self.decided_by_mlmon(PLUGINS[name], keys)
            self.assertGreater(len(expected), 2, (name, keys))
            for lines, batches in ((100_000, 1), (97, 40), (1, 1000)):
                with self.subTest(f"{name} {keys}: {lines} lines a batch, {batches} batches a run"):
                    self.assertEqual(self.feed(PLUGINS[name], keys, lines, batches), expected)

    def test_the_one_in_python_decides_as_mlmon_does(self):
        expected = self.decided_by_mlmon(SURPRISE, {})
        self.assertGreater(len(expected), 10)
        text = Path(DATA).read_text(encoding="utf-8").splitlines()
        for lines, batches in ((100_000, 1), (97, 40)):
            with self.subTest(f"{lines} lines a batch, {batches} batches a run"):
                host = testing.Host(_child.load(SURPRISE))
                for i, begin in enumerate(range(0, len(text), lines), 1):
                    host.feed(*text[begin:begin + lines])
                    if i % batches == 0:
                        host.restart()
                decided = [(a.type, a.rule, a.state, a.model, a.time_ns, a.fields) for a in host.actions]
                self.assertEqual([(*one[:4], testing._times.unix_ns(one[4]), one[5]) for one in expected], decided)


if __name__ == "__main__":
    PLUGINS = {Path(path).stem: path for path in sys.argv[1:4]}
    del sys.argv[1:4]
    mlmon_run.main()
