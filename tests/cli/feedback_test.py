"""What becomes of a job reaches the observers, in this run or the next, and again when a file is read
again (sections 5, 7 and 8 of the contract)."""

import json
import os
import select
import subprocess
import time

import mlmon_run
from lines import job as job_event
from lines import MODEL, metrics
from mlmon_run import SANITIZED
from registry import RegistryTest

WITHIN = 10 if SANITIZED else 1  # seconds, of the contract


def low(**changes):
    """Asks for a retraining and fires no alert."""
    return metrics(f1=0.7, **changes)


class FeedbackTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.path = self.write("events.ndjson", b"")

    def run_state(self, *args, code=0, **more):
        run = self.run_events("--state", self.state, *args, state=True, **more)
        self.expect_code(run, code)
        return run

    def read(self, *lines, args=()):
        """Lets the events file grow by these lines and reads it; the actions."""
        with open(self.path, "ab") as file:
            file.write(b"".join(lines))
        return self.run_state(*args, self.path).actions

    def statuses(self):
        return {job["job"]: job["status"] for job in self.listed()}


class BetweenRuns(FeedbackTest):
    def test_a_breach_opens_a_job_only_after_the_one_before_was_closed(self):
        for verb in (("done",), ("fail", "--reason", "r"), ("cancel",)):
            asked = self.read(low(), low())
            self.assertEqual(len(asked), 1)
            self.assertEqual(self.read(low()), [])
            self.expect_code(self.jobs("claim"), 0)
            self.assertEqual(self.read(low()), [])
            self.expect_code(self.jobs(*verb, asked[0]["id"]), 0)
        self.assertEqual(len(self.read(low())), 1)
        self.assertEqual(list(self.statuses().values()), ["done", "failed", "cancelled", "queued"])

    def test_it_concerns_that_model_only(self):
        one, two = self.read(low(), low(model__version="2.2.0"))
        self.expect_code(self.jobs("done", one["id"]), 0)
        again, = self.read(low(model__version="2.2.0"), low())
        self.assertEqual(again["model"], one["model"])

    def test_a_closing_is_told_before_the_events_of_the_next_run(self):
        first, = self.read(low())
        self.expect_code(self.jobs("done", first["id"]), 0)
        second, = self.read(low())
        self.assertEqual(second["line"], 2)
        self.assertEqual(self.read(low()), [])

    def test_what_else_stands_in_a_job_event_does_not_matter(self):
        for junk in (b"1e400", b"-1e400", b"1e-400", b"9" * 400, b"[" * 500 + b"]" * 500):
            asked, = self.read(low())
            line = job_event(job=asked["id"])
            self.assertEqual(self.read(line.replace(b'"job": ', b'"x": ' + junk + b', "job": ', 1)), [])
            self.assertEqual(self.statuses()[asked["id"]], "done")

    def test_a_request_that_is_read_again_behind_the_end_of_its_job_blocks_nothing(self):
        first, second = low(), low()
        asked, = self.run_events(stdin=first).actions
        run = self.run_events(stdin=first + job_event(job=asked["id"]) + first + second)
        self.assertEqual([action["line"] for action in run.actions], [1, 4])

    def test_an_end_is_told_once(self):
        first, = self.read(low())
        self.expect_code(self.jobs("done", first["id"]), 0)
        self.read()  # told here, where nothing is new
        self.assertEqual(len(self.read(low())), 1)
        self.assertEqual(self.read(low()), [])

    def test_a_job_that_was_put_back_is_open_until_it_ends_again(self):
        first, = self.read(low())
        for _ in range(2):
            self.expect_code(self.jobs("fail", first["id"], "--reason", "r"), 0)
            self.expect_code(self.jobs("retry", first["id"]), 0)
        self.expect_code(self.jobs("done", first["id"]), 0)
        self.assertEqual(len(self.read(low())), 1)
        self.assertEqual(self.read(low()), [])

    def test_a_retraining_that_failed_and_was_told_and_put_back_does_not_doubly_ask(self):
        first, = self.read(low())
        self.expect_code(self.jobs("fail", first["id"], "--reason", "r"), 0)
        second, = self.read(low())
        self.assertNotEqual(first["id"], second["id"])
        self.refused(self.jobs("retry", first["id"]), first["id"])

    def test_a_job_that_was_put_back_after_its_end_was_told_is_the_open_one(self):
        for verb in (("fail", "--reason", "r"), ("cancel",)):
            asked, = self.read(low())
            self.expect_code(self.jobs(*verb, asked["id"]), 0)
            self.read()  # told
            self.expect_code(self.jobs("retry", asked["id"]), 0)
            self.assertEqual(self.read(low(), low()), [])
            self.assertEqual(self.read(low()), [])
            self.expect_code(self.jobs("done", asked["id"]), 0)
            again, = self.read(low(), low())
            self.expect_code(self.jobs("done", again["id"]), 0)
        self.assertEqual(list(self.statuses().values()), ["done"] * 4)

    def test_a_job_that_was_put_back_in_the_input_is_the_open_one(self):
        asked, = self.read(low())
        self.assertEqual(self.read(job_event(job=asked["id"], status="failed")), [])
        self.expect_code(self.jobs("retry", asked["id"]), 0)
        self.assertEqual(self.read(low()), [])
        again, = self.read(job_event(job=asked["id"]), low())
        self.assertEqual(self.statuses(), {asked["id"]: "done", again["id"]: "queued"})

    def test_only_the_last_end_is_told_of_a_job_that_was_put_back_and_ended_before_a_run(self):
        asked, = self.read(low())
        self.expect_code(self.jobs("fail", asked["id"], "--reason", "r"), 0)
        self.read()
        self.expect_code(self.jobs("retry", asked["id"]), 0)
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.assertEqual(len(self.read(low(), low())), 1)
        self.assertEqual([json.loads(line)["status"] for (line,) in self.sql("SELECT json FROM journal ORDER BY n")],
                         ["failed", "done"])

    def test_a_line_that_is_repeated_after_its_job_was_put_back_blocks_and_asks_for_nothing(self):
        line = low()
        asked, = self.read(line)
        self.expect_code(self.jobs("fail", asked["id"], "--reason", "r"), 0)
        self.read()
        self.expect_code(self.jobs("retry", asked["id"]), 0)
        self.assertEqual(self.read(line, low()), [])
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.assertEqual(len(self.read(line, low())), 1)

    def test_no_job_is_put_back_beside_another_open_one_older_or_newer(self):
        first, = self.read(low())
        self.expect_code(self.jobs("fail", first["id"], "--reason", "r"), 0)
        second, = self.read(low())
        self.expect_code(self.jobs("fail", second["id"], "--reason", "r"), 0)
        self.expect_code(self.jobs("retry", first["id"]), 0)
        self.refused(self.jobs("retry", second["id"]), second["id"], "an older one", first["id"])
        self.expect_code(self.jobs("fail", first["id"], "--reason", "r"), 0)
        self.expect_code(self.jobs("retry", second["id"]), 0)
        self.refused(self.jobs("retry", first["id"]), first["id"], "a newer one", second["id"])
        self.assertEqual(self.read(low()), [])

    def test_a_line_that_is_repeated_after_its_job_ended_blocks_nothing(self):
        line = low()
        first, = self.read(line)
        self.expect_code(self.jobs("done", first["id"]), 0)
        run = self.run_state(self.write("other.ndjson", metrics(model__name="other") + line))
        self.assertEqual((run.out, run.receipt["actions"]["already_known"]), (b"", 1))
        self.assertEqual(len(self.read(low())), 1)

    def test_without_a_store_nothing_is_told(self):
        first, = self.read(low())
        self.expect_code(self.jobs("done", first["id"]), 0)
        run = self.run_events(self.write("other.ndjson", [low(), low()]))
        self.assertEqual(len(run.actions), 1)


class JobEvents(FeedbackTest):
    """Ends that stand in the input."""

    def test_one_closes_the_job_of_the_registry(self):
        for status in ("done", "failed", "cancelled"):
            first, = self.read(low())
            second, = self.read(job_event(job=first["id"], status=status, note="said so"), low())
            self.assertEqual(self.statuses()[first["id"]], status)
            self.assertEqual(self.job(first["id"])["note"], "said so")
            self.read(job_event(job=second["id"]))
        self.assertEqual(set(self.statuses().values()), {"done", "failed", "cancelled"})

    def test_one_in_the_same_run_as_the_request(self):
        asked = self.read(low())
        line = low()
        first, = self.read(job_event(job=asked[0]["id"]), line)
        self.state = self.dir / "another"
        run = self.run_state(self.path)
        self.assertEqual([a["id"] for a in run.actions], [asked[0]["id"], first["id"]])
        self.assertEqual([job["status"] for job in self.listed()], ["done", "queued"])

    def test_unknown_ids_are_no_bad_lines(self):
        with open(self.path, "ab") as file:
            file.write(low() + job_event(job="no such job") + low())
        run = self.run_state("--max-bad", "0", self.path)
        source = run.receipt["sources"][0]
        self.assertEqual((source["lines"], source["events"], source["bad"]), (3, 3, 0))
        self.assertEqual(len(run.actions), 1)
        self.assertEqual(list(self.statuses().values()), ["queued"])

    def test_one_that_stands_before_its_request_ends_nothing_in_one_run_or_many(self):
        asking, again = low(), low()
        asked, = self.run_events(stdin=asking).actions
        lines = [job_event(job=asked["id"]), asking, again]
        self.assertEqual([a["id"] for a in self.read(*lines)], [asked["id"]])
        self.assertEqual(self.statuses(), {asked["id"]: "queued"})
        self.state, self.path = self.dir / "pieces", self.write("pieces.ndjson", b"")
        self.assertEqual([a["id"] for line in lines for a in self.read(line)], [asked["id"]])
        self.assertEqual(self.statuses(), {asked["id"]: "queued"})

    def test_one_of_a_request_that_another_target_took_is_known_to_later_runs(self):
        config = self.write("mlmon.toml", """
            [observers.retraining]
            plugin = "retraining"
            [[observers.retraining.targets]]
            type = "exec"
            command = ["true"]
        """)
        line = low()
        asked, = self.read(line, args=("-c", config))
        self.assertEqual(self.read(job_event(job=asked["id"], status="failed", note="no disk"), args=("-c", config)), [])
        self.assertEqual(self.statuses(), {asked["id"]: "failed"})
        self.assertEqual(self.read(line, args=("-c", config)), [])  # a shipper sends it again
        second, = self.read(low(), args=("-c", config))
        self.assertEqual(second["line"], 4)
        self.assertEqual(self.read(low(), args=("-c", config)), [])

    def test_one_that_names_another_model_is_told_to_the_observers_of_its_own(self):
        asked, = self.read(low())
        self.read(job_event(job=asked["id"], model={**MODEL, "version": "9.9.9"}))
        self.assertEqual(self.statuses(), {asked["id"]: "done"})
        self.assertEqual([a["line"] for a in self.read(low())], [3])

    def test_one_of_another_model_closes_nothing_of_this_one(self):
        first, = self.read(low())
        self.read(job_event(job="other", model={**MODEL, "name": "other"}))
        self.assertEqual(self.read(low()), [])
        self.assertEqual(self.statuses(), {first["id"]: "queued"})


class ReadAgain(FeedbackTest):
    """--from-start: the ends stand at their recorded places, so that nothing else is decided."""

    def expect_nothing_new(self):
        before = self.listed()
        for _ in range(2):
            run = self.run_state("--from-start", self.path)
            self.assertEqual(run.out, b"")
            actions = run.receipt["actions"]
            self.assertEqual((actions["decided"], actions["new"]), (len(before), 0))
            self.assertEqual(self.listed(), before)

    def test_an_end_comes_back_at_its_place(self):
        for verb in (("done",), ("fail", "--reason", "r"), ("cancel",)):
            asked, = self.read(low(), low(), low())
            self.assertEqual(self.read(low(), low()), [])
            self.expect_code(self.jobs(*verb, asked["id"]), 0)
        last, = self.read(low(), low())
        self.expect_nothing_new()
        self.assertEqual(self.read(low()), [])
        self.expect_code(self.jobs("done", last["id"]), 0)
        self.assertEqual(len(self.read(low())), 1)
        self.expect_nothing_new()

    def test_an_end_behind_the_last_event_comes_back_there(self):
        asked, = self.read(low(), low())
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.assertEqual(self.read(), [])
        self.expect_nothing_new()
        self.assertEqual(len(self.read(low())), 1)
        self.expect_nothing_new()

    def test_that_a_job_was_put_back_comes_back_at_its_place(self):
        asked, = self.read(low(), low())
        self.expect_code(self.jobs("fail", asked["id"], "--reason", "r"), 0)
        self.assertEqual(self.read(metrics(f1=0.9)), [])
        self.expect_code(self.jobs("retry", asked["id"]), 0)
        self.assertEqual(self.read(low(), low()), [])
        self.expect_nothing_new()
        self.expect_code(self.jobs("done", asked["id"]), 0)
        last, = self.read(low(), low())
        self.expect_nothing_new()
        self.expect_code(self.jobs("fail", last["id"], "--reason", "r"), 0)
        self.read()
        self.expect_code(self.jobs("retry", last["id"]), 0)
        self.expect_nothing_new()
        self.assertEqual(self.read(low()), [])
        self.expect_nothing_new()

    def test_an_end_that_was_not_told_yet_is_told_behind_what_is_read_again(self):
        asked, = self.read(low(), low())
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.expect_nothing_new()
        self.assertEqual(len(self.read(low())), 1)
        self.expect_nothing_new()

    def test_ends_in_the_input_are_read_again(self):
        asked, = self.read(low())
        second, = self.read(low(), job_event(job=asked["id"]), low())
        self.assertEqual(second["line"], 4)
        self.expect_nothing_new()
        self.assertEqual(self.read(low()), [])

    def test_ends_of_several_models_and_files(self):
        other = self.write("other.ndjson", [low(model__name="b"), low(model__name="c")])
        asked = self.run_state(self.path, other).actions + self.read(low(), low(model__name="d"))
        self.assertEqual(len(asked), 4)
        for action in asked:
            self.expect_code(self.jobs("done", action["id"]), 0)
        with open(other, "ab") as file:
            file.write(low(model__name="c") + low(model__name="b"))
        self.assertEqual(len(self.run_state(self.path, other).actions), 2)
        self.assertEqual(len(self.read(low())), 1)
        before = self.listed()
        for files in ((self.path, other), (other, self.path), (other,), (self.path,)):
            run = self.run_state("--from-start", *files)
            self.assertEqual(run.out, b"", files)
            self.assertEqual(self.listed(), before)


    def test_reading_one_of_several_files_again_leaves_nobody_waiting_for_an_end_that_was_told(self):
        other = self.write("other.ndjson", low(model__name="b"))
        first, = self.run_state(self.path, other).actions
        self.expect_code(self.jobs("done", first["id"]), 0)
        for path, line in ((other, low(model__name="b")), (self.path, metrics(f1=0.9))):
            with open(path, "ab") as file:
                file.write(line)
        self.run_state(self.path, other)  # told at a place in the first, which is not its model's
        second = self.listed()[-1]["job"]
        self.assertNotEqual(second, first["id"])
        self.assertEqual(self.run_state("--from-start", other).out, b"")
        self.expect_code(self.jobs("done", second), 0)
        self.assertEqual(len(self.read(low(model__name="b"))), 1)


    def test_an_end_comes_back_after_the_events_of_its_model_in_a_file_that_is_read_later(self):
        one = self.write("1.ndjson", low(model__name="a"))
        two = self.write("2.ndjson", [low(model__name="b"), low(model__name="b")])
        asked = self.run_state(one, two).actions
        self.assertEqual([action["model"]["name"] for action in asked], ["a", "b"])
        self.expect_code(self.jobs("done", asked[1]["id"]), 0)
        for path, line in ((one, metrics(f1=0.9, model__name="a")), (two, low(model__name="b"))):
            with open(path, "ab") as file:
                file.write(line)
        second, = self.run_state(one, two).actions  # told while the first file stood before its end
        self.assertEqual((second["model"]["name"], second["line"]), ("b", 3))
        before = self.listed()
        for files in ((one, two), (two, one), (two,), (one,)):
            run = self.run_state("--from-start", *files)
            self.assertEqual(run.out, b"", files)
            self.assertEqual(self.listed(), before)
        with open(two, "ab") as file:
            file.write(low(model__name="b"))
        self.assertEqual(self.run_state(one, two).actions, [])  # one job of the model is open
        self.expect_code(self.jobs("done", second["id"]), 0)
        with open(two, "ab") as file:
            file.write(low(model__name="b"))
        self.assertEqual(len(self.run_state(one, two).actions), 1)

    def test_an_end_told_between_two_files_comes_back_between_their_events(self):
        paths = [self.write(f"{n}.ndjson", b"") for n in range(3)]
        asked = None
        for path in paths * 2:  # each job ends before the next file grows
            with open(path, "ab") as file:
                file.write(low(model__name="b") + low(model__name="b") + low(model__name="c"))
            if asked:
                self.expect_code(self.jobs("done", asked["id"]), 0)
            asked = self.run_state(*paths).actions[0]
            self.assertEqual(asked["model"]["name"], "b")
        before = self.listed()
        self.assertEqual(self.run_state("--from-start", *paths).out, b"")
        self.assertEqual(self.listed(), before)


class WhileItRuns(FeedbackTest):
    """A run on a pipe that stays open."""

    def setUp(self):
        super().setUp()
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        self.process = self.start("run", "--state", self.state, fifo, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(self.end)
        self.pipe = open(fifo, "wb", buffering=0)

    def end(self):
        self.pipe.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def action(self, seconds=mlmon_run.TIMEOUT):
        """The next action that comes within so many seconds; None if none does."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return None
        return json.loads(self.process.stdout.readline())

    def flush(self):
        """Everything that was sent has been decided on, and nothing was said about it."""
        self.pipe.write(metrics(f1=0.7, model__name=f"flush{time.monotonic_ns()}"))
        self.assertIn("flush", self.action()["model"]["name"])

    def test_a_closing_arrives_within_a_second(self):
        for _ in range(3):
            self.pipe.write(low())
            asked = self.action()
            self.pipe.write(low() + low())
            self.flush()
            self.expect_code(self.jobs("done", asked["id"]), 0)
            closed = time.monotonic()
            following = None
            while following is None and time.monotonic() - closed < mlmon_run.TIMEOUT:
                self.pipe.write(low())
                following = self.action(0.05)
            self.assertIsNotNone(following)
            self.assertLess(time.monotonic() - closed, WITHIN)
            self.assertEqual(following["model"], asked["model"])
            self.expect_code(self.jobs("done", following["id"]), 0)
            # The next round begins with an open job or none, by when this closing arrives.
            while True:
                self.pipe.write(low())
                if asked := self.action(0.05):
                    self.expect_code(self.jobs("cancel", asked["id"]), 0)
                    break
            deadline = time.monotonic() + WITHIN + 0.2
            while time.monotonic() < deadline:
                select.select([self.process.stdout], [], [], 0.05)

    def journaled(self):
        return [json.loads(line)["status"] for (line,) in self.sql("SELECT json FROM journal ORDER BY n")]

    def expect_journaled(self, *statuses):
        deadline = time.monotonic() + mlmon_run.TIMEOUT
        while self.journaled() != list(statuses) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.journaled(), list(statuses))

    def test_a_job_that_is_put_back_is_the_open_one(self):
        self.pipe.write(low())
        asked = self.action()
        told = []
        for _ in range(2):
            self.expect_code(self.jobs("fail", asked["id"], "--reason", "r"), 0)
            self.expect_journaled(*told, "failed")
            self.expect_code(self.jobs("retry", asked["id"]), 0)
            self.expect_journaled(*told, "failed", "queued")
            told += ["failed", "queued"]
            self.pipe.write(low() + low())
            self.flush()
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.expect_journaled(*told, "done")
        self.pipe.write(low() + low())
        self.assertEqual(self.action()["model"], asked["model"])
        self.flush()

    def test_a_closing_that_came_while_nothing_was_read_is_kept(self):
        self.pipe.write(low())
        asked = self.action()
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.pipe.close()
        self.assertEqual(self.process.wait(timeout=mlmon_run.TIMEOUT), 0)
        self.assertEqual(len(self.read(low(), low())), 1)

    def test_a_run_that_was_killed_after_it_told_tells_again(self):
        self.pipe.write(low())
        asked = self.action()
        self.expect_code(self.jobs("done", asked["id"]), 0)
        self.process.kill()
        self.process.wait()
        # What the killed run had written it may not have recorded as written.
        ids = {action["id"] for action in self.read(low(), low())}
        self.assertEqual(len(ids - {asked["id"]}), 1)


if __name__ == "__main__":
    mlmon_run.main()
