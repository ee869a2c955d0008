"""`mlmon why`: how each rule stands for a model and what it waits for; and the next request in `mlmon models`."""

import json
import os
import sqlite3
import time
import unittest
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest

FOLDER = Path(os.environ.get("MLMON_BAD_PLUGINS", ""))
GOOD = FOLDER.parent / "good_plugins"
SANITIZED = os.environ.get("MLMON_SANITIZED") == "1"
DEPLOYED = "2026-01-01T00:00:00Z"


def at(day, hour=0):
    return f"2026-02-{day:02}T{hour:02}:00:00Z"


class WhyTest(MlmonTest):
    def feed(self, *lines, config=None, code=0, args=()):
        run = self.mlmon("run", "--state", "s", *self.configured(config), *args, "-", stdin=b"".join(lines))
        self.expect_code(run, code)
        return run

    def configured(self, config):
        return ("-c", self.write("mlmon.toml", config)) if config is not None else ()

    def ask(self, *args, config=None, code=0, **more):
        run = self.mlmon("why", "--state", "s", *self.configured(config), *args, **more)
        self.expect_code(run, code)
        self.err = run.err
        return run.out.decode()

    def why(self, *args, **more):
        """What is said of the newest deployment: by observer, of each its rules by name."""
        lines = self.ask("--json", *args, **more).splitlines()
        said = json.loads(lines[0])
        return {one["observer"]: {**one, "rules": {rule["rule"]: rule for rule in one.get("rules", [])}}
                for one in said["observers"]}


class Rules(WhyTest):
    def test_each_rule_has_limit_window_standing_suppression_and_what_it_waits_for(self):
        self.feed(metrics(f1=0.55, captured_at=at(1)), metrics(f1=0.5, captured_at=at(2)))
        text = self.ask("fraud")
        job = json.loads(self.mlmon("jobs", "list", "--state", "s", "--json").out)["job"]
        self.assertEqual(text, f"""\
fraud (v2.1.0) deployed {DEPLOYED}
last event {at(2)}: f1 0.5

retraining (org.mlmon.retraining): the last request was at {at(1)}: job {job} is open
  f1: holds since {at(1)}
    limit    f1 below 0.75
    window   1 figure
    held     job_open since {at(2)}
    next     a request at the next event with f1 below 0.75, not older than {at(1)}, once job {job} has ended
  drift: does not hold
    limit    p_value below 0.05
    window   1 figure
    next     a request at the next event with p_value below 0.05, once job {job} has ended

alert (org.mlmon.alert)
  low_f1: holds since {at(1)}
    limit    f1 below 0.6
    window   1 figure
    next     resolved at the next event with f1 of at least 0.6, not older than {at(1)}
  drift: does not hold
    limit    p_value below 0.05
    window   1 figure
    next     firing at the next event with p_value below 0.05
""")

    def test_json_has_the_same_for_programs(self):
        self.feed(metrics(f1=0.55, captured_at=at(1)), metrics(f1=0.5, captured_at=at(2)))
        [line] = self.ask("--json", "fraud").splitlines()
        said = json.loads(line)
        self.assertEqual(said["model"], {"name": "fraud", "version": "2.1.0", "deployed_at": DEPLOYED})
        self.assertEqual((said["last_event"], said["figures"]), (at(2), {"f1": 0.5}))
        retraining, alert = said["observers"]
        self.assertEqual((retraining["observer"], retraining["class"]), ("retraining", "org.mlmon.retraining"))
        rule = retraining["rules"][0]
        self.assertEqual((rule["metric"], rule["below"], rule["holds"], rule["since"]), ("f1", 0.75, True, at(1)))
        self.assertEqual(rule["held"], {"why": "job_open", "since": at(2), "until": None})
        self.assertEqual([rule["rule"] for rule in alert["rules"]], ["low_f1", "drift"])

    def test_what_it_names_as_the_time_of_the_next_request_is_that_time(self):
        config = '[observers.retraining]\ncooldown = "5d"\njob_timeout = "1h"\n'
        self.feed(metrics(f1=0.5, captured_at=at(1)), metrics(f1=0.5, captured_at=at(3)), config=config)
        rule = self.why("fraud", config=config)["retraining"]["rules"]["f1"]
        self.assertEqual(rule["held"], {"why": "cooldown", "since": at(3), "until": at(6)})
        self.assertEqual((rule["from"], rule["after_job"]), (at(6), None))
        early = metrics(f1=0.5, captured_at="2026-02-05T23:59:59.999999999Z")
        self.assertEqual(self.feed(early, config=config).out, b"")
        self.assertIn(b"retrain", self.feed(metrics(f1=0.5, captured_at=rule["from"]), config=config).out)

    def test_a_limit_of_now_is_asked_about_and_not_the_one_that_decided(self):
        self.feed(metrics(f1=0.7, captured_at=at(1)))
        rule = self.why("fraud", "--set", "observers.retraining.min_f1=0.65")["retraining"]["rules"]["f1"]
        self.assertEqual(rule["limit"], "f1 below 0.65")
        self.assertTrue(rule["holds"])

    def test_deployments_of_a_name_come_newest_first(self):
        for day, version in ((1, "2.1.0"), (3, "1.0.0"), (2, "3.0.0")):
            self.feed(metrics(f1=0.9, captured_at=at(9, day), model__version=version,
                              model__deployed_at=f"2026-01-0{day}T00:00:00Z"))
        self.feed(metrics(f1=0.5, captured_at=at(9), model__name="other"))
        said = [json.loads(line) for line in self.ask("fraud", "--json").splitlines()]
        self.assertEqual([one["model"]["version"] for one in said], ["1.0.0", "3.0.0", "2.1.0"])
        text = self.ask("fraud")
        self.assertLess(text.index("v1.0.0"), text.index("v3.0.0"))
        self.assertLess(text.index("v3.0.0"), text.index("v2.1.0"))
        self.assertNotIn("other", text)

    def test_one_name_is_needed(self):
        self.feed(metrics(f1=0.9), metrics(f1=0.9, model__name="fraud-eu"))
        self.ask(code=2)
        self.assertIn("expected the name of a MODEL", self.err)
        self.ask("fraud", "fraud-eu", code=2)
        self.ask("fruad", code=1)
        self.assertIn('no model is called "fruad" (did you mean "fraud"?)', self.err)
        self.ask("fraud*", code=1)
        self.assertIn('no model is called "fraud*": expected one name, as `mlmon models list` shows them', self.err)

    def test_without_a_state_there_is_no_model(self):
        self.assertEqual(self.ask("fraud", code=1), "")
        self.assertIn('no model is called "fraud": s holds no state', self.err)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_one_observer_alone(self):
        self.feed(metrics(f1=0.5))
        self.assertEqual(list(self.why("fraud", "--observer", "alert")), ["alert"])
        self.ask("fraud", "--observer", "alrt", code=2)
        self.assertIn('no observer is called "alrt" (did you mean "alert"?)', self.err)

    def test_an_observer_that_does_not_see_the_model_says_so(self):
        config = '[observers.retraining]\nmodels = ["other*"]\n[observers.alert]\n'
        self.feed(metrics(f1=0.5), config=config)
        said = self.why("fraud", config=config)
        self.assertEqual(said["retraining"]["instead"], "does not see this model: its `models` leave it out")
        self.assertEqual(said["alert"]["rules"]["low_f1"]["holds"], True)

    def test_it_changes_nothing(self):
        config = '[observers.retraining]\nbudget = "3/9d"\n'
        self.feed(*(metrics(f1=0.5, model__name=f"m{i}") for i in range(5)), config=config)
        def dump():
            with sqlite3.connect(self.dir / "s/state.db") as database:
                return list(database.iterdump())
        before = dump()
        self.why("m0", config='[observers.retraining]\nbudget = "1/9d"\n')
        self.assertEqual(dump(), before)

    def test_a_job_that_was_closed_since_is_told(self):
        self.feed(metrics(f1=0.5))
        job = json.loads(self.mlmon("jobs", "claim", "--state", "s").out)["job"]
        self.mlmon("jobs", "done", job, "--state", "s")
        self.assertIn(f"job {job} is done since, which the observer hears of when a run goes on", self.ask("fraud"))
        self.assertEqual(self.why("fraud")["retraining"]["closed_jobs"], {job: "done"})
        self.feed()
        self.assertNotIn("closed_jobs", self.why("fraud")["retraining"])
        self.assertEqual(self.why("fraud")["retraining"]["rules"]["f1"]["after_job"], None)

    def test_beside_an_active_run(self):
        events = self.write("live.ndjson", [metrics(f1=0.5)])
        process = self.start("run", "--state", "s", "-f", events.name, stdout=-3, stderr=-3)
        try:
            while self.mlmon("why", "fraud", "--state", "s").code != 0:
                time.sleep(0.02)
            self.assertTrue(self.why("fraud")["alert"]["rules"]["low_f1"]["holds"])
            with events.open("ab") as file:
                file.write(metrics(f1=0.9, captured_at=at(20)))
            while self.why("fraud")["alert"]["rules"]["low_f1"]["holds"]:
                time.sleep(0.02)
            self.assertIsNone(process.poll())
        finally:
            process.terminate()
            process.wait()

    def test_where_actions_go_does_not_matter(self):
        config = ('[observers.alert]\n[[observers.alert.receivers]]\nname = "ops"\ntype = "webhook"\n'
                  'url = "${NO_SUCH_VARIABLE}"\n')
        self.feed(metrics(f1=0.5))
        self.assertTrue(self.why("fraud", config=config)["alert"]["rules"]["low_f1"]["holds"])
        self.ask("fraud", config=config + 'limit = 1\n[observers.retraining]\nmin_f1 = "${NO_SUCH_VARIABLE}"\n', code=2)
        self.assertIn("observers.retraining.min_f1", self.err)
        self.assertNotIn("receivers", self.err)

    def test_names_of_others_are_shown_escaped(self):
        self.feed(metrics(f1=0.5, model__name="ev\u0085il"))
        self.assertIn("ev\\xc2\\x85il (v2.1.0)", self.ask("ev\u0085il"))


class Observers(WhyTest):
    def config(self, plugin, more=""):
        return f'[observers.mine]\nplugin = "{plugin}"\n{more}'

    def test_another_observer_answers_in_its_own_words(self):
        config = self.config(GOOD / "keeps_2.so")
        self.feed(metrics(), metrics(), metrics(model__name="other"), config=config)
        rule = self.why("fraud", config=config)["mine"]["rules"]["events"]
        self.assertEqual(rule, {"rule": "events", "limit": "none", "count": 2, "next": "the next event of fraud"})
        self.assertIn("mine (test.keeps)\n  events\n    limit    none\n    next     the next event of fraud\n",
                      self.ask("fraud", config=config))

    @unittest.skipIf(SANITIZED, "a process of its own lacks the sanitizer's library")
    def test_one_in_a_process_of_its_own_says_the_same(self):
        config = self.config(GOOD / "keeps_2.so")
        self.feed(metrics(), metrics(), config=config)
        here = self.why("fraud", config=config)
        self.assertEqual(self.why("fraud", config=config + 'isolation = "process"\n'), here)
        shipped = '[observers.retraining]\nisolation = "process"\n'
        self.feed(metrics(f1=0.5), config=shipped)
        self.assertTrue(self.why("fraud", config=shipped)["retraining"]["rules"]["f1"]["holds"])

    def test_state_of_an_older_version_is_read_for_the_answer_only(self):
        self.feed(metrics(), metrics(), config=self.config(GOOD / "keeps_1.so"))
        rule = self.why("fraud", config=self.config(GOOD / "keeps_2.so"))["mine"]["rules"]["events"]
        self.assertEqual(rule["count"], 2)
        self.feed(metrics(captured_at=at(20)), config=self.config(GOOD / "keeps_1.so"))

    @unittest.skipIf(SANITIZED, "Python runs in a process of its own")
    def test_one_in_python(self):
        self.write("low.py", """
from mlmon import Observer

class Low(Observer):
    config = {"limit": 0.8}

    def on_event(self, event):
        self.state[event.model, "f1"] = str(event.f1)

    def explain(self, model):
        if (model, "f1") not in self.state:
            return None
        return {"rules": [{"rule": "low", "limit": f"f1 below {self.config.limit}",
                           "holds": float(self.state[model, "f1"]) < self.config.limit}],
                "notes": [f"{model.name} was seen"]}
""")
        config = self.config("low.py")
        self.feed(metrics(f1=0.7), config=config)
        self.assertIn("mine (python.low.Low): fraud was seen\n  low: holds\n    limit    f1 below 0.8\n",
                      self.ask("fraud", config=config))

    def test_of_one_that_does_not_say_counters_and_what_it_keeps_are_shown(self):
        config = self.config(GOOD / "types.so")
        self.feed(metrics(), metrics(), config=config)
        said = self.why("fraud", config=config)["mine"]
        self.assertEqual(said["instead"], "does not say how its rules stand")
        self.assertEqual(said["counters"], {"seen": 2})
        self.assertIn("  counts seen 2\n", self.ask("fraud", config=config))
        oldest = self.config(GOOD / "oldest.so").replace("observers.mine", "observers.old")
        self.feed(metrics(f1=0.4, captured_at=at(21)), config=oldest)
        self.assertIn("old (test.oldest): does not say how its rules stand\n  keeps n = 1\n",
                      self.ask("fraud", config=oldest, code=0))

    def test_one_that_is_not_configured_any_more_is_named_with_what_it_kept(self):
        self.feed(metrics(), config=self.config(GOOD / "keeps_2.so"))
        said = self.why("fraud", config="[observers.retraining]\n")
        self.assertEqual(list(said), ["retraining", "mine"])
        self.assertIn("not configured, or disabled", said["mine"]["instead"])
        self.assertEqual(said["mine"]["kept"], {"count": "|"})

    def test_a_plugin_that_cannot_be_loaded_is_named_and_the_others_answer(self):
        config = self.config(GOOD / "keeps_2.so") + "[observers.retraining]\n"
        self.feed(metrics(f1=0.5), config=config)
        broken = self.write("broken.so", b"no library")
        said = self.why("fraud", config=self.config(broken) + "[observers.retraining]\n", code=1)
        self.assertIn("cannot be asked: ", said["mine"]["error"])
        self.assertIn("broken.so", said["mine"]["error"])
        self.assertEqual(said["mine"]["kept"], {"count": "|"})
        self.assertTrue(said["retraining"]["rules"]["f1"]["holds"])

    def test_state_of_another_class_is_not_read_as_its_own(self):
        self.feed(metrics(), config=self.config(GOOD / "keeps_2.so"))
        said = self.why("fraud", config=self.config("retraining"), code=1)
        self.assertIn("was kept by class test.keeps", said["mine"]["error"])

    def test_one_that_says_what_cannot_be_used_fails_alone(self):
        for how, why in (("text", "expected one JSON object, got because"),
                         ("array", "expected one JSON object, got []"),
                         ("throw", "nothing comes to mind"),
                         ("keep", "it changed its state outside of on_batch, on_tick and migrate"),
                         ("act", "it decided outside of on_batch and on_tick")):
            with self.subTest(how):
                config = self.config(FOLDER / "explains_badly.so", f'how = "{how}"\n') + "[observers.alert]\n"
                self.feed(metrics(f1=0.5), config=config)
                said = self.why("fraud", config=config, code=1)
                self.assertIn(why, said["mine"]["error"])
                self.assertEqual(said["mine"]["kept"], {"seen": "1"})
                self.assertTrue(said["alert"]["rules"]["low_f1"]["holds"])

    def test_odd_members_do_no_harm(self):
        for how in ("odd", "nothing"):
            config = self.config(FOLDER / "explains_badly.so", f'how = "{how}"\n')
            self.feed(metrics(f1=0.5), config=config)
            self.assertIn("mine (test.explains_badly)", self.ask("fraud", config=config))
            self.ask("fraud", "--json", config=config)

    @unittest.skipIf(SANITIZED, "a process of its own lacks the sanitizer's library")
    def test_one_that_dies_in_a_process_of_its_own_fails_alone(self):
        config = self.config(FOLDER / "explains_badly.so", 'isolation = "process"\nhow = "die"\n') + "[observers.alert]\n"
        self.feed(metrics(f1=0.5), config=config)
        said = self.why("fraud", config=config, code=1)
        self.assertIn("crashed: aborted", said["mine"]["error"])
        self.assertTrue(said["alert"]["rules"]["low_f1"]["holds"])


class NextRequest(WhyTest):
    def models(self, *args):
        run = self.mlmon("models", *args, "--state", "s", "--json")
        self.expect_code(run, 0)
        return {one["model"]["name"]: one["next_request"] for one in map(json.loads, run.out.splitlines())}

    def test_models_says_what_the_next_request_waits_for(self):
        config = '[observers.retraining]\ncooldown = "5d"\ngrace = "33d"\n'
        self.feed(metrics(f1=0.5, captured_at=at(4)), metrics(f1=0.9, captured_at=at(4), model__name="well"),
                  metrics(f1=0.5, captured_at=at(1), model__name="young"), config=config)
        job = json.loads(self.mlmon("jobs", "list", "--state", "s", "--json").out)["job"]
        self.assertEqual(self.models("list"), {"fraud": {"after_job": job, "from": at(9)}, "well": None,
                                               "young": {"after_job": None, "from": at(3)}})
        text = self.mlmon("models", "show", "fraud", "--state", "s").out.decode()
        self.assertIn(f"next request after its job, from {at(9)} on\n", text)
        self.assertIn(f"from {at(3)} on", self.mlmon("models", "list", "--state", "s").out.decode())
        # A job that ended is not waited for, a time that is over is none.
        self.mlmon("jobs", "cancel", job, "--state", "s")
        self.assertEqual(self.models("show", "fraud"), {"fraud": {"after_job": None, "from": at(9)}})
        self.feed(metrics(f1=0.9, captured_at=at(9)), config=config)
        self.assertEqual(self.models("show", "fraud"), {"fraud": None})
        self.assertIn(b"retrain", self.feed(metrics(f1=0.5, captured_at=at(9, 1)), config=config).out)

    def test_what_others_keep_there_does_no_harm(self):
        self.feed(metrics(f1=0.5))
        with sqlite3.connect(self.dir / "s/state.db") as database:
            [(model,)] = database.execute("SELECT n FROM models")
            for i, value in enumerate((b"", b"\xff", b"[]", b'{"open":5,"from":"x"}', b'{"a":1,"b":["grace"]}', b"7")):
                for key in ("job", "held"):
                    database.execute("INSERT INTO state VALUES (?, ?, ?, ?)", (f"o{i}", model, key, value))
        self.assertEqual(list(self.models("list")), ["fraud"])


if __name__ == "__main__":
    mlmon_run.main()
