"""What comes from outside and cannot be helped: full disks, closed pipes, signals, endless lines."""

import json
import resource
import signal
import subprocess
import threading
import time
import unittest

import mlmon_run
from lines import metrics, put
from mlmon_run import DATA, SANITIZED, SLOW, MlmonTest

MEMORY_KIB = 64 * 1024


class Limits(MlmonTest):
    def expect_memory(self, run):
        if not SANITIZED:
            self.assertLess(run.peak_kib, MEMORY_KIB)
            self.assertLess(run.receipt["peak_rss_bytes"], MEMORY_KIB * 1024)

    def test_json_of_a_hundred_thousand_levels_costs_its_line(self):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            line = put(metrics(), b'"x":' + opening * 100_000 + b"1" + closing * 100_000)
            for deep in (line, opening * 100_000 + b"\n"):
                run = self.run_events(stdin=metrics() + deep + metrics())
                self.expect_code(run, 0)
                self.assertEqual(run.reasons(), {"invalid_json": 1})
                self.assertEqual(run.receipt["sources"][0]["events"], 2)

    def test_an_endless_line_costs_its_line_and_no_memory(self):
        block = b"x" * (1 << 20)
        for mebibytes in (300, 2100) if SLOW else (300,):
            def chunks():
                yield metrics()
                yield from (block for _ in range(mebibytes))
                yield b"\n"
                yield metrics()

            run = self.run_events(stdin=chunks())
            self.expect_code(run, 0)
            self.assertEqual(run.reasons(), {"line_too_long": 1})
            self.assertEqual(run.receipt["sources"][0]["events"], 2)
            self.assertEqual(run.receipt["sources"][0]["lines"], 3)
            self.expect_memory(run)

    @unittest.skipIf(SANITIZED, "memory of a sanitized program says nothing")
    def test_memory_does_not_grow_with_the_input(self):
        raw = DATA.read_bytes()
        peaks = []
        for times in (9, 900) if SLOW else (9, 90):
            run = self.run_events("--threads", 2, "-o", "o", stdin=(raw for _ in range(times)))
            self.expect_code(run, 0)
            self.assertEqual(run.receipt["sources"][0]["events"], 11616 * times)
            self.expect_memory(run)
            peaks.append(run.peak_kib)
        self.assertLess(peaks[1] - peaks[0], 8 * 1024)

    @unittest.skipIf(SANITIZED, "memory of a sanitized program says nothing")
    def test_a_model_costs_at_most_a_kibibyte(self):
        few, many = 200, 50_000
        peaks = []
        for models in (few, many):
            lines = (metrics(f1=0.9, model__name=f"model-{i % models:05}") for i in range(many))
            run = self.run_events("--threads", 2, "-o", "o", stdin=lines)
            self.expect_code(run, 0)
            self.assertEqual(len(run.receipt["models"]), models)
            peaks.append(run.peak_kib)
        self.assertLess(peaks[1] - peaks[0], many - few)

    def test_memory_does_not_grow_with_an_unpacked_file(self):
        packed = subprocess.run(["gzip", "-1", "-c", str(DATA)], stdout=subprocess.PIPE, check=True).stdout
        self.write("big.ndjson.gz", packed * 20)
        run = self.run_events("big.ndjson.gz")
        self.expect_code(run, 0)
        self.expect_memory(run)

    def test_a_full_disk_is_said_and_fails(self):
        with open("/dev/full", "wb") as full:
            run = self.run_events(DATA, stdout=full)
        self.expect_code(run, 1)
        self.assertIn("No space left on device", run.err)
        run = self.run_events("-o", "/dev/full", stdin=metrics(f1=0.7))
        self.expect_code(run, 1)
        self.assertRegex(run.err, r"/dev/full.*No space left on device")

    def test_a_file_that_may_not_grow_is_said_and_fails(self):
        self.write("e.ndjson", [metrics(f1=0.5, model__name=f"m{n}") for n in range(1000)])
        for more, limit, words in ((["--no-state", "-o", "out"], 20_000, "out: File too large"),
                                   (["--no-state", "-o", "/dev/null", "--receipt", "r"], 100, "r: cannot be written: File too large"),
                                   (["--state", "s", "-o", "/dev/null"], 60_000, "")):
            process = self.start("run", *more, "e.ndjson", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            _, err = process.communicate(timeout=mlmon_run.TIMEOUT)
            self.assertEqual(process.returncode, 1, err)
            self.assertIn(words, err.decode())
            self.assertIn("error: ", err.decode())

    def test_programs_that_are_started_have_the_signals_of_a_shell(self):
        shown = "grep -E '^Sig(Blk|Ign)' /proc/self/status >> signals; exit 0"
        receivers = f'observers.alert.receivers=[{{name="x",type="exec",command=["sh","-c",{json.dumps(shown)}]}}]'
        self.expect_code(self.mlmon("run", "--state", "s", "--set", receivers, stdin=metrics(f1=0.5)), 0)
        self.expect_code(self.mlmon("jobs", "work", "--once", "--state", "s", "--", "sh", "-c", shown), 0)
        lines = (self.dir / "signals").read_text().splitlines()
        self.assertEqual(len(lines), 4)
        ours = sum(1 << number - 1 for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM, signal.SIGXFSZ))
        self.assertEqual([int(line.split()[1], 16) & ours for line in lines], [0] * 4, lines)

    def test_a_file_that_cannot_be_written_is_said_and_fails(self):
        for flag in ("-o", "--quarantine"):
            with self.subTest(flag):
                run = self.mlmon("run", "--no-state", flag, "missing/file", stdin=metrics(f1=0.7) + b"x\n")
                self.assertIn(run.code, (1, 2))
                self.assertIn("missing/file", run.err)
        run = self.mlmon("run", "--no-state", "--receipt", "missing/file", stdin=metrics())
        self.expect_code(run, 1)
        self.assertIn("missing/file", run.err)

    def test_a_closed_stdout_ends_quietly(self):
        process = self.start("run", "--no-state", DATA, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        first = process.stdout.readline()
        process.stdout.close()
        self.assertIn(b'"retrain"', first)
        self.assertEqual(process.wait(timeout=mlmon_run.TIMEOUT), -signal.SIGPIPE)

    def test_a_shell_sees_141_behind_head(self):
        script = f'"$MLMON" run --no-state "{DATA}" 2>err | head -n 1 >first; echo "${{PIPESTATUS[0]}}"'
        env = mlmon_run.environment(self.home, MLMON=mlmon_run.BINARY)
        codes = subprocess.run(["bash", "-c", script], cwd=self.dir, env=env, stdout=subprocess.PIPE,
                               check=True, timeout=mlmon_run.TIMEOUT).stdout
        self.assertEqual(codes, b"141\n")
        self.assertNotIn("pipe", (self.dir / "err").read_text().lower())

    def test_few_open_files_are_enough_for_many(self):
        for i in range(200):
            self.write(f"in/{i:03}.ndjson", metrics())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            run = self.run_events("in")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.expect_code(run, 0)
        self.assertEqual(len(run.receipt["sources"]), 200)


class Pipes(MlmonTest):
    """A run whose input stays open."""

    def open_run(self):
        process = self.start("run", "--no-state", "--receipt", self.home / "receipt.json",
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for cleanup in (process.wait, process.kill, process.stdout.close, process.stdin.close):
            self.addCleanup(cleanup)
        return process

    def tell(self, process, line):
        """Writes a line and returns the next action, and the seconds that it took."""
        begin = time.monotonic()
        process.stdin.write(line)
        process.stdin.flush()
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        action = process.stdout.readline()
        watchdog.cancel()
        self.assertTrue(action, "no action while the pipe was open")
        return action, time.monotonic() - begin

    def test_a_pipe_is_answered_while_it_is_open(self):
        process = self.open_run()
        self.tell(process, metrics(f1=0.7, model__name="m"))
        waits = [self.tell(process, metrics(f1=0.7, model__name=f"m{i}"))[1] for i in range(10)]
        self.assertLess(min(waits), 1 if SANITIZED else 0.1, waits)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=60), 0)

    def test_sigterm_is_as_if_the_input_had_ended(self):
        process = self.open_run()
        self.tell(process, metrics(f1=0.7))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertTrue((self.home / "receipt.json").exists())

    def test_sigint_is_130(self):
        process = self.open_run()
        self.tell(process, metrics(f1=0.7))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)


if __name__ == "__main__":
    mlmon_run.main()
