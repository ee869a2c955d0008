"""Section 18 of the contract: state in PostgreSQL. The same promises as with a folder, from any machine."""

import json
import re
import signal
import subprocess
import time

import mlmon_run
import postgres_server
from lines import metrics
from mlmon_run import DATA, MlmonTest
from mock_kafka import PROGRAM, MockKafka

LISTINGS = (["jobs", "list", "--json"], ["outbox", "list", "--json"], ["alerts", "list", "--all", "--json"],
            ["models", "list", "--json"], ["alerts", "list", "--silences"], ["why", "elec-tree", "--json"])


def breaches(first, count):
    """One low line for each of so many models: each asks for a retraining and fires an alert."""
    return b"".join(metrics(f1=0.5, model__name=f"m{n}") for n in range(first, first + count))


class PostgresTest(MlmonTest):
    def setUp(self):
        super().setUp()
        self.url = postgres_server.SERVER.new_database()

    def run_at(self, place, *args, code=0, **more):
        run = self.run_events("--state", place, *args, state=True, **more)
        self.expect_code(run, code)
        return run

    def listing(self, place, words):
        """What is listed, without the times of day at which receivers were told."""
        shown = self.mlmon(*words, "--state", place)
        self.expect_code(shown, 0)
        return re.sub(rb'("at":)"[^"]*"', rb"\1null", shown.out)

    def wait_until(self, what, holds):
        end = time.monotonic() + mlmon_run.TIMEOUT
        while not holds():
            self.assertLess(time.monotonic(), end, f"waited in vain: {what}")
            time.sleep(0.02)

    def follow(self, path, *args):
        """A run that follows a file; its actions go to `out`, its messages to `err`."""
        with open(self.dir / "err", "ab") as err:
            process = self.start("run", "--follow", "--state", self.url, "-o", self.dir / "out", *args, path,
                                 stderr=err)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        return process

    def ids(self):
        out = self.dir / "out"
        return [json.loads(line)["id"] for line in out.read_bytes().splitlines()] if out.exists() else []

    def end(self, process, code=0):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(mlmon_run.TIMEOUT), code, (self.dir / "err").read_text())

    def cut(self):
        """Ends all sessions of runs, as a network that goes away would."""
        postgres_server.SERVER.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'mlmon run%'")

    # What a run does, and what the listings show.

    def test_runs_over_the_real_events_say_and_keep_the_same_as_with_a_folder(self):
        lines = DATA.read_bytes().splitlines(True)
        folder = self.dir / "folder"
        path = self.dir / "events.ndjson"
        for end in (4000, 9000, len(lines)):
            path.write_bytes(b"".join(lines[:end]))
            here, there = self.run_at(folder, path), self.run_at(self.url, path)
            self.assertEqual(there.out, here.out)
            self.assertGreater(len(here.out), 0)
        for words in LISTINGS:
            self.assertEqual(self.listing(self.url, words), self.listing(folder, words), words)
        self.assertEqual(self.run_at(self.url, path).out, b"")
        again = self.run_at(self.url, "--from-start", path)
        self.assertEqual(again.receipt["actions"]["new"], 0)
        self.assertGreater(again.receipt["actions"]["already_known"], 0)

    def test_each_command_says_of_a_database_what_it_says_of_a_folder(self):
        self.write("mlmon.toml", '''
[observers.retraining]
plugin = "retraining"
[observers.alert]
plugin = "alert"
receivers = [{name = "dead", type = "exec", command = ["false"], retry = {initial = "1ms", max = "1ms", give_up = "1ms"}}]
''')
        lines = breaches(0, 8).splitlines(True)
        there, here = self.steps_of_a_day(self.url, lines), self.steps_of_a_day(self.dir / "folder", lines)
        for one, other in zip(there, here, strict=True):
            self.assertEqual(one, other)

    def steps_of_a_day(self, place, lines):
        """Exit code, stdout and stderr of each, without times of day."""
        said = []
        days = "|".join(time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * 86_400)) for days in range(2))

        def step(*words, stdin=b""):
            done = self.mlmon(*words, "--state", place, stdin=stdin)
            texts = [re.sub(rf"({days})T[0-9:.]+Z", "NOW", text.replace(str(place), "PLACE"))
                     for text in (done.out.decode(), done.err)]
            said.append([words, done.code, *texts])
            return texts[0]

        def run(events, *words):
            events = b"".join(events)
            metrics = self.dir / "metrics.prom"
            metrics.unlink(missing_ok=True)
            step("run", "--summary", "none", "--explain", "--metrics-file", metrics, *words, stdin=events)
            said.append([line for line in metrics.read_text().splitlines() if "_timestamp_" not in line])

        run(lines[:4])
        run(lines[4:6], "--fail-on", "any")
        run([b'{"type":"metrics"}\n', *lines[6:7]], "--max-bad", "0")
        jobs = [json.loads(line)["job"] for line in step("jobs", "list", "--json").splitlines()]
        self.assertEqual(len(jobs), 7)
        for words in (["claim", "--worker", "w"], ["renew", jobs[0], "--lease", "1h", "--worker", "v"],
                      ["done", jobs[0], "--note", "x"], ["done", jobs[0]], ["fail", jobs[1], "--reason", "y"], ["retry", jobs[1]],
                      ["cancel", jobs[2]], ["retry", jobs[2]], ["show", jobs[2]], ["work", "--once", "--worker", "w", "--", "true"],
                      ["work", "--worker", "w", "--", "false"], ["claim", "--worker", "w"], ["cancel", "none"], ["list"]):
            step("jobs", *words)
        alert = json.loads(step("alerts", "list", "--json").splitlines()[0])["id"]
        dead = json.loads(step("outbox", "list", "--json").splitlines()[0])["action"]
        for words in (["outbox", "retry", dead], ["outbox", "drop", dead], ["outbox", "retry", "--all"], ["outbox", "list"],
                      ["outbox", "drop", "--all"], ["alerts", "list"], ["alerts", "show", alert], ["alerts", "show", "none"],
                      ["status", "--json"], ["status"], ["models", "list", "--json"], ["why", "m1"], ["why", "none"]):
            step(*words)
        run(lines[7:])
        return said

    def test_stdin_and_the_url_of_a_configuration(self):
        self.write("mlmon.toml", f'[state]\nurl = "${{DB}}"\nretry = "5s"\n')
        run = self.run_events("-c", "mlmon.toml", state=True, stdin=breaches(0, 3), env={"DB": self.url})
        self.expect_code(run, 0)
        self.assertEqual(len(self.listing(self.url, ["jobs", "list", "--json"]).splitlines()), 3)
        jobs = self.mlmon("jobs", "list", "-c", "mlmon.toml", env={"DB": self.url})
        self.assertEqual(len(jobs.out.splitlines()), 4)
        both = self.mlmon("check", "-c", "mlmon.toml", "--set", 'state.dir="s"', env={"DB": self.url})
        self.expect_code(both, 2)
        self.assertIn("state.url", both.err)
        other = self.mlmon("check", "--set", 'state.url="mysql://x/y"')
        self.expect_code(other, 2)

    def test_a_dry_run_says_what_would_be_and_keeps_nothing(self):
        self.run_at(self.url, stdin=breaches(0, 2))
        dry = self.run_at(self.url, "--dry-run", stdin=breaches(0, 3))
        self.assertEqual({action["model"]["name"] for action in dry.actions}, {"m2"})
        self.assertEqual(len(self.listing(self.url, ["jobs", "list", "--json"]).splitlines()), 2)

    def test_silences_models_and_compact_work_on_it(self):
        self.expect_code(self.mlmon("alerts", "silence", "--state", self.url, "--model", "m1", "--for", "1h", "--reason", "x",
                                    "--by", "ann"), 0)
        self.run_at(self.url, stdin=breaches(0, 2))
        alerts = [json.loads(line) for line in self.listing(self.url, ["alerts", "list", "--json"]).splitlines()]
        self.assertEqual({alert["model"]["name"]: alert["told"][0]["status"] for alert in alerts},
                         {"m0": "told", "m1": "suppressed"})
        info = json.loads(self.listing(self.url, ["state", "info", "--json"]))
        self.assertEqual({kind["kind"]: kind["rows"] for kind in info["kinds"]}["jobs queued"], 2)
        self.assertGreater(info["bytes"], 0)
        self.expect_code(self.mlmon("models", "forget", "m0", "--state", self.url), 1)  # its job is open
        job = json.loads(self.listing(self.url, ["jobs", "list", "--model", "m0", "--json"]))["job"]
        self.expect_code(self.mlmon("jobs", "cancel", job, "--state", self.url), 0)
        self.expect_code(self.mlmon("models", "forget", "m0", "--state", self.url), 0)
        compacted = self.mlmon("state", "compact", "--keep", "0s", "--json", "--state", self.url)
        self.expect_code(compacted, 0)
        self.assertGreater(json.loads(compacted.out)["texts"], 0)

    def test_events_of_kafka_go_on_where_the_database_says(self):
        if not PROGRAM:
            self.skipTest("MLMON_MOCK_KAFKA names no program")
        kafka = MockKafka(self)
        kafka.topic("events", 2)
        values = [line.rstrip(b"\n") for line in breaches(0, 4).splitlines(True)]
        kafka.produce("events", *values[:2])
        self.assertEqual(len(self.run_at(self.url, kafka.url("events")).actions), 4)
        kafka.produce("events", *values[2:], partition=1)
        run = self.run_at(self.url, kafka.url("events"))
        self.assertEqual({action["model"]["name"] for action in run.actions}, {"m2", "m3"})
        self.assertEqual({action["source"] for action in run.actions}, {"kafka://events/1"})

    def test_doctor_looks_at_the_database(self):
        self.run_at(self.url, stdin=breaches(0, 1))
        shown = self.mlmon("doctor", "--state", self.url)
        self.assertRegex(shown.out, rb"ok +state +the database answers")
        self.assertRegex(shown.out, rb"ok +last run +the last run ended at")
        gone = self.mlmon("doctor", "--state", self.url.replace("/test", "/gone"))
        self.expect_code(gone, 1)

    def test_a_version_longer_than_a_row_of_an_index_is_kept(self):
        version = "1.0.0-" + "".join(f"{n * n * 7919 % 65521:x}" for n in range(1, 1500))
        self.assertGreater(len(version), 5000)
        lines = metrics(f1=0.5, model__version=version)
        self.assertEqual(len(self.run_at(self.url, stdin=lines).actions), 2)
        self.assertEqual(self.run_at(self.url, stdin=lines + metrics(f1=0.5, model__version=version + "x")).receipt["actions"]["new"], 2)
        shown = [json.loads(line) for line in self.listing(self.url, ["jobs", "list", "--json"]).splitlines()]
        self.assertEqual([job["model"]["version"] for job in shown], [version, version + "x"])

    # One run, its tables, its rights.

    def test_a_place_that_cannot_be_one_is_a_usage_error_and_shows_no_secret(self):
        for place in ("postgresql://u:se/cret@h/d", "postgresql://u:se@cret@h/d", "postgresql://u:secret@h/d?nosuch=1",
                      "mysql://u:secret@h/d", "Postgresql://u:secret@h/d", "postgresql:secret"):
            for words in (["run"], ["check"], ["status"], ["jobs", "list"], ["state", "info"], ["report"]):
                refused = self.mlmon(*words, "--state", place)
                self.expect_code(refused, 2)
                self.assertIn("--state: ", refused.err)
                self.assertIn("postgresql://[USER@]HOST[:PORT]/DATABASE", refused.err)
                self.assertNotRegex(refused.err, "se/?@?cret|cret")
            self.expect_code(self.mlmon("state", "copy", place, self.dir / "copy"), 2)
            self.expect_code(self.mlmon("jobs", "list", env={"MLMON_STATE": place}), 2)
            self.expect_code(self.mlmon("check", "--set", f"state.dir='{place}'"), 2)
        self.assertEqual([path.name for path in self.dir.rglob("state.db")], [])

    def test_what_no_waiting_mends_is_not_tried_again(self):
        begin = time.monotonic()
        for place in (re.sub(r":\d+/", ":99999/", self.url), self.url + "?options=-csearch_path%3Dnone"):
            run = self.mlmon("run", "--state", place, stdin=breaches(0, 1))
            self.expect_code(run, 1)
            self.assertNotIn("trying again", run.err)
        self.assertLess(time.monotonic() - begin, 50)  # one minute is how long a run tries

    def test_a_second_run_is_refused_with_the_first_ones_name(self):
        path = self.write("events.ndjson", breaches(0, 1))
        first = self.follow(path)
        self.wait_until("the first has begun", lambda: len(self.ids()) == 2)
        second = self.mlmon("run", "--state", self.url, "--lock-timeout", "0s", path)
        self.expect_code(second, 1)
        self.assertIn(f"is in use by mlmon run, process {first.pid} on ", second.err)
        waited = self.mlmon("run", "--state", self.url, "--lock-timeout", "200ms", path)
        self.assertIn("waited 200ms", waited.err)
        self.expect_code(self.mlmon("state", "compact", "--state", self.url), 1)
        self.end(first)
        self.run_at(self.url, path)

    def test_a_newer_state_is_refused_and_left(self):
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        database = self.url.rsplit("/", 1)[1]
        postgres_server.SERVER.psql("UPDATE mlmon_state SET version = 99", database)
        run = self.mlmon("run", "--state", self.url, stdin=b"")
        self.expect_code(run, 1)
        self.assertIn("was written by a newer mlmon (state version 99, this one knows 4)", run.err)

    def test_who_may_not_make_tables_runs_after_init(self):
        database = self.url.rsplit("/", 1)[1]
        role = f"worker_{database}"
        postgres_server.SERVER.psql(f"CREATE ROLE {role} LOGIN")
        url = postgres_server.SERVER.url(database, role)
        refused = self.mlmon("run", "--state", url, stdin=b"")
        self.expect_code(refused, 1)
        self.assertIn("permission denied", refused.err)
        self.assertIn("mlmon state init", refused.err)
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        postgres_server.SERVER.psql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}", database)
        self.run_at(url, stdin=breaches(0, 1))
        self.expect_code(self.mlmon("doctor", "--state", url), 0)
        postgres_server.SERVER.psql(f"REVOKE INSERT ON outbox, jobs FROM {role}", database)
        closed = self.mlmon("doctor", "--state", url)
        self.expect_code(closed, 1)
        self.assertRegex(closed.out, rb"permissions +2 of the state's tables may not be read or written")
        self.expect_code(self.mlmon("state", "init", "--state", self.url), 0)
        self.assertEqual(len(self.listing(self.url, ["jobs", "list", "--json"]).splitlines()), 1)

    def test_a_password_is_shown_nowhere(self):
        database = self.url.rsplit("/", 1)[1]
        secret = "s3cr3t-w0rd"
        good = postgres_server.SERVER.url(database, password=secret)
        self.run_at(good, stdin=breaches(0, 1))
        bad = good.replace(database, "not_there")
        query = f"postgresql://mlmon@127.0.0.1:{postgres_server.SERVER.port}/{database}?password={secret}"
        for words in (["run"], ["status"], ["state", "info"], ["state", "info", "--json"], ["config", "show"],
                      ["config", "show", "--json"], ["doctor"], ["report", "-o", "-"], ["jobs", "list"],
                      ["state", "init"], ["why", "m0"], ["check"]):
            for url in (good, bad, query):
                place = ["--set", f'state.url="{url}"'] if words == ["check"] else ["--state", url]
                shown = self.mlmon(*words, *place)
                self.assertNotIn(secret, shown.out.decode() + shown.err, (words, url))
        copied = self.mlmon("state", "copy", good, self.dir / "copy")
        self.expect_code(copied, 0)
        self.assertIn(b"***", copied.out)

    # When it goes away.

    def test_a_restart_holds_the_input_back_and_loses_and_doubles_nothing(self):
        path = self.write("events.ndjson", breaches(0, 5))
        process = self.follow(path)
        self.wait_until("the first are decided", lambda: len(self.ids()) == 10)
        postgres_server.SERVER.stop()
        with open(path, "ab") as file:
            file.write(breaches(5, 5))
        self.wait_until("the run notices", lambda: "trying again for 1m" in (self.dir / "err").read_text())
        self.assertEqual(len(self.ids()), 10)
        postgres_server.SERVER.start()
        self.wait_until("the rest is decided", lambda: len(self.ids()) == 20)
        self.end(process)
        self.assertIn("connected again", (self.dir / "err").read_text())
        self.assertEqual(len(set(self.ids())), 20)
        self.assertEqual(len(self.listing(self.url, ["jobs", "list", "--json"]).splitlines()), 10)
        self.assertEqual(self.listing(self.url, ["outbox", "list", "--json"]), b"")

    def test_a_run_and_a_worker_wait_for_a_server_that_starts_with_them(self):
        self.run_at(self.url, stdin=breaches(0, 2))
        path = self.write("events.ndjson", breaches(2, 2))
        postgres_server.SERVER.stop()
        try:
            for words in (["status"], ["jobs", "list"]):
                shown = self.mlmon(*words, "--state", self.url)
                self.expect_code(shown, 1)
                self.assertNotIn("trying again", shown.err)
            process = self.follow(path)
            self.wait_until("the run notices", lambda: "trying again for 1m" in (self.dir / "err").read_text())
            with open(self.dir / "work", "wb") as err:
                worker = self.start("jobs", "work", "--state", self.url, "--", "true", stderr=err)
            self.addCleanup(lambda: worker.poll() is None and (worker.kill(), worker.wait()))
            self.wait_until("the worker notices", lambda: "trying again for 30s" in (self.dir / "work").read_text())
        finally:
            postgres_server.SERVER.start()
        self.wait_until("all is decided", lambda: len(self.ids()) == 4)
        self.assertEqual(worker.wait(mlmon_run.TIMEOUT), 0)
        done = self.listing(self.url, ["jobs", "list", "--json", "--status", "done"])
        self.assertGreaterEqual(len(done.splitlines()), 2)
        self.end(process)
        self.assertIn(": connected", (self.dir / "err").read_text())

    def test_one_that_stays_away_ends_the_run_and_the_next_goes_on_from_there(self):
        path = self.write("events.ndjson", breaches(0, 5))
        process = self.follow(path, "--set", 'state.retry="300ms"')
        self.wait_until("the first are decided", lambda: len(self.ids()) == 10)
        postgres_server.SERVER.stop(signal.SIGKILL)
        try:
            with open(path, "ab") as file:
                file.write(breaches(5, 5))
            self.assertEqual(process.wait(mlmon_run.TIMEOUT), 1)
            self.assertIn("tried again for 300ms", (self.dir / "err").read_text())
        finally:
            postgres_server.SERVER.start()
        self.run_at(self.url, "-o", self.dir / "out", path)
        self.assertEqual(len(self.ids()), 20)
        self.assertEqual(len(set(self.ids())), 20)

    def test_connections_that_are_cut_again_and_again_change_nothing(self):
        path = self.write("events.ndjson", breaches(0, 1))
        process = self.follow(path)
        self.wait_until("it has begun", lambda: len(self.ids()) == 2)
        for part in range(1, 9):
            self.cut()
            with open(path, "ab") as file:
                file.write(breaches(50 * part, 50))
            self.cut()
            self.wait_until("the part is decided", lambda: len(self.ids()) >= 2 + 100 * part)
        self.end(process)
        self.assertIn("connected again", (self.dir / "err").read_text())
        self.assertEqual(len(self.ids()), 802)
        self.assertEqual(len(set(self.ids())), 802)

    def test_runs_that_are_killed_lose_and_double_nothing(self):
        reference = [json.loads(line)["id"] for line in self.run_events(DATA).out.splitlines()]
        killed = 0
        for attempt in range(50):
            process = self.start("run", "--state", self.url, "-o", self.dir / "out", "--set",
                                 'bus.checkpoint_every="5ms"', DATA, stderr=subprocess.DEVNULL)
            try:
                self.assertEqual(process.wait(0.05 * (attempt % 8 + 1)), 0)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
        else:
            self.run_at(self.url, "-o", self.dir / "out", DATA)
        self.assertGreater(killed, 0)
        self.assertEqual(self.ids(), reference)

    # Jobs from elsewhere, and moving.

    def test_workers_elsewhere_get_each_job_once(self):
        self.run_at(self.url, stdin=breaches(0, 40))
        workers = [self.start("jobs", "work", "--state", self.url, "--", "sh", "-c", "echo $MLMON_JOB_ID",
                              env={"MLMON_WORKER": f"w{n}"}, stdout=subprocess.PIPE) for n in range(4)]
        done = b"".join(worker.communicate(timeout=mlmon_run.TIMEOUT)[0] for worker in workers).split()
        self.assertEqual([worker.returncode for worker in workers], [0] * 4)
        self.assertEqual(len(done), 40)
        self.assertEqual(len(set(done)), 40)
        jobs = [json.loads(line) for line in self.listing(self.url, ["jobs", "list", "--json"]).splitlines()]
        self.assertEqual({(job["status"], job["attempts"]) for job in jobs}, {("done", 1)})

    def test_a_command_of_a_worker_finds_its_job(self):
        self.run_at(self.url, stdin=breaches(0, 1))
        worker = self.mlmon("jobs", "work", "--state", self.url, "--", "sh", "-c",
                            f'"{mlmon_run.BINARY}" jobs done "$MLMON_JOB_ID" --note "from within"')
        self.expect_code(worker, 0)
        (job,) = [json.loads(line) for line in self.listing(self.url, ["jobs", "list", "--json"]).splitlines()]
        self.assertEqual((job["status"], job["note"]), ("done", "from within"))

    def test_a_worker_outlives_a_restart(self):
        self.run_at(self.url, stdin=breaches(0, 2))
        worker = self.start("jobs", "work", "--state", self.url, "--", "sh", "-c",
                            "touch begun; while ! test -e go; do sleep 0.02; done", stderr=subprocess.PIPE)
        self.wait_until("the command runs", (self.dir / "begun").exists)
        postgres_server.SERVER.stop()
        postgres_server.SERVER.start()
        self.write("go", "")
        _, err = worker.communicate(timeout=mlmon_run.TIMEOUT)
        self.assertEqual(worker.returncode, 0, err)
        jobs = [json.loads(line) for line in self.listing(self.url, ["jobs", "list", "--json"]).splitlines()]
        self.assertEqual([job["status"] for job in jobs], ["done", "done"])

    def test_leases_go_by_the_clock_of_the_database(self):
        self.run_at(self.url, stdin=breaches(0, 1))
        claimed = json.loads(self.mlmon("jobs", "claim", "--lease", "1h", "--state", self.url).out)
        left = postgres_server.SERVER.psql("SELECT round(extract(epoch FROM to_timestamp(lease_until_ms / 1000.0) - now())) FROM jobs",
                           self.url.rsplit("/", 1)[1])
        self.assertAlmostEqual(float(left), 3600, delta=60)
        self.expect_code(self.mlmon("jobs", "claim", "--state", self.url), 12)
        postgres_server.SERVER.psql("UPDATE jobs SET lease_until_ms = (extract(epoch FROM now()) * 1000)::bigint - 1",
                    self.url.rsplit("/", 1)[1])
        again = json.loads(self.mlmon("jobs", "claim", "--state", self.url).out)
        self.assertEqual((again["job"], again["attempts"]), (claimed["job"], 2))

    def test_the_end_of_a_job_that_was_told_elsewhere_reaches_the_run(self):
        path = self.write("events.ndjson", breaches(0, 1))
        process = self.follow(path)
        self.wait_until("the job is there", lambda: self.listing(self.url, ["jobs", "list", "--json"]) != b"")
        job = json.loads(self.listing(self.url, ["jobs", "list", "--json"]))["job"]
        self.expect_code(self.mlmon("jobs", "fail", job, "--reason", "no data", "--state", self.url), 0)
        database = self.url.rsplit("/", 1)[1]
        self.wait_until("it is told", lambda: postgres_server.SERVER.psql("SELECT count(*) FROM journal", database).strip() == "1")
        self.end(process)

    def test_a_state_moves_to_a_database_and_back(self):
        folder, back = self.dir / "folder", self.dir / "back"
        lines = DATA.read_bytes().splitlines(True)
        path = self.write("events.ndjson", b"".join(lines[:9000]))
        self.run_at(folder, path)
        copied = self.mlmon("state", "copy", folder, self.url, "--json")
        self.expect_code(copied, 0)
        self.assertGreater(json.loads(copied.out)["rows"], 1000)
        again = self.mlmon("state", "copy", folder, self.url)
        self.expect_code(again, 1)
        self.assertIn("holds a state already", again.err)
        self.expect_code(self.mlmon("state", "copy", self.url, back), 0)
        for words in LISTINGS:
            self.assertEqual(self.listing(self.url, words), self.listing(folder, words), words)
            self.assertEqual(self.listing(back, words), self.listing(folder, words), words)
        path.write_bytes(b"".join(lines))
        runs = [self.run_at(place, path).out for place in (folder, self.url, back)]
        self.assertGreater(len(runs[0]), 0)
        self.assertEqual(runs[1], runs[0])
        self.assertEqual(runs[2], runs[0])
        nothing = self.mlmon("state", "copy", self.dir / "none", self.dir / "new")
        self.expect_code(nothing, 1)
        self.assertIn("holds no state", nothing.err)

    def test_what_a_folder_exports_a_database_imports_and_exports(self):
        folder = self.dir / "folder"
        self.run_at(folder, DATA)
        exported = self.mlmon("state", "export", "--state", folder)
        self.expect_code(exported, 0)
        self.expect_code(self.mlmon("state", "import", "-", "--state", self.url, stdin=exported.out[:-50]), 1)
        self.expect_code(self.mlmon("state", "import", "-", "--state", self.url, stdin=exported.out), 0)
        self.assertEqual(self.mlmon("state", "export", "--state", self.url).out, exported.out)
        again = self.mlmon("state", "import", "-", "--state", self.url, stdin=exported.out)
        self.expect_code(again, 1)
        self.assertIn("holds a state already", again.err)
        self.run_at(self.url, DATA)  # and goes on with it

if __name__ == "__main__":
    postgres_server.run_tests(mlmon_run.main)
