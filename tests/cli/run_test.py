"""Section 3 of the contract: the flags of `mlmon run`, its outputs, its receipt and its exit codes."""

import gzip
import json
import os
import pty
import subprocess

import mlmon_run
from lines import drift, metrics
from mlmon_run import DATA, MlmonTest

BAD = b"not an event\n"


class ExitCodes(MlmonTest):
    def code(self, *args, stdin):
        return self.run_events(*args, stdin=stdin).code

    def test_nothing_to_say_is_0(self):
        self.assertEqual(self.code(stdin=metrics()), 0)
        self.assertEqual(self.code(stdin=b""), 0)
        self.assertEqual(self.code(stdin=metrics(f1=0.5)), 0)

    def test_fail_on_looks_at_new_actions(self):
        retrain, both, nothing = metrics(f1=0.7), metrics(f1=0.5), metrics()
        for fail_on, codes in {"none": (0, 0, 0), "alert": (0, 10, 0), "retrain": (11, 11, 0),
                               "any": (11, 11, 0)}.items():
            for stdin, code in zip((retrain, both, nothing), codes):
                self.assertEqual(self.code("--fail-on", fail_on, stdin=stdin), code, (fail_on, stdin))
        self.write("alert.toml", '[observers.alert]\nplugin = "alert"\n')
        self.assertEqual(self.code("-c", "alert.toml", "--fail-on", "any", stdin=both), 10)

    def test_bad_lines_and_not_one_event_is_3(self):
        self.assertEqual(self.code(stdin=BAD), 3)
        self.assertEqual(self.code("--max-bad", "100", stdin=BAD), 3)
        self.assertEqual(self.code("--max-bad", "100%", stdin=BAD + b"\n"), 3)
        self.assertEqual(self.code(stdin=b"\n\n"), 0)

    def test_max_bad_counts_lines_or_percents_and_reads_to_the_end(self):
        lines = metrics(f1=0.7) + BAD + BAD + metrics(f1=0.5) + b"\n" * 90
        for limit, code in {"1": 3, "2": 0, "0": 3, "49%": 3, "50%": 0, "100%": 0}.items():
            run = self.run_events("--max-bad", limit, stdin=lines)
            self.assertEqual(run.code, code, limit)
            self.assertEqual(run.receipt["sources"][0]["events"], 2)
            self.assertEqual([a["line"] for a in run.actions], [1, 4])
        self.assertEqual(self.code(stdin=lines), 0)

    def test_bad_lines_stop_keeps_what_stands_before(self):
        run = self.run_events("--bad-lines", "stop", stdin=metrics(f1=0.7) + BAD + metrics(f1=0.5))
        self.expect_code(run, 3)
        self.assertEqual([a["line"] for a in run.actions], [1])
        source = run.receipt["sources"][0]
        self.assertEqual((source["events"], source["bad"]), (1, 1))
        self.assertIn("-:2: invalid_json", run.err)
        self.assertEqual(self.code("--bad-lines", "stop", stdin=metrics()), 0)
        self.assertEqual(self.code("--bad-lines", "skip", stdin=metrics() + BAD), 0)

    def test_the_first_of_the_codes_counts(self):
        both_bad = metrics(f1=0.5) + BAD
        self.assertEqual(self.code("--fail-on", "any", "--max-bad", "0", stdin=both_bad), 3)
        self.write("e.ndjson", [both_bad])
        run = self.run_events("e.ndjson", "missing.ndjson", "--fail-on", "any", "--max-bad", "0")
        self.expect_code(run, 1)
        self.assertEqual(self.mlmon("run", "--fail-on", "sometimes", "missing.ndjson").code, 2)

    def test_usage_errors_are_2_and_do_nothing(self):
        for args in (["--fail-on", "x"], ["--bad-lines", "x"], ["--max-bad", "x"], ["--max-bad", "-1"],
                     ["--max-bad", "101%"], ["--threads", "x"], ["--threads", "-1"], ["--nonsense"],
                     ["--summary", "xml"], ["--progress", "x"], ["--log-format", "x"],
                     ["--shutdown-timeout", "fast"], ["--set", "x"], ["-c"], ["-c", "missing.toml"]):
            with self.subTest(args):
                run = self.mlmon("run", "--no-state", "-o", "out.ndjson", *args, stdin=metrics(f1=0.5))
                self.expect_code(run, 2)
                self.assertEqual(run.out, b"")
                self.assertTrue(run.err.strip())
                self.assertFalse((self.dir / "out.ndjson").exists())


class Inputs(MlmonTest):
    def test_an_unreadable_path_is_named_and_the_others_are_read(self):
        self.write("a.ndjson", metrics(f1=0.7))
        self.write("z.ndjson", metrics(f1=0.5))
        self.write("broken.ndjson.gz", b"\x1f\x8bnot gzip at all, really")
        unreadable = ["missing.ndjson", "broken.ndjson.gz"]
        if os.geteuid() != 0:
            self.write("secret.ndjson", metrics()).chmod(0)
            unreadable.append("secret.ndjson")
        for path in unreadable:
            with self.subTest(path):
                run = self.run_events("a.ndjson", path, "z.ndjson")
                self.expect_code(run, 1)
                self.assertIn(path, run.err)
                self.assertEqual({a["source"] for a in run.actions}, {"a.ndjson", "z.ndjson"})

    def test_a_compressed_file_cut_short_gives_its_whole_lines_and_is_named(self):
        packed = gzip.compress(DATA.read_bytes())
        self.write("cut.ndjson.gz", packed[:len(packed) // 2])
        run = self.run_events("cut.ndjson.gz")
        self.expect_code(run, 1)
        self.assertIn("cut.ndjson.gz", run.err)
        self.assertGreater(run.receipt["sources"][0]["events"], 1000)

    def test_a_folder_means_its_event_files_in_name_order(self):
        for i, name in enumerate(["b.jsonl", "a.ndjson", "c.ndjson.gz", "ignored.txt", "x.json", "d.csv.gz"]):
            line = metrics(f1=0.7, model__name=f"m{i}")
            self.write(f"in/{name}", gzip.compress(line) if name.endswith("gz") else line)
        run = self.run_events("in")
        self.expect_code(run, 0)
        self.assertEqual([a["source"] for a in run.actions],
                         ["in/a.ndjson", "in/b.jsonl", "in/c.ndjson.gz"])

    def test_a_folder_without_events_is_named_and_no_failure(self):
        (self.dir / "empty").mkdir()
        run = self.run_events("empty", "--summary", "text")
        self.expect_code(run, 0)
        self.assertIn("empty", run.err)

    def test_a_fifo_and_dev_null(self):
        os.mkfifo(self.dir / "fifo")
        writer = subprocess.Popen(["sh", "-c", "cat > fifo"], cwd=self.dir, stdin=subprocess.PIPE)
        writer.stdin.write(metrics(f1=0.7))
        writer.stdin.close()
        run = self.run_events("fifo")
        writer.wait()
        self.expect_code(run, 0)
        self.assertEqual([a["source"] for a in run.actions], ["fifo"])
        run = self.run_events("/dev/null")
        self.expect_code(run, 0)
        with open(os.devnull, "rb") as null:
            self.expect_code(self.run_events(stdin=null), 0)

    def test_lines_and_offsets_count_from_each_file(self):
        first, second = metrics(f1=0.7, model__name="a"), metrics(f1=0.7, model__name="b")
        self.write("1.ndjson", b"\n" + first)
        self.write("2.ndjson", metrics() + second)
        run = self.run_events("1.ndjson", "2.ndjson")
        self.assertEqual([(a["source"], a["line"]) for a in run.actions],
                         [("1.ndjson", 2), ("2.ndjson", 2)])
        self.assertEqual(run.actions[0]["offset"], 1)
        self.assertEqual([s["source"] for s in run.receipt["sources"]], ["1.ndjson", "2.ndjson"])


class Outputs(MlmonTest):
    def test_output_goes_to_a_file_which_is_replaced(self):
        self.write("out.ndjson", "old\n")
        run = self.run_events("-o", "out.ndjson", stdin=metrics(f1=0.7))
        self.assertEqual(run.out, b"")
        self.assertEqual(len(self.actions_of("out.ndjson")), 1)
        piped = self.run_events("-o", "-", stdin=metrics(f1=0.7))
        self.assertEqual(len(piped.actions), 1)

    def actions_of(self, name):
        return [json.loads(line) for line in (self.dir / name).read_text().splitlines()]

    def test_a_quiet_run_says_nothing(self):
        run = self.run_events(stdin=metrics(f1=0.7))
        self.assertEqual(run.err, "")

    def test_something_wrong_is_summed_up_without_being_asked(self):
        run = self.run_events(stdin=metrics() + BAD)
        self.assertIn("-:2: invalid_json:", run.err)
        self.assertGreater(len(run.err.splitlines()), 1, "no summary")
        self.assertEqual(self.run_events("--summary", "none", stdin=metrics()).err, "")

    def test_the_json_summary_is_the_receipt_as_the_last_line_of_stderr(self):
        run = self.run_events("--summary", "json", stdin=metrics(f1=0.5) + BAD)
        told = json.loads(run.err.splitlines()[-1])
        self.assertEqual(told, run.receipt)

    def test_the_peak_of_memory_is_that_of_this_program(self):
        if mlmon_run.SANITIZED:
            self.skipTest("a sanitizer takes memory of its own")
        # vfork, exec: the peak of the process that started it would go on.
        weight = bytearray(300 << 20)
        run = self.run_events(stdin=metrics())
        self.assertLess(run.receipt["peak_rss_bytes"], 200 << 20)
        del weight

    def test_a_source_is_written_alike_everywhere(self):
        name = "odd \x01\n\x7f.ndjson"
        self.write(name, [metrics(f1=0.5), b"bad\n"])
        run = self.run_events(name, "--quarantine", "q")
        told = {action["source"] for action in run.actions}
        told.add(json.loads((self.dir / "q").read_text())["source"])
        self.assertEqual(told, {run.receipt["sources"][0]["source"]})

    def test_the_receipt_tells_sources_observers_and_models(self):
        run = self.run_events(stdin=metrics(f1=0.5) + metrics(f1=0.7) + BAD + b"\n" + drift() +
                              metrics(f1=0.3, model__name="b"))
        receipt = run.receipt
        self.assertEqual({k: receipt["sources"][0][k] for k in ("lines", "events", "bad", "empty")},
                         {"lines": 6, "events": 4, "bad": 1, "empty": 1})
        self.assertEqual(run.reasons(), {"invalid_json": 1})
        self.assertEqual([(o["observer"], o["observed"], o["dropped"], o["actions"], o["suppressed"],
                           o["status"]) for o in receipt["observers"]],
                         [("retraining", 4, 0, 2, 1, "ok"), ("alert", 4, 0, 3, 0, "ok")])
        self.assertEqual(receipt["actions"]["decided"], 5)
        models = {m["name"]: m for m in receipt["models"]}
        self.assertEqual({k: models["fraud"][k] for k in ("version", "metrics_events", "drift_events",
                                                         "f1_last", "f1_min")},
                         {"version": "2.1.0", "metrics_events": 2, "drift_events": 1, "f1_last": 0.7,
                          "f1_min": 0.5})
        self.assertEqual(models["b"]["f1_last"], 0.3)

    def test_the_text_summary_is_for_people(self):
        run = self.run_events(DATA, "--summary", "text")
        tail = "\n".join(run.err.splitlines()[-40:])
        self.assertRegex(tail, r"11,?616")
        for word in ("retraining", "alert", "elec-gbdt"):
            self.assertIn(word, tail)

    def test_quarantine_keeps_what_was_refused(self):
        self.run_events("--quarantine", "q.ndjson", stdin=metrics() + BAD + b"\xff\n")
        self.assertEqual([(r["source"], r["line"], r["reason"]) for r in self.actions_of("q.ndjson")],
                         [("-", 2, "invalid_json"), ("-", 3, "invalid_utf8")])
        self.assertEqual(self.actions_of("q.ndjson")[0]["raw"], "not an event")

    def test_progress_is_for_terminals(self):
        self.write("quiet.toml", "[observers.retraining]\nplugin = 'retraining'\n")
        for progress in ("auto", "never"):
            self.assertEqual(self.run_events(DATA, "-c", "quiet.toml", "--progress", progress).err, "")
        terminal, process_side = pty.openpty()
        process = self.start("run", "--no-state", "--progress", "always", "-c", "quiet.toml", DATA,
                             stdout=subprocess.DEVNULL,
                             stderr=process_side, stdin=subprocess.DEVNULL, env={"NO_COLOR": "1"})
        os.close(process_side)
        seen = b""
        try:
            while chunk := os.read(terminal, 65536):
                seen += chunk
        except OSError:  # the other side has closed
            pass
        os.close(terminal)
        self.assertEqual(process.wait(), 0)
        self.assertIn(b"\r", seen)
        self.assertNotRegex(seen, rb"\x1b\[[0-9;]*m", "colours in spite of NO_COLOR")

    def test_threads_change_nothing(self):
        outputs = {self.run_events(DATA, "--threads", n).out for n in (1, 2, 3, 16)}
        self.assertEqual(len(outputs), 1)

    def test_logs_never_reach_stdout(self):
        plain = self.run_events(DATA)
        for args in (["-v"], ["-q"], ["--log-format", "json"], ["-v", "--log-format", "json"]):
            self.assertEqual(self.run_events(DATA, *args).out, plain.out)

    def test_no_state_leaves_nothing_behind(self):
        self.run_events(DATA)
        left = [p.name for p in self.home.rglob("*") if p.is_file() and p.name != "receipt.json"]
        self.assertEqual(left, [])
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_what_is_read_is_not_written_over(self):
        path = self.write("events.ndjson", metrics(f1=0.5))
        before = path.read_bytes()
        for flag in ("--receipt", "--output", "--quarantine"):
            run = self.mlmon("run", "--no-state", flag, str(path), str(path))
            self.expect_code(run, 2)
            self.assertIn("is an input", run.err)
            self.assertEqual(path.read_bytes(), before)


class Help(MlmonTest):
    def test_version_and_help(self):
        version = self.mlmon("--version")
        self.expect_code(version, 0)
        self.assertRegex(version.out, rb"^mlmon \d+\.\d+\.\d+\n")
        for command in ([], ["run"], ["check"], ["plugin"], ["plugin", "list"], ["plugin", "info"]):
            with self.subTest(command):
                shown = self.mlmon(*command, "--help")
                self.expect_code(shown, 0)
                lines = shown.out.decode().splitlines()
                self.assertLessEqual(len(lines), 45)
                self.assertLessEqual(max(map(len, lines)), 100)
                self.assertEqual(shown.err, "")

    def test_no_command_is_a_usage_error(self):
        self.expect_code(self.mlmon(), 2)

    def test_did_you_mean(self):
        for args, meant in ((["rnu"], "run"), (["chekc"], "check"), (["plugins"], "plugin"),
                            (["run", "--sumary", "text"], "--summary"), (["run", "--fail-no", "any"], "--fail-on"),
                            (["plugin", "lits"], "list"), (["--versoin"], "--version"), (["--hlep"], "--help"),
                            (["--follw", "run"], "--follow"), (["--jsn", "jobs", "list"], "--json"),
                            (["run", "--set", "observers.alert.min_f2=0.5"], "min_f1"),
                            (["run", "--set", "inptu.max_line='1MiB'"], "input")):
            with self.subTest(args):
                run = self.mlmon(*args, stdin=metrics())
                self.expect_code(run, 2)
                self.assertRegex(run.err.lower(), rf"did you mean[^\n]*{meant}")
                self.assertEqual(run.out, b"")


if __name__ == "__main__":
    mlmon_run.main()
