#!/usr/bin/env python3
"""The examples of the SDK on real events: what they decide is computed here a second time, from what their
README says.

    MLMON=BUILD/bin/mlmon examples_test.py FOLDER_OF_LIBRARIES FOLDER_FOR_CARGO
"""

import json
import re
import subprocess
import sys
import unittest
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
import mlmon_run  # noqa: E402
from mlmon_run import DATA, MlmonTest, environment  # noqa: E402
from rust import CARGO, cargo_environment  # noqa: E402

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "sdk/examples"
LIBRARIES, CARGO_TARGET = Path(), Path()
DAY = 86400


def seconds(text):
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((at - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())


def real_events():
    """(type, model, seconds, event) of the metrics and drift events."""
    with open(DATA, encoding="utf-8") as file:
        for event in map(json.loads, file):
            time = event.get("captured_at") or event.get("detected_at")
            yield event["type"], tuple(event["model"].values()), seconds(time), event


def model_of(action):
    return tuple(action["model"].values())


class Example(MlmonTest):
    def decide(self, plugin, keys="", *arguments, events=DATA):
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{plugin}"\n{keys}\n')
        run = self.run_events("-c", "mlmon.toml", *arguments, events, state="--state" in arguments,
                              sees_all=False)
        self.expect_code(run, 0)
        return run.actions

    def check_pieces(self, plugin, keys=""):
        """One run and many over the pieces of the file, with state, decide alike."""
        whole = self.decide(plugin, keys)
        lines = DATA.read_bytes().splitlines(keepends=True)
        pieces, at = [], 0
        for size in (1, 2, 500, 1, 3000, 777, len(lines)):
            self.write("piece.ndjson", b"".join(lines[at:at + size]))
            pieces += self.decide(plugin, keys, "--state", "state", events=self.dir / "piece.ndjson")
            at += size
        for action in whole + pieces:
            for place in ("source", "line", "offset"):
                del action[place]
        self.assertEqual(whole, pieces)
        self.assertTrue(whole)


class Stale(Example):
    def plugin(self):
        return LIBRARIES / "stale.so"

    def expected(self, after, every):
        """[(state, model, event time, last event)], a second time: look at each multiple of `every` that
        the newest time of all reaches, before the event that reaches it; of several the last."""
        now, last, stale, told = None, {}, set(), []
        for _, model, time, _ in real_events():
            tick = time // every * every
            if now is not None and tick > now:
                for other in sorted(last):
                    if other not in stale and tick - last[other] >= after:
                        stale.add(other)
                        told.append(("firing", other, tick, last[other]))
            now = time if now is None else max(now, time)
            if time > last.get(model, time - 1):
                if model in stale:
                    stale.discard(model)
                    told.append(("resolved", model, time, last[model]))
                last[model] = time
        return told

    def test_it_tells_of_silent_models_and_of_their_return(self):
        for after, every in ((20, 1), (29, 7), (60, 1)):
            with self.subTest(after=after):
                expected = self.expected(after * DAY, every * DAY)
                self.assertTrue(expected)
                actions = self.decide(self.plugin(), f'after = "{after}d"\nevery = "{every}d"')
                self.assertEqual([(action["state"], model_of(action), seconds(action["event_time"]),
                                   seconds(action["last_event"])) for action in actions], expected)

    def test_silence_is_told_in_seconds(self):
        [first, *_] = self.decide(self.plugin(), 'after = "60d"\nevery = "1d"')
        silent = seconds(first["event_time"]) - seconds(first["last_event"])
        self.assertEqual(first["silent_seconds"], silent)
        self.assertEqual((first["action"], first["rule"], first["reason"]), ("alert", "stale", "no events"))

    def test_pieces_decide_as_the_whole(self):
        self.check_pieces(self.plugin(), 'after = "20d"\nevery = "1d"')

    def test_a_late_event_ends_no_silence(self):
        def event(name, day):
            model = {"name": name, "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
            return json.dumps({"type": "metrics", "model": model, "f1": 0.9,
                               "captured_at": f"2026-01-{day:02}T12:00:00Z"})
        path = self.write("late.ndjson", [event("a", 5), event("b", 9), event("a", 4), event("b", 10),
                                          event("a", 10), event("b", 11)])
        actions = self.decide(self.plugin(), 'after = "3d"\nevery = "1d"', events=path)
        self.assertEqual([(action["state"], action["model"]["name"], action["line"]) for action in actions],
                         [("firing", "a", 2), ("resolved", "a", 5)])

    def test_a_period_of_nothing_is_refused(self):
        for key in ("after", "every"):
            self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\n{key} = "0s"\n')
            run = self.mlmon("run", "--no-state", "-c", "mlmon.toml", DATA)
            self.assertNotEqual(run.code, 0)
            self.assertIn(f"{key}: expected a duration of more than nothing", run.err)


class Budget(Example):
    STEPS, BURN_STEPS = 24, 2

    def plugin(self):
        return LIBRARIES / "budget.so"

    def expected(self, metric, least, target, window, min_events):
        step, seen, spent, told = window // self.STEPS, {}, set(), []
        for _, model, time, event in real_events():
            value = event.get(metric)
            if value is None:
                continue
            events = seen.setdefault(model, [])
            newest = max([at for at, _ in events], default=time // step)
            if time // step <= newest - self.STEPS:
                continue
            events.append((time // step, value < least))
            newest = max(newest, time // step)
            seen[model] = events = [event for event in events if event[0] > newest - self.STEPS]
            if len(events) < min_events:
                continue
            share = self.share(events, target)
            if (share >= 1 - 1e-9) != (model in spent):
                spent ^= {model}
                burn = self.share([event for event in events if event[0] > newest - self.BURN_STEPS], target)
                told.append(("firing" if model in spent else "resolved", model, len(events),
                             round(share, 9), round(burn, 9)))
        return told

    def share(self, events, target):
        return sum(bad for _, bad in events) / ((1 - target) * len(events))

    def test_it_tells_when_the_budget_is_spent_and_when_it_is_not_any_more(self):
        keys = 'metric = "f1"\nmin = 0.6\ntarget = 0.8\nwindow = "72d"\nmin_events = 10'
        expected = self.expected("f1", 0.6, 0.8, 72 * DAY, 10)
        self.assertEqual({told[0] for told in expected}, {"firing", "resolved"})
        actions = self.decide(self.plugin(), keys)
        self.assertEqual([(action["state"], model_of(action), action["events"],
                           round(action["spent"], 9), round(action["burn"], 9)) for action in actions],
                         expected)
        for action in actions:
            percent = f"{100 * action['spent']:.0f} % of the error budget spent"
            self.assertEqual(action["reason"], percent)

    def test_one_bad_event_of_twenty_spends_five_percent(self):
        def event(number, f1):
            model = {"name": "a", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
            return json.dumps({"type": "metrics", "model": model, "f1": f1,
                               "captured_at": f"2026-01-02T00:00:{number:02}Z"})
        path = self.write("twenty.ndjson", [event(number, 0.9 if number != 3 else 0.7) for number in range(20)])
        [action] = self.decide(self.plugin(), "", events=path)  # the defaults: 0.8, 95 %, 20 events
        self.assertEqual((action["line"], action["bad"], action["events"], round(action["spent"], 9)),
                         (20, 1, 20, 1))

    def test_pieces_decide_as_the_whole(self):
        self.check_pieces(self.plugin(), 'min = 0.6\ntarget = 0.8\nwindow = "72d"\nmin_events = 10')

    def test_figures_of_ones_own_have_budgets_too(self):
        lines = []
        for number in range(30):
            model = {"name": "a", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
            lines.append(json.dumps({"type": "metrics", "model": model, "metrics": {"auc": 0.1},
                                     "captured_at": f"2026-01-02T00:00:{number:02}Z"}))
        actions = self.decide(self.plugin(), 'metric = "auc"', events=self.write("auc.ndjson", lines))
        self.assertEqual([(action["line"], action["metric"]) for action in actions], [(20, "auc")])

    def test_it_says_how_many_bad_events_are_left(self):
        model = {"name": "a", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}

        def feed(*f1):
            lines = [json.dumps({"type": "metrics", "model": model, "f1": one, "captured_at": "2026-01-02T00:00:00Z",
                                 "id": str(self.fed + number)}).encode() + b"\n" for number, one in enumerate(f1)]
            self.fed += len(lines)
            run = self.mlmon("run", "--state", "s", "-c", "mlmon.toml", "-", stdin=b"".join(lines))
            return [action["state"] for action in run.actions]

        def why():
            run = self.mlmon("why", "a", "--state", "s", "-c", "mlmon.toml", "--json")
            self.expect_code(run, 0)
            [rule] = json.loads(run.out)["observers"][0]["rules"]
            return rule

        self.fed = 0
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\ntarget = 0.75\nmin_events = 4\n')
        self.assertEqual(feed(*[0.9] * 9, 0.1), [])
        said = why()
        self.assertEqual((said["holds"], said["window"]), (False, "1 of 10 events are bad"))
        # 1 + n of 10 + n is a quarter with n = 2.
        self.assertTrue(said["next"].startswith("firing after 2 bad events in a row"), said["next"])
        self.assertEqual((feed(0.1), feed(0.1)), ([], ["firing"]))
        said = why()
        self.assertTrue(said["holds"])
        self.assertTrue(said["next"].startswith("resolved after 1 good event within"), said["next"])
        self.assertEqual(feed(0.9), ["resolved"])

    def test_a_window_of_nothing_is_refused(self):
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\nwindow = "0s"\n')
        run = self.mlmon("run", "--no-state", "-c", "mlmon.toml", DATA)
        self.assertNotEqual(run.code, 0)
        self.assertIn("window: expected more than nothing", run.err)


@unittest.skipUnless(CARGO, "there is no cargo: the example in Rust was not built")
class Ndjson(Example):
    built = False

    def plugin(self):
        if not Ndjson.built:
            done = subprocess.run([CARGO, "build", "--release", "--offline", "--target-dir", CARGO_TARGET],
                                  cwd=EXAMPLES / "ndjson", capture_output=True, text=True, check=False,
                                  env={**environment(self.home), **cargo_environment()})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("warning", done.stderr)
            Ndjson.built = True
        return CARGO_TARGET / "release/libndjson.so"

    def test_it_writes_the_field_of_each_event_that_has_it(self):
        for field in ("f1", "p_value"):
            expected = [(line, event[field]) for line, (_, _, _, event) in enumerate(real_events(), 1)
                        if field in event]
            actions = self.decide(self.plugin(), f'field = "/{field}"\nname = "{field}"')
            self.assertEqual([(action["line"], action[field]) for action in actions], expected)
            self.assertEqual({action["action"] for action in actions}, {"record"})

    def test_any_value_is_written_as_it_stands_in_the_event(self):
        values = ['"a\\u00e4\\n"', "[1,  {\"x\":2}]", "1.50", "true", "null", "{}"]
        model = '{"name":"a","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"}'
        path = self.write("any.ndjson", [
            f'{{"type":"metrics","model":{model},"f1":1,"x":{value},"captured_at":"2026-01-02T00:00:0{i}Z"}}'
            for i, value in enumerate(values)])
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\nfield = "/x"\n')
        run = self.run_events("-c", "mlmon.toml", path)
        for line, value in zip(run.out.decode().splitlines(), values, strict=True):
            self.assertIn(f'"value":{value}', line)

    def test_changes_alone_are_those_of_a_model(self):
        last, expected = {}, []
        for line, (_, model, _, event) in enumerate(real_events(), 1):
            if "f1" in event and last.get(model) != event["f1"]:
                last[model] = event["f1"]
                expected.append(line)
        actions = self.decide(self.plugin(), 'field = "/f1"\nwhen = "changed"')
        self.assertEqual([action["line"] for action in actions], expected)

    def test_pieces_decide_as_the_whole(self):
        self.check_pieces(self.plugin(), 'field = "/f1"\nwhen = "changed"')

    def test_events_without_the_field_are_counted(self):
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\nfield = "/p_value"\n')
        run = self.run_events("-c", "mlmon.toml", DATA)
        absent = sum("p_value" not in event for *_, event in real_events())
        self.assertEqual(run.receipt["observers"][0]["counters"], {"absent": absent})

    def test_the_field_is_required_and_a_pointer(self):
        for keys in ("", 'field = "f1"'):
            self.write("mlmon.toml", f'[observers.x]\nplugin = "{self.plugin()}"\n{keys}\n')
            run = self.mlmon("check", "-c", "mlmon.toml")
            self.expect_code(run, 2)
            self.assertIn("field", run.err)


class Readme(MlmonTest):
    def test_it_has_a_paragraph_and_a_configuration_for_each(self):
        text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
        for folder in EXAMPLES.iterdir():
            if folder.is_dir():
                self.assertRegex(text, rf"(?m)^## {folder.name}$")
                self.assertTrue(re.search(rf"\[observers\.{folder.name}\]", text), folder.name)


if __name__ == "__main__":
    LIBRARIES, CARGO_TARGET = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    sys.argv = sys.argv[:1]
    mlmon_run.main()
