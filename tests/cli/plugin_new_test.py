#!/usr/bin/env python3
"""`mlmon plugin new`: the project that it writes builds alone, works, and has a test that notices things.

    MLMON=BUILD/bin/mlmon plugin_new_test.py
"""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import mlmon_run
from mlmon_run import BINARY, MlmonTest, copy_for_others, environment
from rust import CARGO, cargo_environment

SOURCES = {"c": "{}.c", "c++": "{}.cpp", "rust": "src/lib.rs"}
LANGUAGES = [language for language in SOURCES if language != "rust" or CARGO]
EVENT = ('{{"type":"metrics","model":{{"name":"m","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"}},'
         '"metrics":{{{}}},"captured_at":"2026-02-01T0{}:00:00Z"}}')


class PluginNew(MlmonTest):
    def new(self, language, name, code=0):
        run = self.mlmon("plugin", "new", "--lang", language, name)
        self.expect_code(run, code)
        return self.dir / name

    def make(self, folder, *arguments, code=0, path="/usr/bin:/bin", umask=0o022):
        """A make that knows nothing of mlmon but what stands in the folder."""
        done = subprocess.run(["make", "--no-print-directory", *arguments], cwd=folder, umask=umask,
                              env={**environment(self.home), "PATH": path, **cargo_environment()},
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def tree(self, folder):
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    def test_each_project_builds_with_make_and_its_test_passes(self):
        for language in LANGUAGES:
            with self.subTest(language):
                name = "watch-" + language.replace("+", "x")
                folder = self.new(language, name)
                self.assertNotIn("warning", self.make(folder))
                library = folder / f"build/{name}.so"
                about = json.loads(self.mlmon("plugin", "info", library, "--json").out)
                self.assertEqual(about["classes"][0]["id"], f"org.example.{name}")
                self.assertIn("schema", about["classes"][0])
                self.assertIn("ok", self.make(folder, "test"))
                self.assertRegex(self.make(folder, "check"), r"\d+ checks: \d+ ok\n")

    def test_each_project_exports_the_entry_alone_and_says_what_it_is_in_a_note(self):
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "noted-" + language.replace("+", "x"))
                self.make(folder)
                library = folder / f"build/{folder.name}.so"
                names = subprocess.run(["nm", "-D", "--defined-only", "-P", library], text=True,
                                       capture_output=True, check=True).stdout.split("\n")
                self.assertEqual([name.split()[0] for name in names if name], ["mlmon_plugin_entry_v1"])
                listed = self.mlmon("plugin", "list", "--json", "--plugin-dir", folder / "build")
                self.assertEqual(json.loads(listed.out.splitlines()[0])["classes"][0]["id"],
                                 f"org.example.{folder.name}")

    def test_all_languages_decide_alike(self):
        events = [EVENT.format(f'"a/b~\\u00e4":{value}', hour)
                  for hour, value in enumerate(["0.6", "0.5", "0.4", '"x"', "0.5", "1e400", "0.1"])]
        self.write("events.ndjson", events)
        expected = [("firing", 0.4, 2), ("resolved", 0.5, 4), ("firing", 0.1, 6)]
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "alike-" + language.replace("+", "x"))
                self.make(folder)
                self.write("mlmon.toml", f'[observers.x]\nplugin = "{folder}/build/{folder.name}.so"\n'
                                         'metric = "a/b~ä"\nbelow = 0.5\n')
                run = self.run_events("-c", "mlmon.toml", "events.ndjson")
                self.expect_code(run, 0)
                self.assertEqual([(action["state"], action["value"], action["line"] - 1)
                                  for action in run.actions], expected)
                self.assertEqual({action["metric"] for action in run.actions}, {"a/b~ä"})

    def test_they_remember_over_restarts(self):
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "kept-" + language.replace("+", "x"))
                self.make(folder)
                self.write("mlmon.toml", f'[observers.x]\nplugin = "{folder}/build/{folder.name}.so"\n')
                states = []
                for hour, auc in enumerate(["0.9", "0.7", "0.6", "0.9"]):
                    self.write(f"{hour}.ndjson", [EVENT.format(f'"auc":{auc}', hour)])
                    run = self.run_events("-c", "mlmon.toml", "--state", folder / "state", f"{hour}.ndjson",
                                          state=True)
                    states.append([action["state"] for action in run.actions])
                self.assertEqual(states, [[], ["firing"], [], ["resolved"]])

    def test_its_test_fails_when_it_decides_otherwise(self):
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "broken-" + language.replace("+", "x"))
                source = folder / SOURCES[language].format(folder.name)
                text = source.read_text(encoding="utf-8")
                self.assertEqual(text.count("value < self"), 1) if language != "c++" else None
                source.write_text(text.replace("value < self->below", "value > self->below")
                                  .replace("value < self.below", "value > self.below")
                                  .replace("value < below_", "value > below_"), encoding="utf-8")
                self.assertIn("got      {", self.make(folder, "test", code=2))
                self.make(folder, "unit", code=2)

    def test_its_own_tests_need_no_mlmon(self):
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "unit-" + language.replace("+", "x"))
                self.assertRegex(self.make(folder, "unit", "MLMON=/nowhere/mlmon"), "ok")

    def test_its_own_tests_find_what_the_address_sanitizer_finds(self):
        for language, good, bad in (("c", "values[row] != values[row]", "values[row] != values[batch->rows]"),
                                    ("c++", "!std::isnan(value)", "!std::isnan(value + *batch.f1().end())")):
            folder = self.new(language, "asan-" + language.replace("+", "x"))
            source = folder / SOURCES[language].format(folder.name)
            text = source.read_text(encoding="utf-8")
            self.assertIn(good, text)
            source.write_text(text.replace(good, bad), encoding="utf-8")
            self.assertIn("AddressSanitizer: heap-buffer-overflow", self.make(folder, "unit", code=2))

    def test_a_library_that_the_group_may_write_to_is_not_left_behind(self):
        for language in LANGUAGES:
            with self.subTest(language):
                folder = self.new(language, "umask-" + language.replace("+", "x"))
                self.make(folder, umask=0o002)
                mode = (folder / f"build/{folder.name}.so").stat().st_mode
                self.assertFalse(mode & (stat.S_IWGRP | stat.S_IWOTH), oct(mode))

    def test_make_without_mlmon_says_what_the_test_needs(self):
        folder = self.new("c", "alone")
        self.make(folder)
        output = self.make(folder, "test", "MLMON=/nowhere/mlmon", code=2)
        self.assertIn("/nowhere/mlmon", output)

    def test_mlmon_in_the_path_is_preferred(self):
        folder = self.new("c", "path")
        self.write("bin/mlmon", "#!/bin/sh\necho this one >&2; exit 9\n").chmod(0o755)
        self.assertIn("this one", self.make(folder, "test", code=2, path=f"{self.dir}/bin:/usr/bin:/bin"))

    def test_a_placeholder_is_left_nowhere(self):
        for language in SOURCES:
            folder = self.new(language, "filled-" + language.replace("+", "x"))
            self.assertIn("README.md", self.tree(folder))
            for path in self.tree(folder):
                self.assertNotIn("@", path)
                self.assertNotRegex((folder / path).read_text(encoding="utf-8"), "@[A-Z]+@", path)

    def test_names_are_those_of_files_and_classes(self):
        for name in ("", "A", "1a", "-a", "_a", "a b", "a/b", "../a", "ä", "a.so", "x" * 65, "."):
            with self.subTest(name):
                run = self.mlmon("plugin", "new", "--lang", "c", "--", name)
                self.expect_code(run, 2)
                self.assertIn("small letters", run.err)
        self.assertEqual(list(self.dir.iterdir()), [])
        for name in ("a", "a-b_c9", "x" * 64):
            self.assertTrue((self.new("c", name) / f"{name}.c").exists())

    def test_languages_are_c_cxx_rust_and_python(self):
        run = self.mlmon("plugin", "new", "--lang", "ruts", "a")
        self.expect_code(run, 2)
        self.assertIn('expected c, c++, rust or python, got "ruts" (did you mean "rust"?)', run.err)
        for arguments in (["a"], ["--lang", "c"], ["--lang", "c", "a", "b"]):
            self.expect_code(self.mlmon("plugin", "new", *arguments), 2)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_what_is_there_is_left_as_it_is(self):
        (self.dir / "folder").mkdir()
        (self.dir / "file").write_text("mine")
        (self.dir / "link").symlink_to("nowhere")
        before = sorted(path.name for path in self.dir.iterdir())
        for name in before:
            run = self.mlmon("plugin", "new", "--lang", "c", name)
            self.expect_code(run, 2)
            self.assertIn(f"{name}: is there already", run.err)
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), before)
        self.assertEqual(list((self.dir / "folder").iterdir()), [])
        self.assertEqual((self.dir / "file").read_text(), "mine")

    def test_a_failure_leaves_nothing_behind(self):
        prefix = self.home / "prefix"  # without the templates, or with half of what is needed
        (prefix / "bin").mkdir(parents=True)
        program = prefix / "bin/mlmon"
        shutil.copy(BINARY, program)
        share = Path(BINARY).parent.parent / "share/mlmon/templates"
        for missing in ("share/mlmon/templates/c", "include/mlmon"):
            done = subprocess.run([program, "plugin", "new", "--lang", "c", "half"], cwd=self.dir,
                                  env=environment(self.home), capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"{prefix}/{missing}", done.stderr)
            self.assertEqual(list(self.dir.iterdir()), [])
            shutil.copytree(share, prefix / "share/mlmon/templates", dirs_exist_ok=True)

    def test_a_folder_that_cannot_be_written_to_is_named(self):
        self.dir.parent.chmod(0o755)
        program = copy_for_others(self.dir.parent / "prefix")
        self.dir.chmod(0o555)
        nobody = {"user": 65534, "extra_groups": []} if os.geteuid() == 0 else {}  # root writes anywhere
        done = subprocess.run([program, "plugin", "new", "--lang", "c", "a"], cwd=self.dir, text=True,
                              env=environment(self.home), capture_output=True, check=False, **nobody)
        self.dir.chmod(0o755)
        self.assertEqual((done.returncode, done.stderr), (1, "error: a: Permission denied\n"))

    def test_what_the_readme_of_a_project_tells_about_is_there(self):
        for language in SOURCES:
            folder = self.new(language, "told-" + language.replace("+", "x"))
            text = (folder / "README.md").read_text(encoding="utf-8")
            source = SOURCES[language].format(folder.name)
            for named in (source, "tests/low.ndjson", "tests/low.actions.ndjson"):
                self.assertIn(f"`{named}`", text)
                self.assertTrue((folder / named).exists(), named)

    def test_rust_is_tested(self):
        if not CARGO:
            self.skipTest("there is no cargo: projects in Rust were not built")


if __name__ == "__main__":
    mlmon_run.main()
