"""`mlmon config`: the values in force and where each comes from; a new file."""

import json
import re
import tomllib

import mlmon_run
from mlmon_run import MlmonTest


class Show(MlmonTest):
    def show(self, *args, code=0, env=None):
        run = self.mlmon("config", "show", "--json", *args, env=env)
        self.expect_code(run, code)
        self.err = run.err
        return {line["key"]: line for line in map(json.loads, run.out.splitlines())}

    def value(self, shown, key):
        return shown[key]["value"], shown[key]["from"]

    def test_without_a_file_all_values_are_defaults(self):
        shown = self.show()
        self.assertEqual({line["from"] for line in shown.values()}, {"$XDG_STATE_HOME", "default"})
        for key, value in {"input.version_scheme": "semver", "input.max_line": "1MiB",
                           "input.files": [], "bus.capacity": 2048, "bus.checkpoint_every": "1s",
                           "observers.retraining.plugin": "retraining",
                           "observers.retraining.min_f1": 0.75,
                           "observers.retraining.models": ["*"], "observers.alert.min_f1": 0.6,
                           "observers.alert.capacity": 2048,
                           "observers.alert.enabled": True}.items():
            self.assertEqual(shown[key]["value"], value, key)
        self.assertEqual(shown["observers.alert.types"]["value"], ["metrics", "drift", "job"])

    def test_each_value_says_where_it_comes_from(self):
        self.write("mlmon.toml", "\n".join([
            "[bus]", "capacity = 16", "[state]", 'dir = "kept"',
            "[observers.early]", 'plugin = "retraining"', "min_f1 = 0.8",
            'models = ["fraud*"]', "[[observers.early.targets]]", 'type = "exec"',
            'command = ["./train"]', ""]))
        shown = self.show("--set", "observers.early.max_p_value=0.01", "--set", "input.max_line=4096")
        self.assertEqual(self.value(shown, "bus.capacity"), (16, "mlmon.toml:2"))
        self.assertEqual(self.value(shown, "observers.early.capacity"), (16, "mlmon.toml:2"))
        self.assertEqual(self.value(shown, "state.dir"), ("kept", "mlmon.toml:4"))
        self.assertEqual(self.value(shown, "observers.early.min_f1"), (0.8, "mlmon.toml:7"))
        self.assertEqual(self.value(shown, "observers.early.models"), (["fraud*"], "mlmon.toml:8"))
        self.assertEqual(self.value(shown, "observers.early.targets[0].type"),
                         ("exec", "mlmon.toml:10"))
        self.assertEqual(self.value(shown, "observers.early.targets[0].command"),
                         (["./train"], "mlmon.toml:11"))
        self.assertEqual(self.value(shown, "observers.early.max_p_value"), (0.01, "--set"))
        self.assertEqual(self.value(shown, "input.max_line"), (4096, "--set"))
        self.assertNotIn("observers.retraining.min_f1", shown)

    def test_isolation_and_limits_are_keys_of_the_host(self):
        shown = self.show()
        self.assertEqual(self.value(shown, "observers.alert.isolation"), ("none", "default"))
        self.assertEqual(self.value(shown, "observers.alert.limits"), (None, "default"))
        self.write("mlmon.toml", '[observers.alert]\nisolation = "process"\nlimits = { memory = "1GiB", batch = 0 }\n')
        shown = self.show()
        self.assertEqual(self.value(shown, "observers.alert.isolation"), ("process", "mlmon.toml:2"))
        self.assertEqual(self.value(shown, "observers.alert.limits"), ({"memory": "1GiB", "batch": 0}, "mlmon.toml:3"))

    def test_the_state_folder_says_what_named_it(self):
        self.write("mlmon.toml", '[state]\ndir = "kept"\n')
        for args, env, expected in (((), {}, ("kept", "mlmon.toml:2")),
                                    ((), {"MLMON_STATE": "/v"}, ("/v", "$MLMON_STATE")),
                                    (("--state", "f"), {"MLMON_STATE": "/v"}, ("f", "--state")),
                                    (("--set", 'state.dir="s"'), {}, ("s", "--set"))):
            self.assertEqual(self.value(self.show(*args, env=env), "state.dir"), expected)
        (self.dir / "mlmon.toml").unlink()
        for env, expected in (({"STATE_DIRECTORY": "/s:/t"}, ("/s", "$STATE_DIRECTORY")),
                              ({"XDG_STATE_HOME": ""},
                               (f"{self.home}/.local/state/mlmon", "default"))):
            self.assertEqual(self.value(self.show(env=env), "state.dir"), expected)

    def test_a_secret_is_null(self):
        self.write("mlmon.toml", "\n".join([
            "[observers.alert]", 'plugin = "alert"', "[[observers.alert.receivers]]",
            'name = "ops"', 'type = "webhook"', 'url = "https://x/${TOKEN}"', 'token = "plain"',
            'headers = { X-Key = "hush" }', ""]))
        shown = self.show(env={"TOKEN": "hush-hush"})
        for key in ("url", "token", "headers"):
            line = shown[f"observers.alert.receivers[0].{key}"]
            self.assertEqual((line["value"], line["secret"]), (None, True), line)
        self.assertEqual(shown["observers.alert.receivers[0].token"]["from"], "mlmon.toml:7")
        self.assertNotIn("secret", shown["observers.alert.receivers[0].name"])
        table = self.mlmon("config", "show", env={"TOKEN": "hush-hush"})
        self.assertNotRegex(table.out.decode(), "hush|plain")
        self.assertRegex(table.out.decode(), r"receivers\[0\]\.token +\*\*\* +mlmon.toml:7\n")

    def test_an_observer_that_is_off_is_shown_with_what_was_given(self):
        self.write("mlmon.toml", '[observers.a]\nplugin = "alert"\nenabled = false\nmin_f1 = 0.5\n')
        shown = self.show()
        self.assertEqual(self.value(shown, "observers.a.enabled"), (False, "mlmon.toml:3"))
        self.assertEqual(self.value(shown, "observers.a.min_f1"), (0.5, "mlmon.toml:4"))

    def test_a_configuration_with_mistakes_is_not_shown(self):
        self.write("mlmon.toml", "[bus]\ncapacty = 3\n")
        self.assertEqual(self.show(code=2), {})
        self.assertIn('mlmon.toml:2: bus.capacty: unknown key', self.err)
        self.assertEqual(self.show("--state", "", code=2), {})


class Init(MlmonTest):
    def test_the_file_changes_nothing_and_passes_check(self):
        run = self.mlmon("config", "init")
        self.expect_code(run, 0)
        self.assertEqual(run.out, b"")
        checked = self.mlmon("check", "-c", "mlmon.toml")
        self.expect_code(checked, 0)
        self.assertEqual(checked.err, "")

        def values(*args):
            lines = self.mlmon("config", "show", "--json", *args).out.splitlines()
            return {line["key"]: line["value"] for line in map(json.loads, lines)}
        self.assertEqual(values("-c", "/dev/null"), values("-c", "mlmon.toml"))

    def test_stdout_gets_the_same_text(self):
        self.mlmon("config", "init", "a.toml")
        run = self.mlmon("config", "init", "-")
        self.expect_code(run, 0)
        self.assertEqual(run.out, (self.dir / "a.toml").read_bytes())
        self.assertFalse((self.dir / "mlmon.toml").exists())

    def test_a_file_that_is_there_is_refused(self):
        self.write("mlmon.toml", "# mine\n")
        run = self.mlmon("config", "init")
        self.expect_code(run, 2)
        self.assertIn("mlmon.toml: is there already", run.err)
        self.assertEqual((self.dir / "mlmon.toml").read_text(), "# mine\n")
        self.expect_code(self.mlmon("config", "init", "no/such/folder.toml"), 2)

    def test_each_key_is_shown_with_its_default(self):
        text = self.mlmon("config", "init", "-").out.decode()
        for line in ('#version_scheme = "semver"', '#capacity = 2048', "#min_f1 = 0.75",
                     "#[[observers.alert.receivers]]", "#[[observers.retraining.targets]]"):
            self.assertIn(f"\n{line}\n", text)
        # Each line is TOML once its # is gone, and none is longer than a person likes to read.
        bare = re.sub(r"(?m)^#(?! )", "", text)
        self.assertIn("receivers", tomllib.loads(bare)["observers"]["alert"])

    def test_each_key_is_right_once_its_mark_is_gone(self):
        text = self.mlmon("config", "init", "-").out.decode()
        bare = re.sub(r"(?m)^#(?! )", "", text).replace('isolation = "none"', 'isolation = "process"')  # limits want it
        run = self.mlmon("check", "-c", self.write("all.toml", bare))
        # That the keys of all types stand in one table is all that is wrong.
        for line in run.err.splitlines():
            self.assertRegex(line, r'\]\.\w+: type "\w+" takes no \w+$')


if __name__ == "__main__":
    mlmon_run.main()
