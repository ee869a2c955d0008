"""State folders with jobs and deliveries in them, for tests of the commands that tend them."""

import json
import sqlite3
from contextlib import closing

from lines import metrics
from mlmon_run import MlmonTest


class RegistryTest(MlmonTest):
    """A test with a state folder, self.state, that is made by the first add_jobs()."""

    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def add_jobs(self, *models, **changes):
        """Lets a run request a retraining for each model name; returns the ids, oldest first."""
        known = set(self.ids()) if self.state.exists() else set()
        lines = b"".join(metrics(**{"f1": 0.7, **changes}, model__name=model) for model in models)
        self.expect_code(self.mlmon("run", "--state", self.state, stdin=lines), 0)
        added = [id for id in self.ids() if id not in known]
        self.assertEqual(len(added), len(models))
        return added

    def ids(self):
        return [job["job"] for job in self.listed()]

    def jobs(self, *args, **more):
        return self.mlmon("jobs", args[0], "--state", self.state, *args[1:], **more)

    def outbox(self, *args, **more):
        return self.mlmon("outbox", args[0], "--state", self.state, *args[1:], **more)

    def listed(self, *args):
        run = self.jobs("list", "--json", *args)
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]

    def job(self, id):
        run = self.jobs("show", id, "--json")
        self.expect_code(run, 0)
        return json.loads(run.out)

    def claim(self, *args):
        """The job that a claim gives, None if there is none."""
        run = self.jobs("claim", *args)
        if run.code == 12:
            self.assertEqual(run.out, b"")
            return None
        self.expect_code(run, 0)
        return json.loads(run.out)

    def refused(self, run, *words):
        """Exit code 1 and one line on stderr with these words."""
        self.expect_code(run, 1)
        self.assertEqual(run.out, b"")
        self.assertEqual(run.err.count("\n"), 1, run.err)
        for word in words:
            self.assertIn(word, run.err)

    def sql(self, text, *values):
        """Rows of the state's database, after changing it if that is what the text does."""
        with closing(sqlite3.connect(self.state / "state.db", timeout=20)) as database, database:
            return database.execute(text, values).fetchall()
