"""Sections 3 and 6 of the contract: what a run writes are different files, by whatever name, and none that it reads."""

import os
import subprocess
from pathlib import Path

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest

FILE_RECEIVER = '[observers.alert]\nreceivers = [{ name = "log", type = "file", path = "log.ndjson" }]\n'


class Files(MlmonTest):
    def setUp(self):
        super().setUp()
        self.write("events.ndjson", metrics(f1=0.5))
        self.write("m.toml", FILE_RECEIVER)

    def contents(self):
        return {path: path.read_bytes() for path in self.dir.rglob("*") if path.is_file()}

    def refused(self, *args, words=(), **more):
        before = self.contents()
        run = self.mlmon("run", *args, **more)
        self.expect_code(run, 2)
        self.assertEqual(run.out, b"")
        for word in words:
            self.assertIn(word, run.err)
        self.assertEqual(self.contents(), before, "something was touched")

    def test_two_outputs_in_one_file_are_refused(self):
        pairs = [("-o", "--receipt"), ("-o", "--quarantine"), ("--quarantine", "--receipt")]
        for state in (["--no-state"], ["--state", "state"]):
            for one, other in pairs:
                self.refused(*state, one, "x", other, "x", "events.ndjson", words=["x: is the"])

    def test_names_of_one_file_may_differ(self):
        (self.dir / "sub").mkdir()
        (self.dir / "dangling").symlink_to("sub/../x")
        (self.dir / "here").symlink_to(".")
        for other in ("./x", "sub/../x", self.dir / "x", "dangling", "here/x"):
            self.refused("--no-state", "-o", "x", "--receipt", other, "events.ndjson", words=["the output (-o)"])
        self.write("there", "")
        os.link(self.dir / "there", self.dir / "hard")
        self.refused("--no-state", "-o", "there", "--receipt", "hard", "events.ndjson")

    def test_stdout_that_is_a_file_counts(self):
        with open(self.dir / "out", "ab") as out:
            for flag in ("--receipt", "--quarantine"):
                self.refused("--no-state", flag, "out", "events.ndjson", stdout=out, words=["stdout"])
        with open(self.dir / "events.ndjson", "ab") as out:
            self.refused("--no-state", "events.ndjson", stdout=out, words=["stdout", "is an input"])
        with open(self.dir / "events.ndjson", "rb") as events:
            self.refused("--no-state", "-o", "events.ndjson", stdin=events, words=["is stdin"])

    def test_file_receivers_count(self):
        for flag in ("-o", "--receipt", "--quarantine"):
            self.refused("-c", "m.toml", "--state", "state", flag, "log.ndjson", "events.ndjson",
                         words=["the file of receiver log"])
        self.write("m.toml", FILE_RECEIVER.replace("log.ndjson", "events.ndjson"))
        self.refused("-c", "m.toml", "--state", "state", "events.ndjson", words=["is an input"])

    def test_the_configuration_is_not_written_to(self):
        for flag in ("-o", "--receipt", "--quarantine"):
            self.refused("-c", "m.toml", "--no-state", flag, "m.toml", "events.ndjson", words=["the configuration"])

    def test_the_state_is_not_written_to(self):
        for made in (False, True):
            if made:
                self.expect_code(self.mlmon("run", "--state", "state", "events.ndjson"), 0)
            for flag in ("-o", "--receipt", "--quarantine"):
                for name in ("state.db", "state.db-wal", "lock"):
                    self.refused("--state", "state", flag, f"state/{name}", "events.ndjson", words=["the state"])

    def test_a_file_that_would_be_an_input_is_not_made(self):
        self.write("in/a.ndjson", metrics())
        for flag in ("-o", "--receipt", "--quarantine"):
            self.refused("--no-state", flag, "in/new.ndjson", "in", words=["is an input"])
            self.refused("--no-state", "--set", 'input.files=["in/*.ndjson"]', flag, "in/new.ndjson")
        self.expect_code(self.mlmon("run", "--no-state", "-o", "in/out.txt", "in"), 0)

    def test_what_only_the_plugin_finds_wrong_touches_nothing(self):
        wrong = ("--set", 'observers.alert.rules=[{name="a",metric="auc",below=1,subject="{nope}"}]', "events.ndjson")
        self.write("kept", "KEPT")
        self.write("q", "")
        for more in (["--no-state", "-o", "kept"], ["--no-state", "-o", "new"], ["--state", "state", "-o", "kept"],
                     ["--no-state", "-o", "kept", "--quarantine", "q"],
                     ["--no-state", "-o", "kept", "--quarantine", "new"],
                     ["--no-state", "--set", 'observers.alert.isolation="process"', "-o", "kept", "--quarantine", "new"]):
            self.refused(*more, *wrong, words=["observers.alert.rules[0].subject"])
            self.assertFalse((self.dir / "state").exists())

    def test_devices_may_be_shared(self):
        run = self.mlmon("run", "--no-state", "-o", "/dev/null", "--receipt", "/dev/null", "events.ndjson")
        self.expect_code(run, 0)

    def test_stdout_and_open_descriptors_are_written_to(self):
        self.write("events.ndjson", metrics(f1=0.5) + b"bad\n")
        for flag, word in (("--receipt", b'"receipt":1'), ("--metrics-file", b"mlmon_events_total 1"),
                           ("--quarantine", b'"raw":"bad"')):
            run = self.mlmon("run", "--no-state", "-o", "o", flag, "/dev/stdout", "--summary", "none", "events.ndjson")
            self.expect_code(run, 0)
            self.assertIn(word, run.out)
            self.assertNotIn(word.decode(), run.err)
            for path in ("/dev/fd/{}", "/proc/self/fd/{}"):
                read, write = os.pipe()
                with self.start("run", "--no-state", "-o", "o", flag, path.format(write), "--summary", "none",
                                "events.ndjson", stderr=subprocess.PIPE, pass_fds=(write,)) as process:
                    os.close(write)
                    with open(read, "rb") as got:
                        self.assertIn(word, got.read())
                    self.assertEqual((process.wait(), word in process.stderr.read()), (0, False))

    def test_different_files_are_taken(self):
        run = self.mlmon("run", "-c", "m.toml", "--state", "state", "-o", "o", "--receipt", "r", "--quarantine", "q",
                         "events.ndjson")
        self.expect_code(run, 0)
        self.assertEqual(Path(self.dir / "log.ndjson").read_bytes().count(b"\n"), 1)


class Home(MlmonTest):
    def test_a_tilde_at_the_start_of_a_path_is_the_home_folder(self):
        (self.home / "e.ndjson").write_bytes(metrics(f1=0.5))
        self.write("conf/m.toml", '[input]\nfiles = ["~/*.ndjson"]\n[state]\ndir = "~/kept"\n' +
                   FILE_RECEIVER.replace("log.ndjson", "~/log"))
        run = self.mlmon("run", "-c", "conf/m.toml")
        self.expect_code(run, 0)
        self.assertTrue((self.home / "kept" / "state.db").exists())
        self.assertTrue((self.home / "log").exists())
        self.assertEqual(sorted(path.name for path in self.dir.rglob("*")), ["conf", "m.toml"])
        run = self.mlmon("run", "--set", 'state.dir="~/other"', self.home / "e.ndjson")
        self.expect_code(run, 0)
        self.assertTrue((self.home / "other" / "state.db").exists())

    def test_a_tilde_elsewhere_is_a_tilde(self):
        self.write("conf/m.toml", '[state]\ndir = "a~b/~"\n')
        self.write("e.ndjson", metrics())
        self.expect_code(self.mlmon("run", "-c", "conf/m.toml", "e.ndjson"), 0)
        self.assertTrue((self.dir / "conf/a~b/~/state.db").exists())

    def test_an_empty_path_is_a_usage_error(self):
        for command in (["run"], ["jobs", "list"], ["outbox", "list"]):
            run = self.mlmon(*command, "--state", "", stdin=metrics())
            self.expect_code(run, 2)
            self.assertIn("--state: expected a path", run.err)
        for flag in ("-o", "--receipt", "--quarantine", "-c"):
            self.expect_code(self.mlmon("run", "--no-state", flag, "", stdin=metrics()), 2)


if __name__ == "__main__":
    mlmon_run.main()
