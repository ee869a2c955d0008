"""Section 6 of the contract: configuration, `mlmon check` and `mlmon plugin`."""

import json

import mlmon_run
from lines import drift, metrics
from mlmon_run import MlmonTest

LOW = metrics(f1=0.5)


class Configuration(MlmonTest):
    def decide(self, config, stdin=LOW, args=()):
        self.write("m.toml", config)
        run = self.run_events("-c", "m.toml", *args, stdin=stdin, sees_all=False)
        self.expect_code(run, 0)
        return [(a["observer"], a["rule"]) for a in run.actions]

    def errors(self, config, args=(), env=None):
        """The messages about a configuration that cannot be used."""
        self.write("m.toml", config)
        for command in (["run", "--no-state"], ["check"]):
            run = self.mlmon(*command, "-c", "m.toml", *args, stdin=LOW, env=env)
            self.expect_code(run, 2)
            self.assertEqual(run.out, b"")
        return run.err

    def test_exactly_the_observers_of_the_file_run_in_its_order(self):
        self.assertEqual(self.decide(""), [("retraining", "f1"), ("alert", "low_f1")])
        self.assertEqual(self.decide('[observers.alert]\nplugin = "alert"\n'), [("alert", "low_f1")])
        self.assertEqual(self.decide('[observers.z]\nplugin = "alert"\n[observers.a]\nplugin = "retraining"\n'),
                         [("z", "low_f1"), ("a", "f1")])
        self.assertEqual(self.decide('[observers.a]\nplugin = "alert"\nenabled = false\n'
                                     '[observers.b]\nplugin = "alert"\n'), [("b", "low_f1")])

    def test_set_changes_and_adds(self):
        self.assertEqual(self.decide("", args=["--set", "observers.alert.min_f1=0.4"]),
                         [("retraining", "f1")])
        self.assertEqual(self.decide('[observers.x]\nplugin = "alert"\n',
                                     args=["--set", 'observers.a.plugin="retraining"']),
                         [("x", "low_f1"), ("a", "f1")])

    def test_limits_of_the_plugins(self):
        self.assertEqual(self.decide('[observers.r]\nplugin = "retraining"\nmin_f1 = 0.5\n'), [])
        self.assertEqual(self.decide('[observers.r]\nplugin = "retraining"\nmin_f1 = false\n'), [])
        self.assertEqual(self.decide('[observers.r]\nplugin = "retraining"\nmin_f1 = 1\n',
                                     stdin=metrics(f1=0.99)), [("r", "f1")])
        self.assertEqual(self.decide('[observers.r]\nplugin = "retraining"\nmax_p_value = 0.5\n',
                                     stdin=drift(p_value=0.4)), [("r", "drift")])
        self.assertEqual(self.decide('[observers.a]\nplugin = "alert"\nmax_p_value = false\n',
                                     stdin=drift(p_value=0.0)), [])

    def test_models_are_globs_and_the_last_that_matches_counts(self):
        names = ["fraud", "fraud-eu", "churn"]
        lines = b"".join(metrics(f1=0.7, model__name=name) for name in names)
        for globs, taken in {'["*"]': names, '["fraud*"]': names[:2], '["fraud"]': names[:1],
                             '["fraud*", "!*-eu"]': names[:1], '["!churn"]': names[:2],
                             '["!*", "churn"]': names[2:], '["?????"]': ["fraud", "churn"],
                             '[]': []}.items():
            with self.subTest(globs):
                self.write("m.toml", f'[observers.r]\nplugin = "retraining"\nmodels = {globs}\n')
                run = self.run_events("-c", "m.toml", stdin=lines, sees_all=False)
                self.expect_code(run, 0)
                self.assertEqual([a["model"]["name"] for a in run.actions], taken)
                self.assertEqual(run.receipt["observers"][0]["observed"], len(taken))

    def test_all_errors_are_told_at_once_with_file_line_and_key(self):
        told = self.errors("[bus]\n"
                           "capacity = \"many\"\n"
                           "[observers.retraining]\n"
                           "plugin = \"retraining\"\n"
                           "min_f1 = \"high\"\n"
                           "max_p_value = 2\n"
                           "min_f2 = 0.5\n"
                           "[observers.alert]\n"
                           "plugin = \"alert\"\n"
                           "min_f1 = inf\n"
                           "max_p_value = nan\n"
                           "enabled = \"yes\"\n"
                           "models = \"fraud\"\n"
                           "overflow = \"explode\"\n"
                           "[inptu]\n")
        for line, key in ((2, "bus.capacity"), (5, "observers.retraining.min_f1"),
                          (6, "observers.retraining.max_p_value"), (7, "observers.retraining.min_f2"),
                          (10, "observers.alert.min_f1"), (11, "observers.alert.max_p_value"),
                          (12, "observers.alert.enabled"), (13, "observers.alert.models"),
                          (14, "observers.alert.overflow"), (15, "inptu")):
            self.assertRegex(told, rf"m\.toml:{line}: {key}: ")
        self.assertRegex(told, r"m\.toml:5: observers\.retraining\.min_f1: expected .*, got \"high\"")
        self.assertRegex(told, r"(?i)did you mean[^\n]*min_f1")
        self.assertRegex(told, r"(?i)did you mean[^\n]*input")

    def test_of_broken_toml_the_first_error_is_told(self):
        self.assertRegex(self.errors("[bus]\ncapacity = = 5\n"), r"m\.toml:2:(\d+:)? ")

    def test_values_that_cannot_be(self):
        for section, key, value in (("input", "max_line", '"lots"'), ("input", "max_line", "-1"),
                                    ("input", "version_scheme", '"calver"'), ("input", "files", '"x"'),
                                    ("bus", "capacity", "0"), ("bus", "capacity", "1.5"),
                                    ("bus", "checkpoint_every", '"soon"')):
            with self.subTest(key=key, value=value):
                self.assertRegex(self.errors(f"[{section}]\n{key} = {value}\n"),
                                 rf"m\.toml:2: {section}\.{key}: expected .*, got ")

    def test_errors_in_set_are_told_alike(self):
        for setting in ("bus.capacity=none", "bus.capcity=5", "bus=5", "=5", "observers.alert.min_f1=2"):
            with self.subTest(setting):
                self.assertIn(setting.split("=")[0] or "--set", self.errors("", args=["--set", setting]))

    def test_an_unknown_plugin_is_named(self):
        told = self.errors('[observers.x]\nplugin = "retrainig"\n')
        self.assertRegex(told, r"m\.toml:2: observers\.x\.plugin: .*retrainig")
        self.assertIn("observers.x", self.errors("[observers.x]\nmin_f1 = 0.5\n"))

    def test_the_environment_is_taken_in(self):
        self.write("m.toml", '[observers.r]\nplugin = "${PLUGIN}"\nmodels = ["${WHO:-fraud}"]\n')
        run = self.run_events("-c", "m.toml", stdin=LOW, env={"PLUGIN": "retraining"})
        self.assertEqual(len(run.actions), 1)
        run = self.run_events("-c", "m.toml", stdin=LOW, env={"PLUGIN": "retraining", "WHO": "x"},
                              sees_all=False)
        self.assertEqual(len(run.actions), 0)
        told = self.errors('[observers.r]\nplugin = "${MISSING}"\n')
        self.assertRegex(told, r"m\.toml:2: observers\.r\.plugin: .*MISSING")

    def test_a_configuration_is_found_where_users_put_it(self):
        self.write("mlmon.toml", '[observers.here]\nplugin = "retraining"\n').chmod(0o644)
        self.assertEqual(self.run_events(stdin=LOW).actions[0]["observer"], "here")
        (self.dir / "mlmon.toml").unlink()
        user = self.home / ".config/mlmon/mlmon.toml"
        user.parent.mkdir(parents=True)
        user.write_text('[observers.mine]\nplugin = "retraining"\n')
        user.chmod(0o644)
        self.assertEqual(self.run_events(stdin=LOW).actions[0]["observer"], "mine")

    def test_a_found_configuration_that_others_may_write_to_is_not_used(self):
        self.write("mlmon.toml", '[observers.planted]\nplugin = "retraining"\n').chmod(0o666)
        run = self.mlmon("run", "--no-state", stdin=LOW)
        self.assertNotIn(b"planted", run.out)
        self.assertIn("mlmon.toml", run.err)
        run = self.run_events("-c", "mlmon.toml", stdin=LOW)
        self.assertEqual(run.actions[0]["observer"], "planted")

    def test_input_files_stand_in_for_stdin(self):
        self.write("in/a.ndjson", metrics(f1=0.7, model__name="a"))
        self.write("in/b.ndjson", metrics(f1=0.7, model__name="b"))
        self.write("in/m.toml", '[input]\nfiles = ["*.ndjson"]\n')
        run = self.run_events("-c", "in/m.toml")
        self.assertEqual([a["model"]["name"] for a in run.actions], ["a", "b"])
        self.assertEqual(run.receipt["sources"][0]["events"], 1)

    def test_drops_are_counted_where_they_are_allowed(self):
        self.write("m.toml", '[bus]\ncapacity = 4\n[observers.r]\nplugin = "retraining"\n'
                             'overflow = "drop_newest"\n')
        run = self.run_events("-c", "m.toml", mlmon_run.DATA)  # and its receipt adds up
        self.expect_code(run, 0)


class Commands(MlmonTest):
    def test_check_tells_what_would_run_and_changes_nothing(self):
        run = self.mlmon("check")
        self.expect_code(run, 0)
        for word in (b"retraining", b"alert", b"0.75", b"0.6", b"0.05"):
            self.assertIn(word, run.out)
        self.assertEqual([p for p in self.home.rglob("*") if p.is_file()], [])

    def test_check_never_shows_secrets(self):
        self.write("secret", "hunter2\n")
        self.write("m.toml", '[observers.r]\nplugin = "retraining"\nmodels = ["file:secret"]\nmin_f1 = "x"\n')
        run = self.mlmon("check", "-c", "m.toml")
        self.expect_code(run, 2)
        self.assertNotIn("hunter2", run.err + run.out.decode())

    def test_plugin_list_and_info(self):
        run = self.mlmon("plugin", "list")
        self.expect_code(run, 0)
        self.assertIn(b"retraining", run.out)
        self.assertIn(b"alert", run.out)
        listed = [json.loads(line) for line in self.mlmon("plugin", "list", "--json").out.splitlines()]
        self.assertEqual(len(listed), 2)
        for name, key in (("retraining", b"max_p_value"), ("alert", b"min_f1")):
            run = self.mlmon("plugin", "info", name)
            self.expect_code(run, 0)
            self.assertIn(key, run.out)

    def test_plugin_list_skips_what_is_no_plugin_and_names_it(self):
        self.write("plugins/broken.so", "not a library").chmod(0o644)
        run = self.mlmon("plugin", "list", env={"MLMON_PLUGIN_PATH": str(self.dir / "plugins")})
        self.assertIn(b"retraining", run.out)
        self.assertIn("broken.so", run.err + run.out.decode())


class CheckOfAModel(MlmonTest):
    def test_only_what_applies_to_the_model_is_shown(self):
        self.write("m.toml", """
[observers.fraud]
plugin = "retraining"
models = ["fraud*"]
rules = [{ name = "auc", metric = "auc", below = 0.8, models = ["fraud-eu"] }]
[observers.alert]
receivers = [{ name = "eu", type = "stderr", models = ["*-eu"] }, { name = "all", type = "stderr" }]
""")
        for model, observers, rules, endpoints in (("fraud-eu", ["fraud", "alert"], ["auc"], ["eu", "all"]),
                                                   ("fraud-us", ["fraud", "alert"], [], ["all"]),
                                                   ("churn", ["alert"], None, ["all"])):
            run = self.mlmon("check", "-c", "m.toml", "--model", model, "--json")
            self.expect_code(run, 0)
            shown = [json.loads(line) for line in run.out.splitlines()]
            self.assertEqual([one["observer"] for one in shown], observers, model)
            self.assertEqual(shown[-1]["endpoints"], endpoints, model)
            if rules is not None:
                self.assertEqual([rule["name"] for rule in shown[0]["config"]["rules"]], rules, model)


if __name__ == "__main__":
    mlmon_run.main()
