#!/usr/bin/env python3
"""The crate in sdk/rust by its own tests, and a plugin made with it in a run. Without cargo all is skipped.

    MLMON=BUILD/bin/mlmon rust_test.py FOLDER_FOR_CARGO
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
import mlmon_run  # noqa: E402
from mlmon_run import DATA, MlmonTest, environment  # noqa: E402
from rust import CARGO, cargo_environment  # noqa: E402

CRATE = HERE.parent.parent / "sdk/rust"
TARGET = Path()


class Rust(MlmonTest):
    def cargo(self, *arguments, cwd):
        done = subprocess.run([CARGO, *arguments, "--offline", "--target-dir", TARGET], cwd=cwd, text=True,
                              env={**environment(self.home), **cargo_environment()},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("warning", done.stdout)
        return done.stdout

    def test_the_tests_of_the_crate_pass(self):
        self.assertIn("the_layout_is_that_of_the_headers ... ok", self.cargo("test", cwd=CRATE))

    def run_that_panics(self, at):
        self.cargo("build", cwd=HERE / "panics")
        self.write("mlmon.toml", f'[observers.x]\nplugin = "{TARGET}/debug/libpanics.so"\nat = "{at}"\n'
                                 "[observers.retraining]\n")
        return self.run_events("-c", "mlmon.toml", DATA)

    def test_a_panic_stops_the_observer_and_nothing_else(self):
        for at, text in (("on_batch", "src/lib.rs:12: panicked: as I was told: on_batch"),
                         ("index", "panicked: index out of bounds"),
                         ("finish", "panicked: as I was told: finish"),
                         ("create", "panicked: as I was told: create"),
                         ("error", "an error with a text")):
            with self.subTest(at):
                run = self.run_that_panics(at)
                self.expect_code(run, 1)
                self.assertIn(text, run.err)
                self.assertNotIn("RUST_BACKTRACE", run.err)
                self.assertEqual(sum(action["observer"] == "retraining" for action in run.actions), 8)

    def test_without_a_panic_all_is_seen(self):
        run = self.run_that_panics("")
        self.expect_code(run, 0)
        self.assertEqual(sum(action["action"] == "seen" for action in run.actions), 11616)

    def run_that_delivers(self, *more, **keys):
        self.cargo("build", cwd=HERE / "delivers")
        keys = {"path": str(self.dir / "told.txt"), **keys}
        self.write("mlmon.toml", "\n".join([f'[observers.x]\nplugin = "{TARGET}/debug/libdelivers.so"',
                                            *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]))
        return self.run_events("-c", "mlmon.toml", "--state", "state", *more, DATA, state=True)

    def test_an_endpoint_in_rust_delivers_what_its_router_gives_it(self):
        run = self.run_that_delivers()
        self.expect_code(run, 0)
        told = [f"{action['id']} {action['subject']}" for action in run.actions]
        self.assertGreater(len(told), 100)
        self.assertEqual(sorted((self.dir / "told.txt").read_text().splitlines()), sorted(told))
        zeros = [line for line in told if line.endswith("F1 is 0.00")]
        self.assertEqual(sorted(line for line in run.err.splitlines() if " F1 is " in line), sorted(zeros))
        listed = self.mlmon("plugin", "list", "--json", "--plugin-dir", TARGET / "debug").out
        roles = [cls["roles"] for line in listed.splitlines() for cls in json.loads(line)["classes"]
                 if cls["id"] == "org.mlmon.test.delivers"]
        self.assertEqual(roles, [["observer", "delivery"]])

    def test_a_panic_of_an_endpoint_is_a_try_that_failed(self):
        run = self.run_that_delivers("--deliver-timeout", "20s", flaky=True)
        self.expect_code(run, 0)
        self.assertEqual(len((self.dir / "told.txt").read_text().splitlines()), len(run.actions))
        self.assertNotIn("RUST_BACKTRACE", run.err)

    def test_it_keeps_to_the_rules(self):
        self.cargo("build", cwd=HERE / "delivers")
        run = self.mlmon("plugin", "check", "--timeout", "60s", TARGET / "debug/libdelivers.so")
        self.expect_code(run, 0)
        self.assertRegex(run.out.decode(), r"delivery\.deliver +ok")

    def test_a_dry_run_shows_what_an_endpoint_in_rust_would_do(self):
        run = self.run_that_delivers("--dry-run", "-v")
        self.assertIn("would write F1 is 0.00 to stderr", run.err)
        self.assertFalse((self.dir / "told.txt").exists())

    def test_a_panic_of_drop_comes_too_late_to_matter(self):
        self.assertIn(self.run_that_panics("drop").code, (0, 1))


if __name__ == "__main__":
    if not CARGO:
        print("skipped: there is no cargo on this machine, the crate in sdk/rust was not tested")
        sys.exit(77)
    TARGET = Path(sys.argv.pop(1)).resolve()
    mlmon_run.main()
