"""Section 8 of the contract: the jobs of the embedded model registry, as trainers and people use them."""

import json
import os
import select
import signal
import socket
import subprocess
import time

import mlmon_run
from registry import RegistryTest

MEMBERS = ["job", "status", "model", "rule", "reason", "event_time", "attempts", "worker",
           "lease_until", "note", "action"]


class Listing(RegistryTest):
    def test_without_state_there_is_nothing_and_nothing_is_made(self):
        for args, code in {("list",): 0, ("list", "--json"): 0, ("claim",): 12, ("show", "X"): 1,
                           ("done", "X"): 1, ("renew", "X"): 1, ("retry", "X"): 1,
                           ("work", "--", "true"): 0, ("work", "--once", "--", "true"): 12}.items():
            run = self.jobs(*args)
            self.expect_code(run, code)
            self.assertEqual(run.out, b"")
            self.assertEqual("X" in run.err, code == 1)
        self.assertEqual(list(self.dir.iterdir()), [])
        self.assertEqual(list(self.home.iterdir()), [])

    def test_a_job_has_the_members_of_the_contract(self):
        id, = self.add_jobs("fraud", f1=0.71)
        job, = self.listed()
        self.assertEqual(list(job), MEMBERS)
        self.assertEqual(job["action"]["id"], id)
        self.assertEqual(job["action"]["action"], "retrain")
        for name in ("rule", "reason", "event_time", "model"):
            self.assertEqual(job[name], job["action"][name])
        self.assertEqual([job[name] for name in ("status", "attempts", "worker", "lease_until", "note")],
                         ["queued", 0, None, None, None])
        self.assertEqual(self.job(id), job)

    def test_lists_are_filtered(self):
        a, b, c = self.add_jobs("fraud-eu", "churn", "fraud-us")
        self.assertEqual(self.claim("--model", "fraud-us")["job"], c)
        self.expect_code(self.jobs("cancel", b), 0)
        ids = lambda *args: [job["job"] for job in self.listed(*args)]
        self.assertEqual(ids(), [a, b, c])
        self.assertEqual(ids("--model", "fraud*"), [a, c])
        for status, expected in {"queued": [a], "claimed": [c], "cancelled": [b], "done": []}.items():
            self.assertEqual(ids("--status", status), expected)
        run = self.jobs("list", "--status", "qeued")
        self.expect_code(run, 2)
        self.assertIn('did you mean "queued"', run.err)

    def test_people_get_a_table(self):
        id, = self.add_jobs("fraud")
        text = self.jobs("list").out.decode()
        self.assertEqual(len(text.splitlines()), 2)
        self.assertIn("(v2.1.0) deployed 2026-01-01T00:00:00Z", text)
        self.assertIn(id, text)
        self.assertEqual(self.jobs("list", "--status", "done").out, b"")
        text = self.jobs("show", id).out.decode()
        self.assertIn("f1 0.7 is below 0.75", text)

    def test_control_characters_of_others_are_escaped(self):
        id, = self.add_jobs("fraud")
        self.expect_code(self.jobs("fail", id, "--reason", "bad\x1b[31m\nline"), 0)
        for run in (self.jobs("list"), self.jobs("show", id)):
            self.assertNotIn(b"\x1b", run.out)
            self.assertIn(rb"bad\x1b[31m\nline", run.out)
        self.assertEqual(self.job(id)["note"], "bad\x1b[31m\nline")

    def test_the_state_folder_is_found_as_by_a_run(self):
        id, = self.add_jobs("fraud")
        self.write("c/mlmon.toml", '[state]\ndir = "../state"\n')
        for args, env in [((), {"MLMON_STATE": "state"}), (("-c", "c/mlmon.toml"), {}),
                          (("--set", 'state.dir="state"'), {}),
                          ((), {"STATE_DIRECTORY": f"{self.state}:/nowhere"}),
                          (("--state", "state"), {"MLMON_STATE": "/nowhere"})]:
            run = self.mlmon("jobs", "list", "--json", *args, env=env)
            self.assertIn(id.encode(), run.out, (args, env, run.err))
        self.expect_code(self.mlmon("jobs", "list", "-c", "nope.toml"), 2)

    def test_a_damaged_database_is_named_and_left_alone(self):
        self.state.mkdir()
        (self.state / "state.db").write_bytes(b"not a database" * 1000)
        for args in (("list",), ("claim",), ("done", "X"), ("work", "--", "true")):
            self.refused(self.jobs(*args), "state/state.db")
        self.assertEqual((self.state / "state.db").read_bytes(), b"not a database" * 1000)

    def test_what_cannot_be_written_is_an_error(self):
        self.add_jobs("fraud")
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.jobs("list", "--json", stdout=full).code, 1)
            self.assertEqual(self.jobs("claim", stdout=full).code, 1)
        # Nobody has seen the job that was claimed.
        self.assertEqual(self.listed()[0]["status"], "queued")
        self.assertIsNotNone(self.claim())

    def test_usage_errors_are_2(self):
        for args in (("show",), ("done",), ("done", "A", "B"), ("fail", "A"), ("claim", "A"),
                     ("claim", "--lease", "0s"), ("claim", "--lease", "soon"), ("work",),
                     ("work", "--"), ("work", "true"), ("work", "--onec", "--", "true"),
                     ("renew", "A", "--worker", "")):
            run = self.jobs(*args)
            self.expect_code(run, 2)
            self.assertIn(f"try mlmon jobs {args[0]} --help", run.err)
        run = self.mlmon("jobs", "clam")
        self.expect_code(run, 2)
        self.assertIn('did you mean "claim"', run.err)


class Claims(RegistryTest):
    def test_claim_renew_done(self):
        a, b = self.add_jobs("fraud", "churn")
        job = self.claim("--worker", "w1", "--lease", "10m")
        self.assertEqual((job["job"], job["status"], job["worker"], job["attempts"]),
                         (a, "claimed", "w1", 1))
        before = job["lease_until"]
        self.expect_code(self.jobs("renew", a, "--lease", "2h", "--worker", "w1"), 0)
        self.assertGreater(self.job(a)["lease_until"], before)
        self.expect_code(self.jobs("done", a, "--note", "f1 0.93", "--worker", "w1"), 0)
        job = self.job(a)
        self.assertEqual((job["status"], job["note"], job["lease_until"]), ("done", "f1 0.93", None))
        self.assertEqual(self.claim("--worker", "w1")["job"], b)
        self.assertIsNone(self.claim())

    def test_a_worker_without_a_name_has_one_by_host_and_process(self):
        self.add_jobs("fraud")
        self.assertRegex(self.claim()["worker"], rf"^{socket.gethostname()}:\d+$")

    def test_only_the_holder_may_end_a_job_under_a_name(self):
        a, b = self.add_jobs("fraud", "churn")
        self.claim("--worker", "w1")
        for id in (a, b):
            for verb in (("done",), ("fail", "--reason", "x"), ("cancel",), ("renew",)):
                self.refused(self.jobs(*verb, id, "--worker", "w2"), id, "w2")
                self.refused(self.jobs(*verb, id, env={"MLMON_WORKER": "w2"}), id, "w2")
        self.expect_code(self.jobs("fail", a, "--reason", "x", env={"MLMON_WORKER": "w1"}), 0)
        self.expect_code(self.jobs("cancel", b, env={"MLMON_WORKER": ""}), 0)
        self.refused(self.jobs("done", a), a, "failed")

    def test_ids_that_are_not_known_are_named(self):
        self.add_jobs("fraud")
        for verb in (("show",), ("done",), ("fail", "--reason", "x"), ("cancel",), ("renew",), ("retry",)):
            self.refused(self.jobs(*verb, "NOPE"), "NOPE")

    def test_a_job_whose_lease_ran_out_goes_to_another(self):
        id, = self.add_jobs("fraud")
        self.claim("--worker", "w1")
        self.sql("UPDATE jobs SET lease_until_ms = 1")
        self.assertEqual([job["job"] for job in self.listed("--status", "queued")], [id])
        job = self.claim("--worker", "w2")
        self.assertEqual((job["job"], job["attempts"]), (id, 2))
        self.refused(self.jobs("done", id, "--worker", "w1"), id, "w2")
        self.expect_code(self.jobs("done", id, "--worker", "w2"), 0)

    def test_retry(self):
        a, = self.add_jobs("fraud")
        self.refused(self.jobs("retry", a), a, "queued")
        self.expect_code(self.jobs("fail", a, "--reason", "x"), 0)
        self.expect_code(self.jobs("retry", a), 0)
        self.assertEqual(self.job(a)["status"], "queued")
        self.expect_code(self.jobs("cancel", a), 0)
        b, = self.add_jobs("fraud")
        self.refused(self.jobs("retry", a), a, b)
        self.expect_code(self.jobs("done", b), 0)
        self.refused(self.jobs("retry", b), b, "done")
        self.expect_code(self.jobs("retry", a), 0)

    def test_eight_processes_claim_forty_jobs_once_each(self):
        ids = self.add_jobs(*(f"m{i}" for i in range(40)))
        # Each claims until there is none.
        script = 'while j=$("$MLMON" jobs claim --state state); do printf "%s\\n" "$j"; done'
        env = {**mlmon_run.environment(self.home), "MLMON": mlmon_run.BINARY}
        claimers = [subprocess.Popen(["sh", "-c", script], cwd=self.dir, env=env,
                                     stdout=subprocess.PIPE) for _ in range(8)]
        claimed = [json.loads(line)["job"] for claimer in claimers
                   for line in claimer.communicate()[0].splitlines()]
        self.assertEqual(sorted(claimed), sorted(ids))


class Work(RegistryTest):
    def work(self, *args, command, **more):
        return self.jobs("work", *args, "--", *command, **more)

    def shell(self, script, *args, **more):
        return self.work(*args, command=("sh", "-c", script), **more)

    def start_work(self, *args, command):
        """Starts a worker whose COMMAND writes a line when it runs, and waits for that."""
        worker = self.start("jobs", "work", "--state", self.state, *args, "--", *command,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(worker.stdout.close)
        self.addCleanup(worker.stderr.close)
        self.addCleanup(worker.kill)
        self.assertTrue(select.select([worker.stdout], [], [], mlmon_run.TIMEOUT)[0])
        return worker, worker.stdout.readline().decode().strip()

    def ends(self, worker, code):
        out, err = worker.communicate(timeout=mlmon_run.TIMEOUT)
        self.assertEqual(worker.returncode, code, err)
        return err.decode()

    def test_each_job_in_turn_with_its_json_and_environment(self):
        a, b = self.add_jobs("fraud", "churn")
        run = self.shell('cat; echo "$MLMON_JOB_ID|$MLMON_MODEL_NAME|$MLMON_MODEL_VERSION|$MLMON_REASON"',
                         "--worker", "w")
        self.expect_code(run, 0)
        first, line, second, _ = run.out.decode().splitlines()
        job = json.loads(first)
        self.assertEqual(list(job), MEMBERS)
        self.assertEqual((job["job"], job["status"], job["worker"]), (a, "claimed", "w"))
        self.assertEqual(line, f"{a}|fraud|2.1.0|f1 0.7 is below 0.75")
        self.assertEqual(json.loads(second)["job"], b)
        for job in self.listed():
            self.assertEqual((job["status"], job["worker"], job["note"]), ("done", "w", None))

    def test_no_job_is_0_and_once_12(self):
        self.add_jobs("fraud")
        self.expect_code(self.work("--once", command=("true",)), 0)
        self.expect_code(self.work("--once", command=("true",)), 12)
        self.expect_code(self.work(command=("true",)), 0)

    def test_once_ends_after_one(self):
        a, b = self.add_jobs("fraud", "churn")
        self.expect_code(self.work("--once", command=("true",)), 0)
        self.assertEqual([job["status"] for job in self.listed()], ["done", "queued"])
        self.expect_code(self.work("--once", command=("false",)), 1)

    def test_models_are_filtered(self):
        self.add_jobs("fraud", "churn")
        self.expect_code(self.work("--model", "ch*", command=("true",)), 0)
        self.assertEqual([job["status"] for job in self.listed()], ["queued", "done"])

    def test_a_command_that_fails_fails_its_job_only(self):
        self.add_jobs("a", "b", "c")
        run = self.shell('case $MLMON_MODEL_NAME in a) exit 3;; b) kill -9 $$;; esac')
        self.expect_code(run, 1)
        a, b, c = self.listed()
        self.assertEqual([job["status"] for job in (a, b, c)], ["failed", "failed", "done"])
        self.assertEqual(a["note"], "exit code 3")
        self.assertIn("signal 9", b["note"])
        self.assertIn(a["job"], run.err)

    def test_75_is_another_try_a_minute_later(self):
        id, = self.add_jobs("fraud")
        begin = time.time()
        self.expect_code(self.work(command=("sh", "-c", "exit 75")), 0)
        job = self.job(id)
        self.assertEqual((job["status"], job["attempts"], job["worker"]), ("queued", 1, None))
        self.assertIsNone(self.claim())
        (not_before, ), = self.sql("SELECT not_before_ms FROM jobs")
        self.assertGreaterEqual(not_before, begin * 1000 + 59_990)
        self.assertLessEqual(not_before, time.time() * 1000 + 60_000)
        self.sql("UPDATE jobs SET not_before_ms = 1")
        self.assertEqual(self.claim()["attempts"], 2)

    def test_a_command_that_cannot_be_started_costs_no_job(self):
        a, b = self.add_jobs("fraud", "churn")
        for command in ("/nowhere/train", "no-such-program", str(self.dir)):
            run = self.work(command=(command,))
            self.expect_code(run, 1)
            self.assertIn(command, run.err)
        self.assertEqual([job["status"] for job in self.listed()], ["queued", "queued"])

    def test_no_shell_reads_the_words(self):
        self.add_jobs("fraud")
        run = self.work(command=("printf", "%s|", "a b", "$HOME", "*", "--once", "--"))
        self.expect_code(run, 0)
        self.assertEqual(run.out, b"a b|$HOME|*|--once|--|")

    def test_a_command_need_not_read_its_input_however_large(self):
        self.add_jobs("fraud", labels={"big": "x" * 500_000})
        self.expect_code(self.work("--once", command=("true",)), 0)
        self.add_jobs("churn", labels={"big": "x" * 500_000})
        run = self.work("--once", command=("cat",))
        self.assertEqual(len(json.loads(run.out)["action"]["labels"]["big"]), 500_000)

    def test_the_lease_is_renewed_while_the_command_runs(self):
        id, = self.add_jobs("fraud")
        fifo = self.dir / "go"
        os.mkfifo(fifo)
        worker, _ = self.start_work("--lease", "600ms", command=("sh", "-c", f"echo on; cat {fifo}"))
        end = time.monotonic() + mlmon_run.TIMEOUT
        renewals = set()
        while len(renewals) < 4 and time.monotonic() < end:
            job = self.job(id)
            renewals.add(job["lease_until"])
            self.assertEqual(job["status"], "claimed")
        self.assertGreaterEqual(len(renewals), 4)
        self.assertIsNone(self.claim())
        fifo.write_bytes(b"")
        self.ends(worker, 0)
        self.assertEqual(self.job(id)["status"], "done")

    def test_a_command_whose_job_somebody_else_has_is_stopped(self):
        id, = self.add_jobs("fraud")
        worker, _ = self.start_work("--lease", "1h", command=("sh", "-c", "echo on; sleep 1000"))
        self.sql("UPDATE jobs SET worker = 'other'")
        err = self.ends(worker, 1)
        self.assertIn(id, err)
        self.assertIn("lease", err)
        job = self.job(id)
        self.assertEqual((job["status"], job["worker"]), ("claimed", "other"))

    def test_a_job_that_is_cancelled_stops_its_command(self):
        id, = self.add_jobs("fraud")
        worker, _ = self.start_work(command=("sh", "-c", "echo on; sleep 1000"))
        self.expect_code(self.jobs("cancel", id), 0)
        self.ends(worker, 1)
        self.assertEqual(self.job(id)["status"], "cancelled")

    def test_a_command_may_end_its_job_itself(self):
        a, b = self.add_jobs("fraud", "churn")
        binary = mlmon_run.BINARY
        run = self.work("--once", command=("sh", "-c", f'{binary} jobs done "$MLMON_JOB_ID" --note "f1 0.9"'))
        self.expect_code(run, 0)
        self.assertEqual(run.err, "")
        self.assertEqual((self.job(a)["status"], self.job(a)["note"]), ("done", "f1 0.9"))
        run = self.work("--once", command=("sh", "-c", f'{binary} jobs fail "$MLMON_JOB_ID" --reason no; exit 1'))
        self.expect_code(run, 1)
        self.assertEqual((self.job(b)["status"], self.job(b)["note"]), ("failed", "no"))

    def test_signals_are_passed_on_and_the_job_is_given_back(self):
        for number, code in {signal.SIGTERM: 0, signal.SIGINT: 130, signal.SIGHUP: 0}.items():
            id, = self.add_jobs(f"m{number}")
            name = number.name[3:]
            worker, _ = self.start_work(command=(
                "sh", "-c", f"trap 'echo got >&2; exit 1' {name}; echo on; while :; do sleep 0.01; done"))
            worker.send_signal(number)
            self.assertIn("got", self.ends(worker, code))
            job = self.job(id)
            self.assertEqual((job["status"], job["worker"]), ("queued", None))
            self.assertEqual(self.claim()["job"], id)

    def test_a_command_that_ends_well_after_a_signal_has_done_its_job(self):
        for number, code in {signal.SIGTERM: 0, signal.SIGINT: 130, signal.SIGHUP: 0}.items():
            id, = self.add_jobs(f"m{number}")
            worker, _ = self.start_work(command=(
                "sh", "-c", f"trap 'exit 0' {number.name[3:]}; echo on; while :; do sleep 0.01; done"))
            worker.send_signal(number)
            self.ends(worker, code)
            self.assertEqual(self.job(id)["status"], "done")
            self.assertIsNone(self.claim())

    def test_75_after_a_signal_is_another_try_a_minute_later(self):
        id, = self.add_jobs("fraud")
        worker, _ = self.start_work(command=(
            "sh", "-c", "trap 'exit 75' TERM; echo on; while :; do sleep 0.01; done"))
        begin = time.time()
        worker.send_signal(signal.SIGTERM)
        self.ends(worker, 0)
        self.assertEqual(self.job(id)["status"], "queued")
        self.assertIsNone(self.claim())
        (not_before, ), = self.sql("SELECT not_before_ms FROM jobs")
        self.assertGreaterEqual(not_before, begin * 1000 + 59_990)

    def test_a_second_signal_kills_the_command(self):
        id, = self.add_jobs("fraud")
        worker, _ = self.start_work(command=(
            "sh", "-c", "trap 'echo got >&2' TERM; echo on; while :; do sleep 0.01; done"))
        worker.send_signal(signal.SIGTERM)
        # Its sleep is killed as well, and the shell may say so first.
        while b"got" not in (line := worker.stderr.readline()):
            self.assertNotEqual(line, b"")
        worker.send_signal(signal.SIGTERM)
        self.ends(worker, 0)
        self.assertEqual(self.job(id)["status"], "queued")

    def test_the_whole_family_of_a_command_is_stopped(self):
        self.add_jobs("fraud")
        worker, child = self.start_work(command=("sh", "-c", "sleep 1000 & echo $!; wait"))
        worker.send_signal(signal.SIGTERM)
        # The pipe is closed by the last of them.
        self.ends(worker, 0)

    def test_a_command_does_not_outlive_its_worker(self):
        id, = self.add_jobs("fraud")
        worker, _ = self.start_work(command=("sh", "-c", "echo on; exec sleep 1000"))
        worker.kill()
        worker.communicate(timeout=mlmon_run.TIMEOUT)  # until nobody has the pipe
        self.assertEqual(self.job(id)["status"], "claimed")

    def test_nothing_of_a_command_outlives_its_worker(self):
        # The trainer proper is a grandchild; the second one does not end by a SIGTERM.
        for model, trap in (("a", ""), ("b", 'trap "" TERM; ')):
            self.add_jobs(model)
            worker, _ = self.start_work("--lease", "3s", "--model", model, command=(
                "sh", "-c", f"{trap}echo on; sh -c '{trap}while :; do sleep 0.01; done'; :"))
            worker.kill()
            begin = time.monotonic()
            worker.communicate(timeout=mlmon_run.TIMEOUT)  # until nobody has the pipe
            self.assertLess(time.monotonic() - begin, 30)

    def test_a_command_that_ends_leaves_its_background_alone(self):
        self.add_jobs("fraud")
        done = self.dir / "done"
        run = self.work(command=("sh", "-c", f"(sleep 0.2; touch {done}) >/dev/null 2>&1 &"))
        self.expect_code(run, 0)
        deadline = time.monotonic() + 30
        while not done.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertTrue(done.exists())

    def test_a_command_has_the_signals_that_the_worker_was_started_with(self):
        self.add_jobs("fraud")
        run = self.work(command=("grep", "SigBlk", "/proc/self/status"))
        self.assertEqual(run.out.split(), [b"SigBlk:", b"0" * 16])

    def test_a_command_gets_no_descriptors_of_the_worker(self):
        self.add_jobs("fraud")
        run = self.work(command=("ls", "/proc/self/fd"))
        self.assertEqual(len(run.out.split()), 4, run.out)  # ls has one of its own


if __name__ == "__main__":
    mlmon_run.main()
