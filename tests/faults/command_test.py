"""The commands that tend the state, killed at one of their calls or failing in it: what they were to do is done as
a whole or not at all, and nothing else has changed."""

import json
import random

from faulty import ALL_CALLS, COUNTS, SEED, Fault, sample
import mlmon_run
from history import HistoryTest

CLAIM = ["jobs", "claim", "--state", "state", "--worker", "w"]


class Command(HistoryTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def each(self, args, dos, check):
        """check(history, exit code, output) of the command in histories in which it was disturbed."""
        log = self.calls(self.history(), *args)
        for number in sample(log, 12, self.random):
            for do in dos if ALL_CALLS else [self.random.choice(dos)]:
                with self.subTest(seed=SEED, call=f"{number} {log[number - 1]}", do=do):
                    history = self.history()
                    code, out = history.call(*args, fault=Fault(do, number))
                    self.assertIn(code, (0, 1, -9), history.err)
                    if code == 1:
                        self.assertIn("state.db", history.err)
                    COUNTS.kills += code == -9
                    COUNTS.faults += code != -9
                    check(history, code, out)
                    self.drop(history)

    def jobs(self, history):
        return {job["job"]: job for job in history.listed("jobs")}


class Jobs(Command):
    dos = ["kill", "kill_after", "tear", "ENOSPC", "EIO"]

    def test_a_claim_takes_one_job_or_none(self):
        before = self.jobs(self.world)
        oldest = next(job for job, it in before.items() if it["status"] == "queued")

        def check(history, code, out):
            after = self.jobs(history)
            changed = [job for job in before if after[job] != before[job]]
            self.assertIn(changed, ([], [oldest]))
            if code == 0:
                self.assertEqual(json.loads(out)["job"], oldest)
                self.assertEqual(changed, [oldest])
            if code == 1:
                self.assertEqual((changed, out), ([], b""))
            # The next in line gets the next one: none is given twice.
            _, out = history.call(*CLAIM)
            self.assertEqual(json.loads(out)["job"] == oldest, changed == [])

        self.each(CLAIM, self.dos, check)

    def test_what_was_done_reaches_the_observers_once(self):
        job = next(job["job"] for job in self.world.listed("jobs") if job["status"] == "queued")
        done = ["jobs", "done", job, "--state", "state"]
        expected = self.history()
        self.assertEqual(expected.call(*done)[0], 0)
        self.assertEqual(expected.run(), 0)
        expected = expected.outcome()
        self.assertNotEqual(expected.actions, self.expected.actions)

        def check(history, code, _):
            status = self.jobs(history)[job]["status"]
            self.assertIn(status, ("queued", "done"))
            if code in (0, 1):
                self.assertEqual(status, "done" if code == 0 else "queued")
            again, _ = history.call(*done)
            self.assertEqual(again, 0 if status == "queued" else 1, history.err)
            self.complete(history)
            self.compare(history, expected)

        self.each(done, self.dos, check)


class Outbox(Command):
    """Some deliveries wait, some are dead."""

    def live_through_the_past(self):
        past = self.history()
        config = past.folder / "m.toml"
        text = config.read_text()
        for number, code in enumerate((1, 75)):
            config.write_text(text.replace("cat >> heard", f"exit {code}; cat >> heard"))
            run = [*past.run_args(f"../in/{number}.ndjson"), "--deliver-timeout", "200ms"]
            self.assertEqual(past.call(*run)[0], 4, past.err)
        config.write_text(text)
        self.assertEqual({row["status"] for row in past.listed("outbox")}, {"waiting", "dead"})
        return past

    def test_what_is_tried_again_is_told(self):
        retry = ["outbox", "retry", "--all", "--state", "state"]
        expected = self.history()
        self.assertEqual(expected.call(*retry)[0], 0, expected.err)
        self.assertEqual(expected.run(), 0)
        expected = expected.outcome()
        self.assertEqual(expected.outbox, [])
        before = self.world.listed("outbox")

        def check(history, *_):
            dead = [row for row in history.listed("outbox") if row["status"] == "dead"]
            self.assertIn(len(dead), (0, sum(row["status"] == "dead" for row in before)))
            self.assertEqual(history.call(*retry)[0], 0, history.err)
            self.complete(history)
            self.compare(history, expected)

        self.each(retry, ["kill", "kill_after", "tear", "EIO"], check)


if __name__ == "__main__":
    mlmon_run.main()
