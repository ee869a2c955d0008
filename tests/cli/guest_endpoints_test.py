"""Section 17 of the contract: plugins that only deliver, as receivers and targets of other observers."""

import os
from pathlib import Path

import mlmon_run
from lines import drift, metrics
from mlmon_run import MlmonTest

APPENDS = Path(os.environ.get("MLMON_BAD_PLUGINS", "")).parent / "good_plugins" / "appends.so"


class GuestEndpoints(MlmonTest):
    def alerts(self, receivers):
        return self.write("mlmon.toml", f'[observers.alert]\nplugin = "alert"\n{receivers}')

    def guest(self, name, keys=""):
        return (f'[[observers.alert.receivers]]\nname = "{name}"\ntype = "plugin"\nplugin = "{APPENDS}"\n'
                f'path = "{name}.txt"\n{keys}\n')

    def run_alerts(self, state=None):
        """Two models with an alert of each of the default rules."""
        events = self.write("events.ndjson", [line for name in ("a", "b") for line in
                                              (metrics(f1=0.1, model__name=name), drift(p_value=0.01, model__name=name))])
        more = ["--state", state] if state else []
        return self.run_events("-c", "mlmon.toml", *more, events, state=state is not None)

    def told(self, name):
        path = self.dir / f"{name}.txt"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def test_it_gets_what_the_filter_lets_through(self):
        self.alerts(self.guest("all") + self.guest("some", 'severity = ["critical"]\nmodels = ["b"]'))
        run = self.run_alerts()
        self.expect_code(run, 0)
        self.assertEqual(sorted(sum(self.told("all"), [])), ["drift", "drift", "low_f1", "low_f1"])
        self.assertEqual(self.told("some"), [["low_f1"]])

    def test_alerts_of_a_group_are_handed_over_together_each_with_its_own_outcome(self):
        self.alerts(self.guest("ops", 'group_by = ["rule"]\ngroup_wait = "10s"')
                    + self.guest("other", 'group_by = ["model.name"]\ngroup_wait = "10s"\nhow = "drift"'))
        run = self.run_alerts("state")
        self.expect_code(run, 4)
        self.assertEqual(sorted(self.told("ops")), [["drift", "drift"], ["low_f1", "low_f1"]])
        self.assertEqual(self.told("other"), [["low_f1", "drift"]] * 2)
        self.assertEqual((run.receipt["actions"]["delivered"], run.receipt["actions"]["dead"]), (2, 2))

    def test_what_it_gives_up_goes_to_its_fallback_and_it_is_one(self):
        file = '[[observers.alert.receivers]]\nname = "own"\ntype = "file"\npath = "own.ndjson"\nseverity = ["info"]\n'
        broken = ('[[observers.alert.receivers]]\nname = "broken"\ntype = "exec"\ncommand = ["false"]\n'
                  'fallback = "last"\n')
        self.alerts(self.guest("first", 'how = "dead"\nfallback = "own"') + file + broken
                    + self.guest("last", 'severity = ["info"]'))
        self.run_alerts("state")
        self.assertEqual((self.dir / "own.ndjson").read_bytes().count(b"\n"), 4)
        self.assertEqual(sorted(sum(self.told("last"), [])), ["drift", "drift", "low_f1", "low_f1"])

    def test_what_is_wrong_with_its_keys_is_told_with_its_place(self):
        for keys, place, expected in (('fallback = "nobody"', "fallback", 'the name of another one, got "nobody"'),
                                      ('fallback = "ops"', "fallback", 'the name of another one, got "ops"'),
                                      ('group_wait = "soon"', "group_wait", "a duration"),
                                      ("group_by = [1]", "group_by", "an array of members"),
                                      ('nmae = "x"', "nmae", "")):
            with self.subTest(keys):
                self.alerts(self.guest("ops", keys))
                run = self.run_alerts()
                self.expect_code(run, 2)
                self.assertIn("mlmon.toml:8: ", run.err)
                self.assertIn(place, run.err)
                self.assertIn(expected, run.err)

    def test_a_target_takes_the_place_of_the_queue(self):
        self.write("mlmon.toml", f'[observers.retraining]\nplugin = "retraining"\n[[observers.retraining.targets]]\n'
                                 f'name = "own"\ntype = "plugin"\nplugin = "{APPENDS}"\npath = "own.txt"\n')
        run = self.run_alerts("state")
        self.expect_code(run, 0)
        self.assertEqual(sum(self.told("own"), []), ["f1", "f1"])
        self.assertEqual(self.mlmon("jobs", "list", "--json", "--state", "state").out, b"")


if __name__ == "__main__":
    mlmon_run.main()
